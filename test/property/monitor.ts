// Looks at the live HAProxy every few milliseconds through a whole history, over connections of its own.
//
// What it holds HAProxy to, at every look:
// - A route whose service has had a server for long enough that the agent must know (ledger.ts) leads to a backend with
//   a ready server, and one of the ready ones is at an address that takes requests, or took them when the agent was last
//   able to see. So an agent that is away or blind changes nothing, and no error empties a route.
// - Behind a route stand only servers of services that have asked for it at some time; at two looks in a row, since a plan
//   opens servers before it moves routes, and both cannot be done at once.
//
// What it tolerates: no answer at all while HAProxy is killed; anything for a while after an operator's hand has changed
// the live state, until an audit must have found it; and a route that changes while it is being read.
//
// Refuses to know how the Swarm and the edge are made (world.ts tells it what it needs).

import { setTimeout as wait } from 'node:timers/promises'
import type { LiveState } from '../support/live-state.ts'
import { createLedger, type Ledger, type Sight } from './ledger.ts'
import type { Truth } from './truth.ts'

export type MonitorOptions = {
  /** Rejects while no HAProxy answers. */
  readonly look: () => Promise<LiveState>
  readonly truth: () => Truth
  /** Calls back with each change of the truth; returns the end of it. */
  readonly watch: (listener: () => void) => () => void
  readonly sight: () => Sight
  /** Told of each breach once, as it begins. */
  readonly onBreach: (text: string) => void
}

export type Monitor = AsyncDisposable & {
  /** Somebody's hand has changed the live state: for so long of the agent's good sight nothing is asked of it. */
  readonly excuse: (timeMs: number) => void
  readonly looks: () => number
  /** Times without any HAProxy to look at, in `performance.now()`. */
  readonly outages: () => readonly { readonly fromMs: number; readonly untilMs: number }[]
}

const pauseMs = 5

type Context = MonitorOptions & {
  readonly ledger: Ledger
  readonly breached: Set<string>
  /** Strangers at the last look. */
  strange: ReadonlySet<string>
  readonly outages: { readonly fromMs: number; untilMs: number }[]
  excusedUntilMs: number
  looks: number
}

export function startMonitor(options: MonitorOptions): Monitor {
  const context: Context = {
    ...options,
    ledger: createLedger(),
    breached: new Set(),
    strange: new Set(),
    outages: [],
    excusedUntilMs: 0,
    looks: 0,
  }
  const note = () => context.ledger.note(context.truth(), context.sight())
  const unwatch = context.watch(note)
  const stop = new AbortController()
  const watching = lookOn(context, note, stop.signal)
  return {
    excuse: (timeMs) => {
      context.excusedUntilMs = context.ledger.seenMs() + timeMs
    },
    looks: () => context.looks,
    outages: () => context.outages,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      unwatch()
      await watching
    },
  }
}

async function lookOn(context: Context, note: () => void, signal: AbortSignal): Promise<void> {
  let last = { sight: context.sight(), atMs: performance.now() }
  while (!signal.aborted) {
    await wait(pauseMs)
    note()
    const before = context.ledger.required()
    const live = await lookOnce(context)
    note()
    const now = { sight: context.sight(), atMs: performance.now() }
    // Time without an HAProxy, or with a process that had no turn, is no time to learn in.
    if (live !== undefined && now.sight === 'well' && last.sight === 'well') {
      context.ledger.pass(Math.min(100, now.atMs - last.atMs))
    }
    last = now
    if (live !== undefined && context.ledger.seenMs() >= context.excusedUntilMs) judge(context, live, before)
  }
}

async function lookOnce(context: Context): Promise<LiveState | undefined> {
  const atMs = performance.now()
  try {
    const live = await context.look()
    context.looks += 1
    return live
  } catch {
    const { outages } = context
    const last = outages.at(-1)
    if (last !== undefined && atMs - last.untilMs < 100) last.untilMs = performance.now()
    else outages.push({ fromMs: atMs, untilMs: performance.now() })
    return undefined
  }
}

type Required = ReturnType<Ledger['required']>

/** Only what was required before and after the look: the world turned meanwhile. */
function judge(context: Context, live: LiveState, before: Required): void {
  const strange = [...strangers(context, live)]
  const persistent = strange.filter((each) => context.strange.has(each))
  context.strange = new Set(strange)
  const breaches = [...lostRoutes(live, before, context.ledger.required()), ...persistent]
  for (const breach of breaches) if (!context.breached.has(breach)) context.onBreach(breach)
  context.breached.clear()
  for (const breach of breaches) context.breached.add(breach)
}

function* lostRoutes(live: LiveState, before: Required, after: Required): Iterable<string> {
  for (const [route, addresses] of before) {
    const still = after.get(route)
    if (still === undefined || live.moving.has(route)) continue
    const backend = live.routes.get(route)
    if (backend === undefined) {
      yield `route ${route} is gone`
      continue
    }
    const ready = [...(live.backends.get(backend) ?? [])].filter(
      ([, { admin, isUp }]) => admin === 'ready' && isUp,
    )
    if (ready.length === 0) yield `route ${route} leads to ${backend}, which has no ready server`
    else if (!ready.some(([, { address }]) => addresses.has(address) && still.has(address)))
      yield `route ${route} leads to ${backend}, which has none of ${[...addresses].join(', ')} ready`
  }
}

function* strangers({ ledger }: Context, live: LiveState): Iterable<string> {
  for (const [route, backend] of live.routes) {
    if (live.moving.has(route)) continue
    const claimed = ledger.everClaimed(route)
    for (const [name, { admin }] of live.backends.get(backend) ?? []) {
      const service = name.split('.')[0] ?? ''
      if (admin === 'ready' && !claimed.has(service)) yield `route ${route} leads to ${name} in ${backend}`
    }
  }
}
