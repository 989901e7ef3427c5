// What `tidegate top` knows and shows, and how readings and keys change it.
// Pure: a state and an event make the next state. Refuses to lay out (screen.ts), and timers and terminals (top.ts).

import { type Flows, flowsBetween } from '../../core/rates.ts'
import { lengthened } from '../../core/sparkline.ts'
import type { Traffic, TrafficScope } from '../../core/traffic.ts'
import type { Key } from './keys.ts'
import { type Row, rowText } from './row.ts'
import { columnOfKey, type SortColumn, sortRows } from './sort.ts'

/** Seconds, or readings, that a sparkline can show. */
export const seriesMax = 60

export type TopState = {
  readonly scope: TrafficScope
  readonly sort: { readonly column: SortColumn; readonly isReversed: boolean }
  readonly filter: string
  /** True while the filter is typed. */
  readonly isTyping: boolean
  /** Name of the row that Enter opens; the first row while undefined or not shown. */
  readonly selected: string | undefined
  /** The host that was left last for its servers, to come back to. */
  readonly left: string | undefined
  /** The last reading of this scope. */
  readonly before: Traffic | undefined
  /** Undefined until HAProxy has answered for this scope. */
  readonly flows: Flows | undefined
  /** Requests a second by row's name, oldest first. */
  readonly series: ReadonlyMap<string, readonly number[]>
  readonly totals: { readonly requests: readonly number[]; readonly errors: readonly number[] }
  /** Why HAProxy does not answer; undefined while it does. */
  readonly trouble: { readonly message: string; readonly hint: string } | undefined
  /** When another worker answered for the first time, by the readings' clock. */
  readonly reloadedAtMs: number | undefined
  readonly isOver: boolean
}

export type TopEvent =
  | { readonly kind: 'reading'; readonly scope: TrafficScope; readonly traffic: Traffic }
  | { readonly kind: 'trouble'; readonly message: string; readonly hint: string }
  | { readonly kind: 'key'; readonly key: Key; readonly pageRows: number }

export const initialState: TopState = {
  scope: 'backends',
  sort: { column: 'requests', isReversed: false },
  filter: '',
  isTyping: false,
  selected: undefined,
  left: undefined,
  before: undefined,
  flows: undefined,
  series: new Map(),
  totals: { requests: [], errors: [] },
  trouble: undefined,
  reloadedAtMs: undefined,
  isOver: false,
}

/** The next state. */
export function reduce(state: TopState, event: TopEvent): TopState {
  switch (event.kind) {
    case 'reading':
      // An answer to what is not asked any more: the view has changed meanwhile.
      return isSameScope(event.scope, state.scope) ? takeReading(state, event.traffic) : state
    case 'trouble': {
      const { message, hint } = event
      return { ...state, trouble: { message, hint }, flows: undefined, before: undefined }
    }
    case 'key':
      return state.isTyping ? typeKey(state, event.key) : pressKey(state, event.key, event.pageRows)
  }
}

function isSameScope(a: TrafficScope, b: TrafficScope): boolean {
  return a === 'backends' || b === 'backends' ? a === b : a.backend === b.backend
}

function takeReading(state: TopState, traffic: Traffic): TopState {
  const flows = flowsBetween(state.before, traffic)
  const series = new Map<string, readonly number[]>()
  for (const { name, rates } of rowsOf(flows, state.scope)) {
    const known = state.series.get(name) ?? []
    series.set(name, rates === undefined ? known : lengthened(known, rates.requests, seriesMax))
  }
  return {
    ...state,
    flows,
    before: traffic,
    series,
    totals: flows.spanMs === undefined ? state.totals : lengthenTotals(state.totals, flows, state.scope),
    trouble: undefined,
    reloadedAtMs: flows.isOtherWorker ? flows.atMs : state.reloadedAtMs,
  }
}

function lengthenTotals(totals: TopState['totals'], flows: Flows, scope: TrafficScope): TopState['totals'] {
  const { requests, errors } = totalRates(flows, scope)
  return {
    requests: lengthened(totals.requests, requests, seriesMax),
    errors: lengthened(totals.errors, errors, seriesMax),
  }
}

