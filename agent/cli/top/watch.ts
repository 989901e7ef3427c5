// `tidegate top` at work: a reading a second, drawn in a terminal or printed.
// Owns when is read and drawn, and the ways out. Refuses what a key does (model.ts) and how it looks (screen.ts).

import { setTimeout as wait } from 'node:timers/promises'
import { AgentError, isAgentError } from '../../core/errors.ts'
import { flowsBetween } from '../../core/rates.ts'
import type { TrafficScope } from '../../core/traffic.ts'
import { type Call, type ExitCode, exitCodes, printLines } from '../commands.ts'
import type { TrafficReader } from '../ports.ts'
import type { Terminal } from '../terminal.ts'
import { parseKeys } from './keys.ts'
import { initialState, reduce, type TopEvent, type TopState } from './model.ts'
import { onceLines, pageRowsOf, screenLines } from './screen.ts'

const intervalMs = 1000

export type TopOptions = { readonly isOnce: boolean }

/**
 * `tidegate top`
 * @throws AgentError `settings-invalid` where there is no terminal to draw on, and what a reading throws with --once or --json
 */
export async function top(call: Call, { isOnce }: TopOptions): Promise<ExitCode> {
  await using reader = call.ports.openTraffic(call.settings)
  if (isOnce || call.isJson) return await print(call, reader, isOnce)
  if (!call.ports.isTerminal.stdout) throw noTerminal
  return await watch(call, reader)
}

const noTerminal = new AgentError('settings-invalid', 'standard output is no terminal', {
  hint: '--once prints one table, --json a reading a second.',
})

/** Readings on standard output, until somebody has had enough. */
async function print(call: Call, reader: TrafficReader, isOnce: boolean): Promise<ExitCode> {
  const { ports, signal, isJson, paint } = call
  let before = await reader.read('backends', signal)
  do {
    await wait(intervalMs, undefined, { signal })
    const now = await reader.read('backends', signal)
    const flows = flowsBetween(before, now)
    before = now
    if (isJson) ports.stdout(`${JSON.stringify(flows)}\n`)
    else printLines(call, onceLines({ ...initialState, flows }, ports.columns ?? 120, paint))
  } while (!isOnce)
  return exitCodes.ok
}

type Watch = {
  readonly call: Call
  readonly reader: TrafficReader
  readonly terminal: Terminal
  /** Aborted when it is over. */
  readonly over: AbortSignal
  state: TopState
  /** Ends the wait for the next second, because another view is asked for. */
  hurry: AbortController
}

async function watch(call: Call, reader: TrafficReader): Promise<ExitCode> {
  const end = new AbortController()
  const over = AbortSignal.any([call.signal, end.signal])
  using terminal = call.ports.openTerminal(() => end.abort())
  const self: Watch = { call, reader, terminal, over, state: initialState, hurry: new AbortController() }
  terminal.onResize(() => draw(self))
  terminal.onInput((text) => {
    for (const key of parseKeys(text))
      dispatch(self, { kind: 'key', key, pageRows: pageRowsOf(terminal.size()) })
    if (self.state.isOver) end.abort()
    else draw(self)
  })
  draw(self)
  while (!over.aborted) await readNext(self)
  // A signal ends it as `q` does: whoever sends one is not told of an error.
  return exitCodes.ok
}

/** One reading, its picture, and the wait for the next second. */
async function readNext(self: Watch): Promise<void> {
  const startedMs = performance.now()
  const { scope } = self.state
  const event = await readEvent(self, scope)
  if (event === undefined) return
  dispatch(self, event)
  draw(self)
  // Another view was asked for meanwhile.
  if (self.state.scope !== scope) return
  const restMs = Math.max(0, intervalMs - (performance.now() - startedMs))
  const signal = AbortSignal.any([self.over, self.hurry.signal])
  await wait(restMs, undefined, { signal }).catch(() => {})
}

/** What came of a reading; undefined where it was broken off. */
async function readEvent({ reader, over }: Watch, scope: TrafficScope): Promise<TopEvent | undefined> {
  try {
    return { kind: 'reading', scope, traffic: await reader.read(scope, over) }
  } catch (error) {
    if (over.aborted) return undefined
    if (!isAgentError(error)) throw error
    return { kind: 'trouble', message: error.message, hint: error.hint }
  }
}

function dispatch(self: Watch, event: TopEvent): void {
  const { scope } = self.state
  self.state = reduce(self.state, event)
  if (self.state.scope === scope) return
  self.hurry.abort()
  self.hurry = new AbortController()
}

function draw({ state, terminal, call }: Watch): void {
  terminal.draw(screenLines(state, terminal.size(), call.paint))
}
