// A running agent's answer to `explain`, read back into the core's type.
// Owns the schema. An agent of another version may answer otherwise: then the command finds out by itself.

import { z } from 'zod'
import type { Explanation } from '../core/explain/explanation.ts'
import { reasonCodes } from '../core/explain/explanation.ts'
import { problemCodes } from '../core/problem.ts'
import { taskStates } from '../core/snapshot.ts'

const rule = z.object({
  kind: z.enum(['exact', 'wildcard', 'default']),
  host: z.string(),
  path: z.string(),
  isPassedThrough: z.literal(true).exactOptional(),
})

const tls = z.object({
  hosts: z.array(z.string()),
  does: z.enum(['show', 'pass', 'refuse']),
  certificate: z
    .object({ name: z.string(), names: z.array(z.string()), notAfter: z.string().exactOptional() })
    .exactOptional(),
  isDefault: z.literal(true).exactOptional(),
  isAwaited: z.literal(true).exactOptional(),
  backend: z.string().exactOptional(),
})

const redirect = z.object({ from: z.string(), to: z.string(), status: z.number() })

const server = z.object({
  name: z.string(),
  service: z.string(),
  address: z.string(),
  state: z.enum([
    'open',
    'leaving',
    'down',
    'held',
    'unproven',
    'maint',
    'maintenance',
    'drain',
    'closing',
    'missing',
  ]),
  task: z
    .object({ id: z.string(), state: z.enum(taskStates), desiredState: z.enum(taskStates) })
    .exactOptional(),
  node: z.string().exactOptional(),
  why: z.string().exactOptional(),
})

const way = z.object({
  routes: z.array(rule),
  routesLeftOut: z.number(),
  backend: z.string(),
  services: z.array(z.object({ name: z.string(), mode: z.enum(['task', 'vip']) })),
  servers: z.array(server),
  serversLeftOut: z.number(),
  takingRequests: z.number(),
})

const reason = z.object({
  code: z.enum([...reasonCodes, ...problemCodes]),
  severity: z.enum(['error', 'warning', 'note']),
  service: z.string().exactOptional(),
  label: z.string().exactOptional(),
  found: z.string(),
  expected: z.string(),
  cure: z.string(),
})

const explanation: z.ZodType<Explanation> = z.object({
  asked: z.string(),
  about: z.enum(['request', 'service', 'nothing']),
  isServed: z.boolean(),
  verdict: z.string(),
  basis: z.object({
    swarm: z.boolean(),
    containers: z.literal(true).exactOptional(),
    haproxy: z.object({ version: z.string(), pid: z.number() }).exactOptional(),
  }),
  request: z.object({ host: z.string(), path: z.string() }).exactOptional(),
  frontend: z.object({ name: z.string(), binds: z.array(z.string()) }),
  tls: z.array(tls).exactOptional(),
  redirects: z.array(redirect).exactOptional(),
  ways: z.array(way),
  reasons: z.array(reason),
})

/** The explanation in an agent's answer; undefined where it is none. */
export function parseExplanation(body: string): Explanation | undefined {
  try {
    return explanation.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}
