// A client of the admin interface for tests: single answers, and the stream as events.
// Refuses to follow for ever: every wait has a deadline.

import { type IncomingMessage, request } from 'node:http'
import { createInterface } from 'node:readline'
import { eventually } from './eventually.ts'

/** A socket's path, or a port on loopback. */
export type AdminPlace = string | number

export type AdminAnswer = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly json: () => unknown
}

export type Asking = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

function open(
  place: AdminPlace,
  path: string,
  { method = 'GET', headers = {} }: Asking,
  signal: AbortSignal,
) {
  const where = typeof place === 'string' ? { socketPath: place } : { host: '127.0.0.1', port: place }
  return new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ ...where, path, method, headers, signal, agent: false }, resolve)
    sent.on('error', reject)
    sent.end()
  })
}

/** Asks once. */
export async function askAdmin(place: AdminPlace, path: string, asking: Asking = {}): Promise<AdminAnswer> {
  const response = await open(place, path, asking, AbortSignal.timeout(10_000))
  let body = ''
  response.setEncoding('utf8')
  for await (const chunk of response) body += String(chunk)
  const { statusCode = 0, headers } = response
  return { status: statusCode, headers, body, json: () => JSON.parse(body) }
}

export type StreamedEvent = { readonly id: string | undefined; readonly name: string; readonly data: unknown }

export type AdminStream = AsyncDisposable & {
  readonly events: readonly StreamedEvent[]
  /** Waits for an event, among those that have come and those that will. */
  readonly event: (
    name: string,
    isMeant?: (data: Readonly<Record<string, unknown>>) => boolean,
  ) => Promise<StreamedEvent>
  /** True once the other side has ended it in order. */
  readonly isEnded: () => boolean
}

/** Follows the stream until it is disposed of. */
export async function followAdmin(
  place: AdminPlace,
  path: string,
  asking: Asking = {},
): Promise<AdminStream> {
  const stop = new AbortController()
  const response = await open(place, path, asking, stop.signal)
  const events: StreamedEvent[] = []
  let isEnded = false
  let fields = new Map<string, string>()
  response.on('error', () => undefined)
  response.on('end', () => {
    isEnded = true
  })
  createInterface({ input: response })
    .on('line', (line) => {
      const [, field = '', value = ''] = /^([a-z]*): ?(.*)$/.exec(line) ?? []
      if (line !== '') return void fields.set(field, value)
      const name = fields.get('event')
      if (name !== undefined)
        events.push({ id: fields.get('id'), name, data: JSON.parse(fields.get('data') ?? 'null') })
      fields = new Map()
    })
    .on('error', () => undefined)
  return {
    events,
    event: (name, isMeant = () => true) =>
      eventually(() => events.find((each) => each.name === name && isMeant(Object(each.data))), {
        timeoutMs: 15_000,
      }),
    isEnded: () => isEnded,
    [Symbol.asyncDispose]: async () => stop.abort(),
  }
}
