// What an application speaks below HTTP: TLS, and the PROXY protocol before it, as its environment says.
// Owns the two handshakes. Refuses HTTP (in-process-runtime.ts).
//
// Environment: TLS_PEM (certificate and key: TLS is expected), PROXY_PROTOCOL (`expected`: each connection begins with it).

import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

export type Carried = {
  readonly socket: Socket
  /** The client's address and port, as the PROXY protocol tells them; `local` for a connection of the proxy's own. */
  readonly client?: string
}

const v2Signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

/** Whether anything stands between the connection and HTTP. */
export function isCarried(env: Readonly<Record<string, string>>): boolean {
  return env['TLS_PEM'] !== undefined || env['PROXY_PROTOCOL'] !== undefined
}

/** The socket that HTTP is spoken on. It is destroyed where something else comes than is expected. */
export async function carry(socket: Socket, env: Readonly<Record<string, string>>): Promise<Carried> {
  const { TLS_PEM: pem, PROXY_PROTOCOL: expected } = env
  const client = expected === undefined ? undefined : await readProxyHeader(socket)
  const carrier = pem === undefined ? socket : new TLSSocket(socket, { isServer: true, cert: pem, key: pem })
  carrier.on('error', () => socket.destroy())
  return { socket: carrier, ...(client === undefined ? {} : { client }) }
}

async function readProxyHeader(socket: Socket): Promise<string> {
  let read = Buffer.alloc(0)
  for (;;) {
    const chunk = await nextChunk(socket)
    if (chunk === undefined) return 'gone'
    read = Buffer.concat([read, chunk])
    const header = parseHeader(read)
    if (header === undefined) continue
    if (header === 'none') {
      socket.destroy()
      return 'none'
    }
    socket.unshift(read.subarray(header.length))
    return header.client
  }
}

function nextChunk(socket: Socket): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const done = (chunk: Buffer | undefined) => {
      socket.off('data', done)
      socket.off('close', gone)
      socket.pause()
      resolve(chunk)
    }
    const gone = () => done(undefined)
    socket.on('data', done)
    socket.on('close', gone)
  })
}

type Header = { readonly length: number; readonly client: string }

/** Undefined: more must come. `none`: this is something else (HAProxy, doc/proxy-protocol.txt). */
function parseHeader(read: Buffer): Header | 'none' | undefined {
  if (read.length < v2Signature.length) return undefined
  if (read.subarray(0, 12).equals(v2Signature)) return parseV2(read)
  if (!read.toString('latin1').startsWith('PROXY ')) return 'none'
  const end = read.indexOf('\r\n')
  if (end < 0) return read.length > 107 ? 'none' : undefined
  const [, family, address, , port] = read.toString('latin1', 0, end).split(' ')
  return { length: end + 2, client: family === 'UNKNOWN' ? 'local' : `v1 ${address}:${port}` }
}

function parseV2(read: Buffer): Header | undefined {
  if (read.length < 16) return undefined
  const length = 16 + read.readUInt16BE(14)
  if (read.length < length) return undefined
  const isLocal = (read.readUInt8(12) & 0x0f) === 0
  const isIpv4 = read.readUInt8(13) >> 4 === 1
  if (isLocal || !isIpv4) return { length, client: 'local' }
  return { length, client: `v2 ${[...read.subarray(16, 20)].join('.')}:${read.readUInt16BE(24)}` }
}
