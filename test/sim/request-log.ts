// What clients asked of the simulated engine, for tests that count calls.
// Owns the record, bounded. Refuses bodies.

export type RequestRecord = {
  readonly method: string
  /** Without version prefix, with query. */
  readonly path: string
  /** The path with ids replaced, for example `GET /services/{id}`. */
  readonly route: string
  readonly startedAtMs: number
  /** Undefined while it is being answered. */
  readonly endedAtMs: number | undefined
}

export type RequestLog = {
  /** The latest 10,000 requests, oldest first. */
  readonly requests: readonly RequestRecord[]
  /** How often each route was asked for. */
  readonly counts: ReadonlyMap<string, number>
  /** The most `GET /tasks` that were ever being answered at one time. */
  readonly concurrentTaskListsMax: number
  readonly reset: () => void
}

const recordsMax = 10_000
const taskList = 'GET /tasks'

export function createRequestLog(): {
  readonly log: RequestLog
  readonly start: (request: Pick<RequestRecord, 'method' | 'path' | 'route'>) => () => void
} {
  const requests: (RequestRecord & { endedAtMs: number | undefined })[] = []
  const counts = new Map<string, number>()
  const state = { taskLists: 0, taskListsMax: 0 }
  const start = (request: Pick<RequestRecord, 'method' | 'path' | 'route'>) => {
    const record = { ...request, startedAtMs: performance.now(), endedAtMs: undefined as number | undefined }
    requests.push(record)
    if (requests.length > recordsMax) requests.splice(0, recordsMax / 10)
    counts.set(request.route, (counts.get(request.route) ?? 0) + 1)
    if (request.route === taskList) state.taskLists += 1
    state.taskListsMax = Math.max(state.taskListsMax, state.taskLists)
    return () => {
      record.endedAtMs = performance.now()
      if (request.route === taskList) state.taskLists -= 1
    }
  }
  const log: RequestLog = {
    requests,
    counts,
    get concurrentTaskListsMax() {
      return state.taskListsMax
    },
    reset: () => {
      requests.length = 0
      counts.clear()
      state.taskListsMax = state.taskLists
    },
  }
  return { log, start }
}
