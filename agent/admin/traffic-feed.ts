// HAProxy's figures for everybody who looks: one reading a second however many do, and none while nobody does.
// Refuses sockets: reading is a function that it is given.

import { type AgentError, isAgentError } from '../core/errors.ts'
import { type Flows, flowsBetween } from '../core/rates.ts'
import type { Traffic, TrafficScope } from '../core/traffic.ts'

export type ReadTraffic = (scope: TrafficScope, signal: AbortSignal) => Promise<Traffic>

export type TrafficFeed = {
  /**
   * A reading that is no older than the interval.
   * @throws AgentError as the reading does
   */
  readonly latest: () => Promise<Flows>
  /** Reads again and again, and calls back after each reading, until the function that it gives is called. */
  readonly follow: (onReading: (flows: Flows) => void) => () => void
}

export type FeedOptions = {
  readonly scope: TrafficScope
  readonly intervalMs: number
  readonly signal: AbortSignal
}

type State = FeedOptions & {
  readonly read: ReadTraffic
  readonly followers: Set<(flows: Flows) => void>
  last: { readonly traffic: Traffic; readonly flows: Flows; readonly sinceMs: number } | undefined
  reading: Promise<Flows> | undefined
  timer: NodeJS.Timeout | undefined
}

/** Rates are told against the reading before, unless that is older than this. */
const spanMsMax = 60_000

/** Makes a feed that ends with the signal. */
export function createTrafficFeed(read: ReadTraffic, options: FeedOptions): TrafficFeed {
  const state: State = {
    ...options,
    read,
    followers: new Set(),
    last: undefined,
    reading: undefined,
    timer: undefined,
  }
  return {
    latest: () => {
      const { last } = state
      const isFresh = last !== undefined && performance.now() - last.sinceMs < options.intervalMs
      return isFresh ? Promise.resolve(last.flows) : readOnce(state)
    },
    follow: (onReading) => {
      const own = (flows: Flows) => onReading(flows)
      state.followers.add(own)
      if (state.followers.size === 1) void keepReading(state)
      return () => {
        state.followers.delete(own)
      }
    },
  }
}

/** Whoever asks while a reading is under way gets that one. */
function readOnce(state: State): Promise<Flows> {
  state.reading ??= takeReading(state).finally(() => {
    state.reading = undefined
  })
  return state.reading
}

async function takeReading(state: State): Promise<Flows> {
  const traffic = await state.read(state.scope, state.signal)
  const before = state.last?.traffic
  const isNear = before !== undefined && traffic.atMs - before.atMs <= spanMsMax
  const flows = flowsBetween(isNear ? before : undefined, traffic)
  state.last = { traffic, flows, sinceMs: performance.now() }
  return flows
}

/** One round; the next is due an interval later, as long as somebody follows. A reading that fails is left out. */
async function keepReading(state: State): Promise<void> {
  clearTimeout(state.timer)
  if (state.followers.size === 0 || state.signal.aborted) return
  const startedMs = performance.now()
  const flows = await readOnce(state).catch(leftOut)
  if (state.signal.aborted) return
  if (flows !== undefined) for (const onReading of state.followers) onReading(flows)
  const waitMs = Math.max(0, state.intervalMs - (performance.now() - startedMs))
  state.timer = setTimeout(() => void keepReading(state), waitMs).unref()
}

/** How many backends' feeds are kept; the one that was asked for longest ago goes first. */
const backendsMax = 32

/** Makes a feed for each backend that is asked for, by its name. */
export function createBackendFeeds(
  read: ReadTraffic,
  options: Omit<FeedOptions, 'scope'>,
): (backend: string) => TrafficFeed {
  const feeds = new Map<string, TrafficFeed>()
  return (backend) => {
    const feed = feeds.get(backend) ?? createTrafficFeed(read, { ...options, scope: { backend } })
    feeds.delete(backend)
    feeds.set(backend, feed)
    const [oldest] = feeds.keys()
    if (feeds.size > backendsMax && oldest !== undefined) feeds.delete(oldest)
    return feed
  }
}

/** What a bug throws is no trouble of HAProxy's: it ends the process, as everywhere. */
function leftOut(error: AgentError | unknown): undefined {
  if (isAgentError(error) || (error instanceof Error && error.name === 'AbortError')) return undefined
  throw error
}
