// What a peer reads of the engine: the services with our labels, and their running tasks.
// Owns the two requests. Shares nothing with the agent's source.

import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import type { PeerBackend } from './haproxy-config.ts'

const service = z.looseObject({
  ID: z.string(),
  Spec: z.looseObject({ Name: z.string(), Labels: z.record(z.string(), z.string()).nullish() }),
})

const task = z.looseObject({
  ID: z.string(),
  ServiceID: z.string(),
  Slot: z.number().optional(),
  Status: z.looseObject({ State: z.string() }),
  DesiredState: z.string(),
  NetworksAttachments: z.array(z.looseObject({ Addresses: z.array(z.string()).nullish() })).nullish(),
})

const label = (name: string) => `com.docker.lb.${name}`

/** The published services as backends, all sorted. Rejects where the engine does not answer both lists in time. */
export async function listBackends(engine: string): Promise<readonly PeerBackend[]> {
  const running = JSON.stringify({ 'desired-state': ['running'] })
  const services = z.array(service).parse(await ask(engine, '/services'))
  const tasks = z.array(task).parse(await ask(engine, `/tasks?filters=${encodeURIComponent(running)}`))
  return services
    .flatMap(({ ID, Spec: { Name, Labels } }) => {
      const hosts = Labels?.[label('hosts')]?.split(',') ?? []
      const port = Number(Labels?.[label('port')] ?? 8080)
      const own = tasks.filter((each) => each.ServiceID === ID).flatMap((each) => serverOf(Name, port, each))
      return hosts.length === 0 ? [] : [{ name: Name, hosts, servers: own.toSorted(byName) }]
    })
    .toSorted(byName)
}

function serverOf(
  serviceName: string,
  port: number,
  { ID, Slot, Status, NetworksAttachments }: z.infer<typeof task>,
) {
  const address = NetworksAttachments?.[0]?.Addresses?.[0]?.split('/')[0]
  if (Status.State !== 'running' || address === undefined) return []
  return [{ name: `${serviceName}.${Slot ?? 0}.${ID}`, address, port }]
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}

const timeoutMs = 10_000

function ask(engine: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const sent = request({ socketPath: engine, path, headers: { host: 'docker' }, signal }, (response) => {
      text(response).then((body) => {
        if (response.statusCode === 200) resolve(JSON.parse(body))
        else reject(new Error(`${path} was answered with ${response.statusCode}: ${body.slice(0, 200)}`))
      }, reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}
