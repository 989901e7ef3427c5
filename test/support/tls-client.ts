// What a client of the edge sees of its TLS: the certificate, the protocol, or that it is refused.
// Owns one handshake and one request. Refuses trust: certificates of tests are signed by themselves.

import { connect as connectHttp2 } from 'node:http2'
import { request } from 'node:https'
import { connect } from 'node:tls'
import type { Answer } from './client.ts'

export type Handshake =
  | {
      readonly kind: 'shown'
      readonly commonName: string
      readonly fingerprint: string
      readonly protocol: string
    }
  | { readonly kind: 'refused'; readonly code: string }

/** Shakes hands once; without a server name where `host` is undefined. */
export function shakeHands(port: number, host: string | undefined, timeoutMs = 3000): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      ...(host === undefined ? {} : { servername: host }),
    })
    const end = (handshake: Handshake) => {
      socket.destroy()
      resolve(handshake)
    }
    socket.setTimeout(timeoutMs, () => {
      socket.destroy()
      reject(new Error(`no handshake with ${host ?? 'no name'} in ${timeoutMs} ms`))
    })
    socket.once('secureConnect', () => {
      const { subject, fingerprint256 } = socket.getPeerCertificate()
      const protocol = socket.getProtocol() ?? ''
      const commonName = [subject.CN].flat()[0] ?? ''
      end({ kind: 'shown', commonName, fingerprint: fingerprint256, protocol })
    })
    socket.once('error', (error: Error & { readonly code?: string }) =>
      end({ kind: 'refused', code: error.code ?? error.message }),
    )
  })
}

/** One request over TLS on a connection of its own. */
export function askTls(
  given: {
    readonly port: number
    readonly host: string
    readonly path?: string
    readonly headers?: Record<string, string>
    /** The client's own address; 127.0.0.1 unless given. */
    readonly from?: string
  },
  timeoutMs = 5000,
): Promise<Answer> {
  const { port, host, path = '/', headers = {}, from } = given
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      servername: host,
      rejectUnauthorized: false,
      agent: false,
      ...(from === undefined ? {} : { localAddress: from }),
      signal: AbortSignal.timeout(timeoutMs),
      headers: { ...headers, host },
    }
    const sent = request(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      )
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** The status of one request over HTTP/2. */
export function askHttp2(port: number, host: string, path = '/', timeoutMs = 5000): Promise<number> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`https://${host}:${port}`, {
      rejectUnauthorized: false,
      servername: host,
      host: '127.0.0.1',
    })
    session.setTimeout(timeoutMs, () => session.destroy(new Error('no answer over HTTP/2 in time')))
    session.once('error', reject)
    const stream = session.request({ ':path': path, ':authority': host })
    stream.once('response', (headers) => {
      resolve(headers[':status'] ?? 0)
      session.close()
    })
    stream.once('error', reject)
    stream.resume()
    stream.end()
  })
}
