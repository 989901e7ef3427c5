// A snapshot that was saved as JSON, read back into the core's type.
// Owns the schema, and which names and ids may pass: they end up in HAProxy's files. Refuses Docker's own JSON.

import { z } from 'zod'
import { isIpv4, isIpv6 } from '../core/address.ts'
import { AgentError } from '../core/errors.ts'
import { limits } from '../core/settings.ts'
import { type Snapshot, taskStates } from '../core/snapshot.ts'
import { compareText, listText, quote } from '../core/text.ts'

/** How many faults of a file are told. */
const faultsMax = 10

const text = z.string().max(limits.labelLength)
const name = text.regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, {
  error: 'expected a name of letters, digits and . _ -',
})
const nameOrNothing = text.regex(/^([A-Za-z0-9][A-Za-z0-9_.-]{0,127})?$/, {
  error: 'expected a name of letters, digits and . _ -, or ""',
})
const address = text.refine((each) => isIpv4(each) || isIpv6(each), { error: 'expected an IP address' })
const protocol = text.regex(/^[a-z]{0,8}$/, { error: 'expected a protocol such as "tcp"' })
const createdAt = text.regex(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/, {
  error: 'expected a time such as "2026-01-31T12:00:00Z"',
})
const port = z.int().min(0).max(65_535)
const networkId = text.min(1)
const ids = z.array(networkId).transform((list): readonly string[] => [...new Set(list)].sort(compareText))

const named = z.strictObject({ id: networkId, name })
const mounted = z.strictObject({ id: networkId, name, file: text.min(1) })

const service = z.strictObject({
  id: name,
  name,
  createdAt,
  version: z.int().min(0),
  labels: z.record(z.string(), z.string()),
  mode: z.enum(['replicated', 'global', 'job']),
  networkIds: ids,
  endpointMode: z.enum(['vip', 'dnsrr']),
  virtualIps: z.array(z.strictObject({ networkId, address })),
  hostPorts: z.array(z.strictObject({ targetPort: port, protocol })),
  origin: z.enum(['compose', 'container']).exactOptional(),
  differing: z.array(text).exactOptional(),
  isUpdating: z.literal(true).exactOptional(),
  secrets: z.array(mounted).exactOptional(),
  configs: z.array(mounted).exactOptional(),
})

const task = z
  .strictObject({
    id: name,
    serviceId: name,
    slot: z.int().min(1).optional(),
    nodeId: nameOrNothing,
    state: z.enum(taskStates),
    desiredState: z.enum(taskStates),
    attachments: z.array(z.strictObject({ networkId: text, addresses: z.array(address) })),
    hostPorts: z.array(z.strictObject({ targetPort: port, publishedPort: port, protocol })),
  })
  .transform(({ slot, ...rest }) => ({ ...rest, slot }))

const node = z.strictObject({
  id: name,
  name: text,
  address: text,
  status: z.enum(['unknown', 'down', 'ready', 'disconnected']),
})

const network = z.strictObject({ id: networkId, name: text.min(1), ingress: z.boolean() })

const digest = text.regex(/^[0-9a-f]{64}$/, { error: 'expected a SHA-256 in hexadecimal' })

const material = z.strictObject({
  name: text.regex(/^[^/\p{Cc}]{1,255}$/u, { error: 'expected the name of a file' }),
  from: z.enum(['folder', 'secret', 'config']),
  digest: digest.or(z.literal('')),
  certificate: z
    .strictObject({
      names: z.array(
        text.regex(/^(?:\*\.)?[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/, { error: 'expected a DNS name' }),
      ),
      publicKey: digest,
      notAfter: createdAt,
      validity: z.enum(['good', 'not-yet', 'expiring', 'expired']),
    })
    .exactOptional(),
  key: z.strictObject({ publicKey: digest }).exactOptional(),
  fault: text.exactOptional(),
  users: z
    .array(text.regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/, { error: 'expected the name of a user' }))
    .exactOptional(),
  usersFault: text.exactOptional(),
})

const snapshot = z.strictObject({
  services: z.array(service).superRefine(unlike),
  tasks: z.array(task).superRefine(unlike),
  nodes: z.array(node).superRefine(unlike),
  networks: z.array(network).superRefine(unlike),
  edge: z.strictObject({
    networkIds: z.union([z.literal('every'), ids], { error: 'expected "every" or a list of network ids' }),
    self: z.strictObject({ taskId: text.min(1), serviceId: text.min(1) }).exactOptional(),
  }),
  secrets: z.array(named).exactOptional(),
  configs: z.array(named).exactOptional(),
  materials: z.array(material).exactOptional(),
})

/** Ids tell things apart: the core keeps one of each. */
function unlike(list: readonly { readonly id: string }[], context: z.core.$RefinementCtx): void {
  const seen = new Set<string>()
  for (const [index, { id }] of list.entries()) {
    const input = id
    if (seen.has(id))
      context.addIssue({
        code: 'custom',
        path: [index, 'id'],
        message: 'expected an id that nothing else has',
        input,
      })
    seen.add(id)
  }
}

/**
 * Reads a saved snapshot, as `tidegate snapshot` prints it.
 * @param source what to call it in a message: the file's name
 * @throws AgentError `snapshot-invalid`, whose message names each fault by its place in the file, up to a bound
 */
export function parseSnapshot(json: string, source: string): Snapshot {
  const parsed = snapshot.safeParse(parseJson(json, source), { reportInput: true })
  if (parsed.success) return parsed.data
  const { issues } = parsed.error
  const faults = issues.slice(0, faultsMax).map(faultText)
  const rest = issues.length - faultsMax
  const lines = [...faults, ...(rest > 0 ? [`and ${rest} more`] : [])].map((each) => `  ${each}`)
  throw invalid([`${source} is no snapshot:`, ...lines].join('\n'))
}

function parseJson(json: string, source: string): unknown {
  if (json.length > limits.listBytes) throw invalid(`${source} has more than ${limits.listBytes} characters`)
  if (json.trim() === '') throw invalid(`${source} is empty`)
  try {
    return JSON.parse(json)
  } catch (cause) {
    // JSON.parse quotes what it stumbled over, as it is.
    const why = cause instanceof Error ? cause.message : String(cause)
    throw invalid(`${source} is not JSON: ${why.replaceAll(/\p{Cc}/gu, '?')}`, cause)
  }
}

function invalid(message: string, cause?: unknown): AgentError {
  return new AgentError('snapshot-invalid', message, {
    hint: 'Save one with `tidegate snapshot > swarm.json`.',
    cause,
  })
}

function faultText(issue: z.core.$ZodIssue): string {
  const place = z.core.toDotPath(issue.path)
  const where = place === '' ? 'the whole' : quote(place, 200).slice(1, -1)
  return `${where}: ${expectedBy(issue)}, found ${foundIn(issue.input)}`
}

function expectedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${typeWords[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `expected ${issue.values.map((each) => JSON.stringify(each)).join(' or ')}`
    case 'unrecognized_keys':
      return `expected nothing called ${listText(issue.keys)}`
    case 'too_small':
      return `expected at least ${issue.minimum}`
    case 'too_big':
      return `expected at most ${issue.maximum}`
    default:
      return issue.message
  }
}

/** JSON's words for zod's types. */
const typeWords: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a text',
}

function foundIn(input: unknown): string {
  if (input === undefined) return 'nothing'
  if (typeof input === 'string') return quote(input)
  if (Array.isArray(input)) return 'a list'
  return typeof input === 'object' && input !== null ? 'an object' : String(input)
}
