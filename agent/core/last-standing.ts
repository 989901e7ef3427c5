// Who stays though its task is told to stop, as nobody else would serve.
// Pure: the moment is an argument. Refuses newcomers as such (newcomers.ts): it is told which are awaited.
//
//   told to stop        its SIGTERM          the successor serves
//   |--- it serves on ---|--- a closed door ---|
//   0                   1 s                   4 s at most
//
// A container without a Swarm is known to stop when it has its SIGTERM: the door is closed at once, for three seconds.

import { newcomerKey } from './newcomers.ts'
import type { Backend, Routing, Server } from './routing.ts'
import { ownerOf } from './servers.ts'

/** The last servers of a backend, and since when they stay. */
export type LastStand = {
  readonly sinceMs: number
  readonly servers: readonly Server[]
  /** Whose they are: for requests of others they do not stay. */
  readonly serviceIds: readonly string[]
  /** When the next look is due. */
  readonly dueMs: number
}

/** By the backend's name. */
export type LastStands = ReadonlyMap<string, LastStand>

/**
 * How long they serve on at most. Swarm waits two seconds between the decision to stop a task and its SIGTERM (moby,
 * daemon/cluster/executor/container/controller.go, defaultGossipConvergeDelay). Half of it is left for the decision to
 * be heard of by polling, and for requests to end.
 */
export const lastStandMs = 1000

/** How long requests may wait for a successor that is on its way: HAProxy tries as often as it retries, each second. */
export const closedDoorMs = 3000

/**
 * Refuses connections at once. A server there keeps the requests that it has, and new ones wait and are tried again:
 * without a server in rotation HAProxy would refuse them. One server alone stands there: HAProxy waits a second before it
 * tries the same one again, and goes on to another at once (configuration manual, section 4.2, `retries`).
 */
export const closedDoor = { address: '127.0.0.1', port: 1 } as const

/**
 * The stands of a moment: a backend none of whose servers serves keeps those that did, until one serves or their time is
 * over. They answer as before; then, where a task is on its way, requests wait for that.
 *
 * A virtual IP makes no stand: Swarm takes its tasks from behind it at once.
 * @param before what is in force, stands included
 * @param awaited keys of newcomers that have not accepted a connection yet: they do not serve
 */
export function lastStands(
  wanted: Routing,
  before: Routing,
  stands: LastStands,
  { awaited, nowMs }: { readonly awaited: ReadonlySet<string>; readonly nowMs: number },
): LastStands {
  const found = new Map<string, LastStand>()
  for (const [name, backend] of wanted.backends) {
    if (backend.servers.some((server) => isReady(server) && !awaited.has(newcomerKey(server)))) continue
    const stand = own(stands.get(name), backend) ?? begin(backend, before.backends.get(name), nowMs)
    const now = stand === undefined ? undefined : goOn(stand, backend, nowMs)
    if (now !== undefined) found.set(name, now)
  }
  return found
}

/** A stand, as long as the backend is that of the same services: hosts may have come to it that its tasks never answered for. */
function own(stand: LastStand | undefined, { services }: Backend): LastStand | undefined {
  return stand?.serviceIds.every((id) => services.some((service) => service.id === id)) ? stand : undefined
}

function begin(backend: Backend, before: Backend | undefined, nowMs: number): LastStand | undefined {
  if (before === undefined) return undefined
  const known = new Set(backend.servers.map(({ name }) => name))
  const staying = new Set(backend.services.map(({ id }) => id))
  const idOf = ({ name }: Server) => ownerOf(name, before.services)?.id ?? ''
  const servers = before.servers.filter(
    (server) =>
      isReady(server) && isProvenTask(server) && !known.has(server.name) && staying.has(idOf(server)),
  )
  if (servers.length === 0) return undefined
  const serviceIds = [...new Set(servers.map(idOf))]
  return { sinceMs: nowMs, servers, serviceIds, dueMs: nowMs + servesForMs(backend) }
}

function servesForMs({ services }: Backend): number {
  return services.some(({ isToldLate }) => isToldLate === true) ? 0 : lastStandMs
}

function goOn(stand: LastStand, backend: Backend, nowMs: number): LastStand | undefined {
  if (nowMs < stand.dueMs) return stand
  const untilMs = stand.sinceMs + servesForMs(backend) + closedDoorMs
  const isAnyoneComing = backend.servers.some(
    ({ checks, options }) => checks !== undefined || options?.isUnchecked === true,
  )
  if (nowMs >= untilMs || !isAnyoneComing) return undefined
  const last = stand.servers.slice(0, 1).map((server) => ({ ...server, ...closedDoor }))
  return { ...stand, servers: last, dueMs: untilMs }
}

/** A server that is never checked is taken at its word; a virtual IP is no task. */
const isProvenTask = ({ checks, options }: Server) => checks === 'on' || options?.isUnchecked === true

const isReady = ({ admin }: Server) => admin === 'ready'
