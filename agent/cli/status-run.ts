// `tidegate status`: who is asked: the running agent, else the engine and HAProxy, else HAProxy alone.
// Refuses flags (status.ts) and wording (status-text.ts).

import { isAgentError } from '../core/errors.ts'
import type { StatusView } from '../core/status-view.ts'
import { type Call, type ExitCode, exitCodes, printJson, printLines } from './commands.ts'
import type { CliPorts } from './ports.ts'
import { parseStatus } from './status-answer.ts'
import { filterStatus } from './status-filter.ts'
import { type BackendServers, nothingFound, statusLines } from './status-text.ts'

/** Of how many backends the servers are shown when one service or host is asked for. */
const detailedMax = 20

export type StatusOptions = {
  /** A service, a host, a URL or a backend; undefined for all. */
  readonly of: string | undefined
  readonly isAll: boolean
  /** The running agent's to /api/status; undefined where none is to answer, or none does. */
  readonly answer: ReturnType<CliPorts['askAgent']>
}

/**
 * `tidegate status`
 * @throws AgentError where neither the agent nor the engine nor HAProxy can be asked
 */
export async function status(call: Call, { of, isAll, answer }: StatusOptions): Promise<ExitCode> {
  const whole = (await tellOf(answer)) ?? (await findOutNow(call))
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
async function tellOf(answer: StatusOptions['answer']): Promise<StatusView | undefined> {
  try {
    const told = await answer
    return told?.status === 200 ? parseStatus(told.body) : undefined
  } catch (error) {
    if (isAgentError(error, 'admin-unreachable')) return undefined
    throw error
  }
}

/** Loaded where no agent answers: it takes the core that the agent has. */
async function findOutNow(call: Call): Promise<StatusView> {
  const { findOut } = await import('./status-gather.ts')
  return findOut(call)
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
