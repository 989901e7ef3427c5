// Faults of the engine, on demand: away, hanging, slow, talking nonsense.
// Owns which request meets which fault. Refuses faults of tasks and nodes (swarm.ts: killTask, loseNode).

import type { ServerResponse } from 'node:http'

export type Fault = {
  /**
   * `down`: without `path` and `times` the engine is gone, listener, connections and all; with them, connections of
   * such requests are ended; `hang`: no answer, ever;
   * `error-500`: the store's leader is lost; `garbage`: 200 and no JSON; `empty-list`: 200 and `[]`;
   * `truncated`: half of the true answer, then the end of the connection; `slow`: the true answer, `delayMs` late.
   */
  readonly kind: 'down' | 'hang' | 'error-500' | 'garbage' | 'empty-list' | 'truncated' | 'slow'
  /** Matched against the path without version prefix and query; absent: every path. */
  readonly path?: RegExp
  /** How many requests meet the fault; absent: all until `clear`. */
  readonly times?: number
  /** For `slow`; 1000 ms if absent. */
  readonly delayMs?: number
}

export type Faults = {
  /** Replaces the faults in force. */
  readonly set: (...faults: readonly Fault[]) => void
  readonly clear: () => void
}

type Active = { readonly fault: Fault; left: number }

export type FaultTable = Faults & {
  /** The fault that this request meets, counted. */
  readonly meet: (path: string) => Fault | undefined
}

/** `listening` is told whether the engine is there at all. */
export function createFaultTable(listening: (isUp: boolean) => void): FaultTable {
  let active: readonly Active[] = []
  const set = (faults: readonly Fault[]) => {
    active = faults.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }))
    listening(!faults.some(isWholeEngine))
  }
  return {
    set: (...faults) => set(faults),
    clear: () => set([]),
    meet: (path) => {
      const met = active.find(
        ({ fault, left }) => left > 0 && (fault.path === undefined || fault.path.test(path)),
      )
      if (met !== undefined) met.left -= 1
      return met?.fault
    },
  }
}

function isWholeEngine(fault: Fault): boolean {
  return fault.kind === 'down' && fault.path === undefined && fault.times === undefined
}

/** Answers in place of the API, where the fault needs no true answer. */
export function answerFault(fault: Fault, response: ServerResponse): 'answered' | 'needs-answer' {
  const json = { 'content-type': 'application/json' }
  switch (fault.kind) {
    case 'down':
      response.socket?.destroy()
      return 'answered'
    case 'hang':
      return 'answered'
    case 'error-500':
      response.writeHead(500, json)
      response.end(
        `${JSON.stringify({ message: 'rpc error: code = DeadlineExceeded desc = context deadline exceeded' })}\n`,
      )
      return 'answered'
    case 'garbage':
      response.writeHead(200, json)
      response.end('<html>this is not the JSON you are looking for')
      return 'answered'
    case 'empty-list':
      response.writeHead(200, json)
      response.end('[]\n')
      return 'answered'
    case 'truncated':
    case 'slow':
      return 'needs-answer'
  }
}
