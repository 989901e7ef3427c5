// Telling what a step has changed.

import type { Outcome } from './ports.ts'
import type { Context } from './state.ts'

type Event =
  | { readonly kind: 'start' | 'adopt' }
  | Pick<Extract<Outcome, { readonly kind: 'live' }>, 'kind' | 'actions'>
  | Pick<Extract<Outcome, { readonly kind: 'reload' }>, 'kind' | 'reasons'>

/** Reports a change that began at `startedMs`, was asked for by a view that came at `viewMs`, and is done now. */
export function reportOutcome(
  context: Context,
  { startedMs, viewMs }: { readonly startedMs: number; readonly viewMs: number | undefined },
  event: Event,
): void {
  const { state, clock, report } = context
  let servers = 0
  for (const backend of state.routing.backends.values()) servers += backend.servers.length
  const atMs = clock.nowMs()
  report.outcome({
    ...event,
    atMs,
    durationMs: atMs - startedMs,
    backends: state.routing.backends.size,
    servers,
    ...(viewMs === undefined ? {} : { sinceViewMs: atMs - viewMs }),
  })
}
