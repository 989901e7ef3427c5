// The columns of the table of `tidegate top`: their titles, widths and cells.
// Owns which of them give way in a narrow terminal. Refuses colours and the rest of the screen (screen.ts).

import { sparkline } from '../../core/sparkline.ts'
import type { TrafficScope } from '../../core/traffic.ts'
import { percentText, shortNumber } from '../figures-text.ts'
import { isServer, type Row, rowText } from './row.ts'
import type { SortColumn } from './sort.ts'

export type Column = {
  readonly title: string
  readonly width: number
  readonly isLeft?: boolean
  /** What it is sorted by, if it can be. */
  readonly sort?: SortColumn
  /** @param series requests a second of the row, oldest first */
  readonly text: (row: Row, series: readonly number[], width: number) => string
}

const nameWidth = { least: 16, most: 48 } as const

const name = (title: string, width: number): Column => ({
  title,
  width,
  isLeft: true,
  sort: 'name',
  text: rowText,
})

const requests: Column = {
  title: 'REQ/S',
  width: 6,
  sort: 'requests',
  text: ({ rates }) => (rates === undefined ? '-' : shortNumber(rates.requests)),
}

const plot = (width: number): Column => ({
  title: 'TREND',
  width,
  isLeft: true,
  text: (_, series, room) => sparkline(series, room),
})

const errors: Column = {
  title: '5XX/S',
  width: 6,
  sort: 'errors',
  text: ({ rates }) => (rates === undefined ? '-' : shortNumber(rates.errors)),
}

const share: Column = {
  title: '5XX',
  width: 6,
  text: ({ rates }) => (rates?.errorShare === undefined ? '-' : percentText(rates.errorShare)),
}

const latency: Column = {
  title: 'RESP',
  width: 8,
  sort: 'latency',
  text: ({ latency: { responseMs } }) => `${shortNumber(responseMs).replace(/\.0$/, '')} ms`,
}

const queue: Column = { title: 'QUEUE', width: 6, sort: 'queue', text: ({ queued }) => `${queued}` }

const sessions: Column = { title: 'SESS', width: 6, sort: 'sessions', text: (row) => `${row.sessions}` }

const retries: Column = {
  title: 'RETR/S',
  width: 6,
  text: ({ rates }) => (rates === undefined ? '-' : shortNumber(rates.retries)),
}

const bytesOut: Column = {
  title: 'OUT B/S',
  width: 7,
  text: ({ rates }) => (rates === undefined ? '-' : shortNumber(rates.bytesOut)),
}

const serversUp: Column = { title: 'UP', width: 4, text: (row) => (isServer(row) ? '' : `${row.serversUp}`) }

const state: Column = { title: 'STATE', width: 8, isLeft: true, text: ({ status }) => status }

const address: Column = {
  title: 'ADDRESS',
  width: 21,
  isLeft: true,
  text: (row) => (isServer(row) ? row.address : ''),
}

/** Those that are always there; then those that come as there is room, the most useful first. */
const needed: readonly Column[] = [requests, errors, latency, sessions]
const extra = {
  hosts: [share, serversUp, queue, plot(20), bytesOut, retries, plot(40)],
  servers: [state, share, queue, plot(20), address, bytesOut, retries],
} as const

/** In the order in which they are shown, from left to right. */
const order = [
  'UP',
  'STATE',
  'REQ/S',
  'TREND',
  '5XX/S',
  '5XX',
  'RETR/S',
  'RESP',
  'QUEUE',
  'SESS',
  'OUT B/S',
  'ADDRESS',
]

/** The columns that a terminal of that width has room for, the name first. */
export function columnsFor(scope: TrafficScope, width: number): readonly Column[] {
  const isHosts = scope === 'backends'
  const chosen = new Map(needed.map((column) => [column.title, column]))
  const room = () => width - [...chosen.values()].reduce((sum, column) => sum + column.width + 1, 0)
  for (const column of isHosts ? extra.hosts : extra.servers) {
    const replaced = chosen.get(column.title)
    const gained = replaced === undefined ? 0 : replaced.width + 1
    if (room() + gained - (column.width + 1) >= nameWidth.least) chosen.set(column.title, column)
  }
  const first = name(isHosts ? 'HOST' : 'SERVER', Math.max(0, Math.min(nameWidth.most, room())))
  return [first, ...order.flatMap((title) => chosen.get(title) ?? [])]
}
