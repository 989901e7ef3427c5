// A reading as news for those who have the one before: only backends whose figures differ.
// Refuses to read (traffic-feed.ts).

import type { Flows } from '../core/rates.ts'
import { jsonText } from './answer.ts'

export type TrafficNews = {
  /** Counts readings. */
  readonly number: number
  /** All of it, and what differs from the reading before, as JSON. Made when first asked for. */
  readonly whole: () => string
  readonly changed: () => string
}

type BackendFlow = Flows['backends'][number]

/** Makes news of one reading after the other. */
export function createTrafficNews(): (flows: Flows) => TrafficNews {
  let number = 0
  let before: ReadonlyMap<string, BackendFlow> = new Map()
  return (flows) => {
    number += 1
    const known = before
    const now = new Map(flows.backends.map((flow) => [flow.name, flow]))
    before = now
    const { backends, servers: _, ...rest } = flows
    return {
      number,
      whole: once(() => jsonText({ ...rest, isWhole: true, backends, gone: [] })),
      changed: once(() =>
        jsonText({
          ...rest,
          isWhole: false,
          backends: backends.filter((flow) => !isSame(flow, known.get(flow.name))),
          gone: [...known.keys()].filter((name) => !now.has(name)),
        }),
      ),
    }
  }
}

/** Compares figures by their values; how long a status has lasted changes with each reading, and is no news. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (!isRecord(a) || !isRecord(b)) return false
  for (const key in a) if (key !== 'statusForS' && !isSame(a[key], b[key])) return false
  return true
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function once(make: () => string): () => string {
  let made: string | undefined
  return () => {
    made ??= make()
    return made
  }
}
