// One HTTP request, as a client of the edge makes it: the host is a header, the address is the edge's.

import { type Agent, type IncomingHttpHeaders, request } from 'node:http'

export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type Ask = {
  readonly port: number
  readonly host: string
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** The client's own address; 127.0.0.1 unless given. */
  readonly from?: string
  /** Absent: a new connection, closed after the answer. */
  readonly agent?: Agent
  readonly timeoutMs?: number
}

/** Asks once; rejects where no whole answer arrives in time. */
export function ask({
  port,
  host,
  path = '/',
  method = 'GET',
  headers,
  body,
  from,
  agent,
  timeoutMs = 5000,
}: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const options = {
      host: '127.0.0.1',
      port,
      path,
      method,
      signal,
      ...(from === undefined ? {} : { localAddress: from }),
      headers: { ...headers, host },
      agent: agent ?? false,
    }
    const sent = request(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
