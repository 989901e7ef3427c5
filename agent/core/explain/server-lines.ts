// The servers of a backend as they should be and as HAProxy has them, each in one word.
// Refuses to judge the whole: server-reasons.ts and explain.ts do.

import { formatAddress } from '../address.ts'
import type { ObservedBackend, ObservedServer } from '../observed.ts'
import type { Backend, Server } from '../routing.ts'
import { isInRotation } from '../servers.ts'
import type { Task } from '../snapshot.ts'
import { compareText } from '../text.ts'
import type { ServerLine, ServerState } from './explanation.ts'
import { type Known, serviceNameOf, taskIdOf } from './facts.ts'

/** A backend as it is wanted and as it runs; at least one of both is there. */
export type Seen = {
  readonly name: string
  readonly desired: Backend | undefined
  readonly live: ObservedBackend | undefined
}

/** True for a server that gets requests. */
export function takesRequests({ state }: ServerLine): boolean {
  return state === 'open' || state === 'leaving'
}

/** The servers by name: those that are wanted, and those that HAProxy has besides. */
export function serverLines(seen: Seen, known: Known): readonly ServerLine[] {
  const { desired, live } = seen
  const wanted = new Map(desired?.servers.map((server) => [server.name, server]))
  const names = new Set([...wanted.keys(), ...(live?.servers.keys() ?? [])])
  return [...names].sort(compareText).flatMap((name) => {
    const server = wanted.get(name)
    const running = live?.servers.get(name)
    const place = running ?? server
    if (place === undefined) return []
    const task = known.tasksById.get(taskIdOf(name))
    const state = stateOf(server, running, {
      isInMaintenance: isInMaintenance(name, known),
      isUp: task === undefined ? server?.admin === 'ready' : isInRotation(task, known.topology),
      isHaproxyKnown: known.observed !== undefined,
      status: known.statuses?.get(`${seen.name}/${name}`) ?? '',
    })
    return [line(name, formatAddress(place.address, place.port), state, task, known)]
  })
}

function isInMaintenance(server: string, known: Known): boolean {
  const service = known.servicesByName.get(serviceNameOf(server, known))
  return service !== undefined && known.problemsOf(service).some(({ code }) => code === 'in-maintenance')
}

type Circumstances = {
  /** Its service's label says so. */
  readonly isInMaintenance: boolean
  /** Swarm has it running, and wants it to. */
  readonly isUp: boolean
  readonly isHaproxyKnown: boolean
  /** HAProxy's word for it, where it was asked. */
  readonly status: string
}

//   wanted | HAProxy has it           | its task runs | state
//   -------+--------------------------+---------------+------------------------
//   yes    | not asked                | yes, no       | open, maint
//   yes    | no                       | -             | missing
//   yes    | ready                    | -             | open, down, or unproven
//   yes    | drain                    | -             | drain
//   yes    | maint                    | yes, no       | held (or maintenance), maint
//   no     | ready, else              | -             | leaving, closing
function stateOf(
  wanted: Server | undefined,
  running: ObservedServer | undefined,
  { isInMaintenance, isUp, isHaproxyKnown, status }: Circumstances,
): ServerState {
  const held = isInMaintenance ? 'maintenance' : 'held'
  if (!isHaproxyKnown) return isUp ? (isInMaintenance ? 'maintenance' : 'open') : 'maint'
  if (running === undefined) return 'missing'
  if (running.admin === 'ready' && status.startsWith('DOWN')) return 'down'
  if (wanted === undefined) return running.admin === 'ready' ? 'leaving' : 'closing'
  if (running.admin === 'drain') return 'drain'
  if (running.admin === 'maint') return isUp ? held : 'maint'
  return running.checks === 'off' ? 'unproven' : 'open'
}

function line(
  name: string,
  address: string,
  state: ServerState,
  task: Task | undefined,
  known: Known,
): ServerLine {
  const { topology, isSwarmKnown, isPlainDocker } = known
  const node = task === undefined ? undefined : (topology.nodes.get(task.nodeId)?.name ?? task.nodeId)
  const why = isSwarmKnown ? whys[state](task, isPlainDocker) : blindWhys[state]
  return {
    name,
    service: serviceNameOf(name, known),
    address,
    state,
    ...(task === undefined
      ? {}
      : { task: { id: task.id, state: task.state, desiredState: task.desiredState } }),
    ...(node === undefined || node === '' ? {} : { node }),
    ...(why === undefined ? {} : { why }),
  }
}

type Why = (task: Task | undefined, isContainer: boolean) => string | undefined

const whys: { readonly [S in ServerState]: Why } = {
  open: () => undefined,
  leaving: () => 'no longer wanted; about to be closed',
  down: () => "HAProxy's health check cannot connect to it",
  held: () => 'kept back until it accepts connections',
  unproven: () => 'has not accepted a connection yet',
  maint: (task, isContainer) => {
    if (isContainer) return 'its container is not running, or not healthy'
    return task === undefined ? 'no running task behind it' : `its task is ${task.state}, not running`
  },
  maintenance: () => 'its service is in maintenance',
  drain: () => 'takes no new sessions',
  closing: () => 'leaves when its last session ends',
  missing: () => 'HAProxy does not have it yet',
}

/** Where no engine was asked, nothing can be said of tasks. */
const blindWhys: { readonly [S in ServerState]?: string } = {
  down: "HAProxy's health check cannot connect to it",
  maint: 'out of rotation',
  drain: 'takes no new sessions',
  unproven: 'its health checks are not switched on',
}
