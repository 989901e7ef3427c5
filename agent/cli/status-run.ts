// `tidegate status`: who is asked: the running agent, else the engine and HAProxy, else HAProxy alone.
// Refuses flags (status.ts) and wording (status-text.ts).

import { computeRouting } from '../core/desired.ts'
import { type AgentError, isAgentError } from '../core/errors.ts'
import { flowsBetween } from '../core/rates.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { buildStatus, type StatusView } from '../core/status-view.ts'
import { type Call, type ExitCode, exitCodes, printJson, printLines, readSnapshot } from './commands.ts'
import { parseStatus } from './status-answer.ts'
import { filterStatus } from './status-filter.ts'
import { type BackendServers, nothingFound, statusLines } from './status-text.ts'

/** Of how many backends the servers are shown when one service or host is asked for. */
const detailedMax = 20

export type StatusOptions = {
  /** A service, a host, a URL or a backend; undefined for all. */
  readonly of: string | undefined
  readonly isAll: boolean
}

/**
 * `tidegate status`
 * @throws AgentError where neither the agent nor the engine nor HAProxy can be asked
 */
export async function status(call: Call, { of, isAll }: StatusOptions): Promise<ExitCode> {
  const whole = (await askAgent(call)) ?? (await findOut(call))
  const view = of === undefined ? whole : filterStatus(whole, of)
  const servers = of === undefined ? undefined : await readServers(call, view)
  if (call.isJson) printJson(call, servers === undefined ? view : { ...view, details: servers })
  else {
    const isBounded = call.ports.isTerminal.stdout && !isAll
    if (of !== undefined && isEmpty(view)) printLines(call, nothingFound(of))
    else printLines(call, statusLines(view, { servers, isBounded, paint: call.paint }))
  }
  return of !== undefined && isEmpty(view) ? exitCodes.problems : exitCodes.ok
}

function isEmpty({ backends, problems }: StatusView): boolean {
  return backends.length === 0 && problems.length === 0
}

/** What the running agent answers; undefined where none does, or its answer is of another kind. */
async function askAgent({ ports, settings, signal, snapshotFile }: Call): Promise<StatusView | undefined> {
  if (snapshotFile !== undefined) return undefined
  try {
    const answer = await ports.askAgent(settings, '/api/status', signal)
    return answer?.status === 200 ? parseStatus(answer.body) : undefined
  } catch (error) {
    if (isAgentError(error, 'admin-unreachable')) return undefined
    throw error
  }
}

async function findOut(call: Call): Promise<StatusView> {
  const { ports, settings, signal } = call
  const [snapshot, observed, traffic] = await Promise.all([
    readOrMiss(call),
    ports.observe(settings, signal),
    ports.readTraffic(settings, 'backends', signal),
  ])
  const { version } = ports.host
  const running = {
    observed,
    ...(traffic === undefined ? {} : { traffic: flowsBetween(undefined, traffic) }),
  }
  if (!isAgentError(snapshot)) {
    const { routing } = computeRouting(snapshot, settings.routing)
    return buildStatus({ toldBy: 'engine', version, routing, problems: routing.problems, ...running })
  }
  if (observed === undefined) throw snapshot
  return buildStatus({ toldBy: 'haproxy', version, routing: undefined, problems: [], ...running })
}

/** The snapshot; or the trouble with the engine, which HAProxy may make up for. */
async function readOrMiss(call: Call): Promise<Snapshot | AgentError> {
  try {
    return await readSnapshot(call)
  } catch (error) {
    if (isAgentError(error) && error.code.startsWith('docker-')) return error
    throw error
  }
}

async function readServers(
  { ports, settings, signal }: Call,
  { backends, haproxy }: StatusView,
): Promise<readonly BackendServers[]> {
  if (haproxy === undefined) return []
  const running = backends.filter(({ health }) => health !== 'missing').slice(0, detailedMax)
  return Promise.all(
    running.map(async ({ name: backend }) => {
      const traffic = await ports.readTraffic(settings, { backend }, signal)
      return { backend, servers: traffic?.servers ?? [] }
    }),
  )
}
