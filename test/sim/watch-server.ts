// SwarmKit's Watch on a manager's control socket: each commit as one message, over TLS with the swarm's own certificate.
// Owns the stream and its troubles. Refuses filters by name, `resume_from`, and every other method of the control API.

import { rm } from 'node:fs/promises'
import { Server, ServerCredentials, type ServerWritableStream, type ServiceDefinition } from '@grpc/grpc-js'
import { actions, watchMessage, watchMethod, watchRequest } from '../../agent/swarm/watch/proto.ts'
import type { Task, TaskState } from './objects.ts'
import type { Change, Store } from './store.ts'
import { createSwarmCertificates, type SwarmCertificates } from './swarm-certificates.ts'

export type WatchServer = AsyncDisposable & {
  /** Those that it began with; `/info` tells their root. */
  readonly certificates: SwarmCertificates
  /** Streams that are open. */
  readonly streams: () => number
  /** The kinds that were asked for, by each call. */
  readonly asked: readonly (readonly string[])[]
  /** Ends every stream in good order. */
  readonly end: () => void
  /** From now on nothing is told, and no stream ends. New streams get their first message only if `opens`. */
  readonly stall: (opens?: boolean) => void
  readonly resume: () => void
  /** Sends bytes in the place of a message. */
  readonly send: (bytes: Uint8Array) => void
  /** The socket goes, and comes back, as at a manager's demotion and promotion. */
  readonly setListening: (isUp: boolean) => Promise<void>
  /** Listens anew with other certificates. */
  readonly present: (certificates: SwarmCertificates) => Promise<void>
}

type Stream = ServerWritableStream<Uint8Array, Uint8Array>

type State = {
  readonly socketPath: string
  readonly streams: Map<Stream, ReadonlySet<string>>
  readonly asked: (readonly string[])[]
  certificates: SwarmCertificates
  server: Server | undefined
  isStalled: boolean
  isOpening: boolean
}

/** Starts listening; the socket's folder must exist. */
export async function createWatchServer(store: Store, socketPath: string): Promise<WatchServer> {
  const state: State = {
    socketPath,
    streams: new Map(),
    asked: [],
    certificates: createSwarmCertificates(),
    server: undefined,
    isStalled: false,
    isOpening: true,
  }
  const { certificates } = state
  const unwatch = tellCommits(store, (changes) => tell(state, changes))
  await start(state)
  return {
    certificates,
    streams: () => state.streams.size,
    asked: state.asked,
    end: () => {
      for (const stream of state.streams.keys()) stream.end()
    },
    stall: (opens = true) => {
      state.isStalled = true
      state.isOpening = opens
    },
    resume: () => {
      state.isStalled = false
      state.isOpening = true
    },
    send: (bytes) => {
      for (const stream of state.streams.keys()) stream.write(bytes)
    },
    setListening: (isUp) => (isUp ? start(state) : stop(state)),
    present: async (certificates) => {
      state.certificates = certificates
      await stop(state)
      await start(state)
    },
    [Symbol.asyncDispose]: async () => {
      unwatch()
      await stop(state)
    },
  }
}

async function start(state: State): Promise<void> {
  if (state.server !== undefined) return
  const server = new Server()
  const asIs = (bytes: Uint8Array) => Buffer.from(bytes)
  const service: ServiceDefinition = {
    watch: {
      path: watchMethod,
      requestStream: false,
      responseStream: true,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  }
  server.addService(service, { watch: (stream: Stream) => open(state, stream) })
  const { cert, key } = state.certificates
  const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }
  const credentials = ServerCredentials.createSsl(null, [pair])
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${state.socketPath}`, credentials, (error) =>
      error === null ? resolve() : reject(error),
    )
  })
  state.server = server
}

async function stop(state: State): Promise<void> {
  state.server?.forceShutdown()
  state.server = undefined
  state.streams.clear()
  await rm(state.socketPath, { force: true })
}

function open(state: State, stream: Stream): void {
  const { entries } = watchRequest.toObject(watchRequest.decode(stream.request))
  const kinds: string[] = entries.map((entry: { readonly kind: string }) => entry.kind)
  state.asked.push(kinds)
  state.streams.set(stream, new Set(kinds))
  stream.on('close', () => state.streams.delete(stream))
  stream.on('cancelled', () => state.streams.delete(stream))
  // The empty message says that from now on nothing is missed.
  if (state.isOpening) stream.write(new Uint8Array())
}

/** Calls `listener` with the changes of each commit; returns the end of it. */
function tellCommits(store: Store, listener: (changes: readonly Change[]) => void): () => void {
  let commits: { readonly index: number; readonly changes: Change[] }[] = []
  const flush = () => {
    const done = commits
    commits = []
    for (const { changes } of done) listener(changes)
  }
  return store.watch((change) => {
    if (commits.length === 0) queueMicrotask(flush)
    const last = commits.at(-1)
    // What is removed keeps its last version, so that it cannot be told from it which commit this is.
    const index = change.action === 'remove' ? (last?.index ?? 0) : change.object.Version.Index
    if (last?.index === index) last.changes.push(change)
    else commits.push({ index, changes: [change] })
  })
}

function tell(state: State, changes: readonly Change[]): void {
  if (state.isStalled) return
  for (const [stream, kinds] of state.streams) {
    const events = changes.filter(({ kind }) => kinds.has(kind)).map(eventOf)
    if (events.length > 0) stream.write(encodeMessage({ events }))
  }
}

/** A message as bytes. */
export function encodeMessage(message: object): Uint8Array {
  return watchMessage.encode(watchMessage.fromObject(message)).finish()
}

function eventOf(change: Change): object {
  const object = change.kind === 'task' ? taskOf(change.object) : { id: change.object.ID }
  return { action: actions[change.action], object: { [change.kind]: object } }
}

/** SwarmKit's numbers of the states (api/types.proto, TaskState). */
const stateNumbers: Readonly<Record<TaskState, number>> = {
  new: 0,
  pending: 64,
  assigned: 192,
  accepted: 256,
  preparing: 320,
  ready: 384,
  starting: 448,
  running: 512,
  complete: 576,
  shutdown: 640,
  failed: 704,
  rejected: 768,
  remove: 800,
  orphaned: 832,
}

function taskOf(task: Task): object {
  const { ContainerStatus: container, PortStatus, State } = task.Status
  return {
    id: task.ID,
    meta: { version: { index: task.Version.Index } },
    serviceId: task.ServiceID,
    ...(task.Slot !== undefined && { slot: task.Slot }),
    ...(task.NodeID !== undefined && { nodeId: task.NodeID }),
    desiredState: stateNumbers[task.DesiredState],
    status: {
      state: stateNumbers[State],
      ...(container !== undefined && { container: { containerId: container.ContainerID } }),
      portStatus: {
        ports: (PortStatus.Ports ?? []).map((port) => ({
          protocol: ['tcp', 'udp', 'sctp'].indexOf(port.Protocol ?? 'tcp'),
          targetPort: port.TargetPort,
          publishedPort: port.PublishedPort ?? 0,
          publishMode: port.PublishMode === 'host' ? 1 : 0,
        })),
      },
    },
    networks: (task.NetworksAttachments ?? []).map((each) => ({
      network: { id: each.Network.ID },
      addresses: each.Addresses,
    })),
  }
}
