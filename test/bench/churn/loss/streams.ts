// What is held open through an edge: websockets, and downloads that take their time. What is cut is opened again.
// Owns those connections and who served them. Refuses to judge a cut: that takes Swarm's side of it.

import { setMaxListeners } from 'node:events'
import { type IncomingMessage, request, type ClientRequest as Sent } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { Cut } from '../ledger.ts'

export type Streams = {
  readonly isOpen: () => number
  readonly done: () => number
  readonly cuts: readonly Cut[]
  readonly stop: () => Promise<void>
}

export type StreamOptions = {
  readonly port: number
  readonly host: string
  readonly count: number
  /** One could not be opened. */
  readonly onRefused: (what: string) => void
}

type How = 'done' | 'cut' | { readonly refused: string }
type Open = (options: StreamOptions, isUp: (address: string) => void, signal: AbortSignal) => Promise<How>

const againMs = 100
const openTimeoutMs = 5000
const beatMs = 500

/** Websockets that say something twice a second. */
export function holdWebsockets(options: StreamOptions): Streams {
  return hold(options, openWebsocket)
}

/** Downloads of 100 KiB in ten seconds. */
export function holdDownloads(options: StreamOptions): Streams {
  return hold(options, download)
}

function hold(options: StreamOptions, open: Open): Streams {
  const stop = new AbortController()
  // Each of them listens for the end.
  setMaxListeners(0, stop.signal)
  const cuts: Cut[] = []
  let isOpen = 0
  let done = 0
  const run = async () => {
    while (!stop.signal.aborted) {
      let up: { readonly address: string; readonly openedMs: number } | undefined
      const isUp = (address: string) => {
        up = { address, openedMs: Date.now() }
        isOpen += 1
      }
      const how = await open(options, isUp, stop.signal)
      if (up !== undefined) isOpen -= 1
      if (stop.signal.aborted) return
      if (how === 'done') done += 1
      else if (how === 'cut' && up !== undefined) cuts.push({ ...up, atMs: Date.now() })
      else if (how !== 'cut') options.onRefused(how.refused)
      if (how !== 'done') await wait(againMs)
    }
  }
  const running = Array.from({ length: options.count }, run)
  return {
    isOpen: () => isOpen,
    done: () => done,
    cuts,
    stop: async () => {
      stop.abort()
      await Promise.all(running)
    },
  }
}

function addressOf({ headers }: IncomingMessage): string {
  return String(headers['x-upstream-addr'] ?? '').split(':')[0] ?? ''
}

/** Destroys the request when the stream is to end, or has not opened in time. */
function guard(sent: Sent, signal: AbortSignal): { readonly opened: () => void; readonly over: () => void } {
  const end = () => sent.destroy()
  const late = setTimeout(end, openTimeoutMs)
  signal.addEventListener('abort', end)
  if (signal.aborted) end()
  return {
    opened: () => clearTimeout(late),
    over: () => {
      clearTimeout(late)
      signal.removeEventListener('abort', end)
    },
  }
}

const openWebsocket: Open = ({ port, host }, isUp, signal) =>
  new Promise((resolve) => {
    const headers = {
      host,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    }
    const sent = request({ host: '127.0.0.1', port, path: '/ws', headers, agent: false })
    const guarded = guard(sent, signal)
    const end = (how: How) => {
      guarded.over()
      resolve(how)
    }
    sent.once('upgrade', (response: IncomingMessage, socket: Duplex) => {
      guarded.opened()
      isUp(addressOf(response))
      const beat = setInterval(() => socket.write('beat'), beatMs)
      const close = () => socket.destroy()
      signal.addEventListener('abort', close)
      socket.on('error', () => undefined)
      socket.on('end', close)
      socket.once('close', () => {
        clearInterval(beat)
        signal.removeEventListener('abort', close)
        end('cut')
      })
      socket.resume()
    })
    sent.once('response', (response) => {
      response.resume()
      end({ refused: `websocket ${response.statusCode}` })
    })
    sent.once('error', (error) => end({ refused: `websocket ${error.message}` }))
    sent.end()
  })

const chunks = 100
const downloadPath = `/stream?ms=10000&chunks=${chunks}`

const download: Open = ({ port, host }, isUp, signal) =>
  new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', port, path: downloadPath, headers: { host }, agent: false })
    const guarded = guard(sent, signal)
    const end = (how: How) => {
      guarded.over()
      resolve(how)
    }
    sent.once('response', (response) => {
      guarded.opened()
      if (response.statusCode !== 200) {
        response.resume()
        end({ refused: `download ${response.statusCode}` })
        return
      }
      isUp(addressOf(response))
      response.resume()
      response.on('error', () => undefined)
      response.once('close', () => end(response.complete ? 'done' : 'cut'))
    })
    sent.on('error', (error) => end({ refused: `download ${error.message}` }))
    sent.end()
  })
