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

/** Makes news of one reading after the other. */
export function createTrafficNews(): (flows: Flows) => TrafficNews {
  let number = 0
  let before: ReadonlyMap<string, string> = new Map()
  return (flows) => {
    number += 1
    const known = before
    // How long a status has lasted changes with each reading, and is no news.
    const now = new Map(flows.backends.map((each) => [each.name, jsonText({ ...each, statusForS: 0 })]))
    before = now
    const { backends, servers: _, ...rest } = flows
    return {
      number,
      whole: once(() => jsonText({ ...rest, isWhole: true, backends, gone: [] })),
      changed: once(() =>
        jsonText({
          ...rest,
          isWhole: false,
          backends: backends.filter(({ name }) => now.get(name) !== known.get(name)),
          gone: [...known.keys()].filter((name) => !now.has(name)),
        }),
      ),
    }
  }
}

function once(make: () => string): () => string {
  let made: string | undefined
  return () => {
    made ??= make()
    return made
  }
}