/** Requests and errors a second of all frontends; of the backend itself where its servers are shown. */
export function totalRates(
  { frontends, backends }: Flows,
  scope: TrafficScope,
): { readonly requests: number; readonly errors: number } {
  const parts = scope === 'backends' ? frontends : backends
  const sum = (of: 'requests' | 'errors') =>
    parts.reduce((total, { rates }) => total + (rates === undefined ? 0 : rates[of]), 0)
  return { requests: sum('requests'), errors: sum('errors') }
}

function rowsOf({ backends, servers }: Flows, scope: TrafficScope): readonly Row[] {
  return scope === 'backends' ? backends : servers
}

/** The rows that pass the filter, in their order. */
export function shownRows({ flows, scope, filter, sort }: TopState): readonly Row[] {
  if (flows === undefined) return []
  const wanted = filter.toLowerCase()
  const all = rowsOf(flows, scope)
  const rows = wanted === '' ? all : all.filter((row) => rowText(row).toLowerCase().includes(wanted))
  return sortRows(rows, sort.column, sort.isReversed)
}

/** Where the row is that Enter opens. */
export function selectedIndex({ selected }: TopState, rows: readonly Row[]): number {
  return Math.max(
    0,
    rows.findIndex(({ name }) => name === selected),
  )
}

/** Longer than any host. */
const filterMax = 255

function typeKey(state: TopState, key: Key): TopState {
  switch (key) {
    case 'enter':
      return { ...state, isTyping: false }
    case 'escape':
      return { ...state, isTyping: false, filter: '' }
    case 'interrupt':
      return { ...state, isOver: true }
    case 'backspace':
      return state.filter === ''
        ? { ...state, isTyping: false }
        : { ...state, filter: state.filter.slice(0, -1) }
    default:
      if (key.length !== 1 || state.filter.length >= filterMax) return state
      return { ...state, filter: state.filter + key }
  }
}

function pressKey(state: TopState, key: Key, pageRows: number): TopState {
  const column = columnOfKey(key)
  if (column !== undefined) return sortBy(state, column)
  switch (key) {
    case 'q':
    case 'interrupt':
      return { ...state, isOver: true }
    case '/':
      return { ...state, isTyping: true }
    case 'enter':
    case 'right':
      return openHost(state)
    case 'left':
    case 'backspace':
      return closeHost(state)
    case 'escape':
      return state.filter === '' ? closeHost(state) : { ...state, filter: '' }
    case 'up':
    case 'k':
      return move(state, -1)
    case 'down':
    case 'j':
      return move(state, 1)
    case 'page-up':
      return move(state, -pageRows)
    case 'page-down':
      return move(state, pageRows)
    case 'home':
      return move(state, Number.NEGATIVE_INFINITY)
    case 'end':
      return move(state, Number.POSITIVE_INFINITY)
    default:
      return state
  }
}

function sortBy(state: TopState, column: SortColumn): TopState {
  const isReversed = state.sort.column === column && !state.sort.isReversed
  return { ...state, sort: { column, isReversed } }
}

function move(state: TopState, by: number): TopState {
  const rows = shownRows(state)
  const index = Math.min(rows.length - 1, Math.max(0, selectedIndex(state, rows) + by))
  return { ...state, selected: rows[index]?.name }
}

/** What belongs to one view and not to the next. */
const fresh = {
  filter: '',
  before: undefined,
  flows: undefined,
  series: new Map<string, readonly number[]>(),
  totals: { requests: [], errors: [] },
} as const

function openHost(state: TopState): TopState {
  if (state.scope !== 'backends') return state
  const rows = shownRows(state)
  const row = rows[selectedIndex(state, rows)]
  if (row === undefined) return state
  return { ...state, ...fresh, scope: { backend: row.name }, selected: undefined, left: row.name }
}

function closeHost(state: TopState): TopState {
  if (state.scope === 'backends') return state
  return { ...state, ...fresh, scope: 'backends', selected: state.left, left: undefined }
}
