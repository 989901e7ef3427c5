// An engine with containers and no Swarm, as its API shows it: lists that a test sets, events that it sends.
// Owns the socket. Refuses to run anything: whether lists and events agree is the test's to decide.

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'

export type ContainerEngine = AsyncDisposable & {
  /** What `GET /containers/json` and `GET /networks` list. */
  containers: readonly unknown[]
  networks: readonly unknown[]
  /** What `GET /containers/{id}/json` tells of a container, by its id; 404 for all others. */
  readonly details: Map<string, unknown>
  /** `LocalNodeState` of `GET /info`. */
  swarmState: string
  /** While set, every request is answered with this status. */
  refusal: number | undefined
  /** Paths with their queries, in the order in which they were asked for. */
  readonly requests: string[]
  /** Sends an event to whoever follows. */
  readonly tell: (type: string, action: string, id: string, attributes?: object) => void
  /** How many follow the events. */
  readonly followers: () => number
}

/** Starts an engine at a unix socket. */
export async function startContainerEngine(socketPath: string): Promise<ContainerEngine> {
  const streams = new Set<ServerResponse>()
  const server = createServer(({ url = '' }, response) => {
    engine.requests.push(url)
    const [path = ''] = url.split('?')
    if (engine.refusal !== undefined) {
      response.writeHead(engine.refusal, json).end('{"message":"not now"}')
      return
    }
    if (path === '/events') {
      streams.add(response)
      response.on('close', () => streams.delete(response))
      response.writeHead(200, json).flushHeaders()
      return
    }
    const answers: Readonly<Record<string, unknown>> = {
      '/containers/json': engine.containers,
      '/networks': engine.networks,
      '/info': { Swarm: { LocalNodeState: engine.swarmState, ControlAvailable: false } },
    }
    const [, looked = ''] = /^\/containers\/([0-9a-f]+)\/json$/.exec(path) ?? []
    const answer = answers[path] ?? engine.details.get(looked)
    response.writeHead(answer === undefined ? 404 : 200, json)
    response.end(JSON.stringify(answer ?? { message: 'page not found' }))
  })
  const engine: ContainerEngine = {
    containers: [],
    networks: [],
    details: new Map(),
    swarmState: 'inactive',
    refusal: undefined,
    requests: [],
    tell: (type, action, id, attributes = {}) => {
      const event = { Type: type, Action: action, Actor: { ID: id, Attributes: attributes } }
      for (const stream of streams) stream.write(`${JSON.stringify(event)}\n`)
    },
    followers: () => streams.size,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  server.listen(socketPath)
  await once(server, 'listening')
  return engine
}

const json = { 'Content-Type': 'application/json' }
