// Whether a signal is a container's own way of being told to stop, where the signal alone does not say so.
// Owns the questions to the engine, one after the other. Refuses to know what follows from the answer.

import { isAgentError } from '../core/errors.ts'
import type { Docker } from '../docker/docker.ts'
import { asJson, objectAt, textAt } from '../docker/json-read.ts'

/** A container that got a signal, by its number. */
export type Signalled = { readonly containerId: string; readonly signal: string }

export type StopQuestions = {
  /** Takes note of a question; answered later, if at all. */
  readonly ask: (signalled: Signalled) => void
  /** Answers questions until the signal aborts. */
  readonly answer: (onStop: (containerId: string) => void, signal: AbortSignal) => Promise<void>
}

/** A container that is not asked for leaves when its process ends, as it would without this. */
const questionsMax = 100

const nothing = Buffer.alloc(0)

export function createStopQuestions(docker: Pick<Docker, 'get'>): StopQuestions {
  const waiting: Signalled[] = []
  let wake = () => {}
  const asked = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      wake = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  return {
    ask: (signalled) => {
      if (waiting.length >= questionsMax) return
      waiting.push(signalled)
      wake()
    },
    answer: async (onStop, signal) => {
      while (!signal.aborted) {
        const next = waiting.shift()
        if (next === undefined) await asked(signal)
        else if (await isToldToStop(docker, next, signal)) onStop(next.containerId)
      }
    },
  }
}

async function isToldToStop(
  docker: Pick<Docker, 'get'>,
  { containerId, signal: sent }: Signalled,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const body = await docker.get({ path: `/containers/${containerId}/json` }, nothing, signal)
    const own = textAt(objectAt(asJson(JSON.parse(body.toString())), 'Config'), 'StopSignal')
    return signalNumber(own) === sent
  } catch (error) {
    // It is gone, or a socket proxy does not let it be looked at.
    if (signal.aborted || isAgentError(error) || error instanceof SyntaxError) return false
    throw error
  }
}

/** Linux's numbers, as the engine's events tell them whatever it runs on (signal(7)); those that images are known to stop by, or may. */
const numbers: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ABRT: 6,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  ALRM: 14,
  TERM: 15,
  WINCH: 28,
  PWR: 30,
  RTMIN: 34,
  RTMAX: 64,
}

/** The number of a signal as images name it: `SIGUSR1`, `USR1`, `10`, `SIGRTMIN+3`; undefined for any other text. */
export function signalNumber(text: string): string | undefined {
  if (/^\d{1,2}$/.test(text)) return String(Number(text))
  const [, name = '', offset = '0'] = /^(?:SIG)?([A-Z0-9]+)([+-]\d{1,2})?$/.exec(text.toUpperCase()) ?? []
  const number = Object.hasOwn(numbers, name) ? numbers[name] : undefined
  return number === undefined ? undefined : String(number + Number(offset))
}
