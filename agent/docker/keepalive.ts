// Lets the kernel notice a peer that is gone: keepalive probes and the user timeout of a TCP socket.
// Owns net-keepalive. Refuses unix sockets (their peer is the same kernel) and never fails: it does what the platform can.

import { createRequire } from 'node:module'
import type { Socket } from 'node:net'

export type Keepalive = {
  /** Silence before the first probe. */
  readonly idleMs: number
  /** Between probes. */
  readonly intervalMs: number
  readonly probes: number
  /** How long sent data, probes included, may stay unacknowledged (tcp(7), TCP_USER_TIMEOUT). */
  readonly userTimeoutMs: number
}

/** A silent peer is given up after 4 + 4 * 2 = 12 s: well below the 15 s promised, and below any NAT's or IPVS's idle limit. */
export const remoteKeepalive: Keepalive = {
  idleMs: 4_000,
  intervalMs: 2_000,
  probes: 4,
  userTimeoutMs: 10_000,
}

type Native = typeof import('net-keepalive')

// By require, since loading the native part may throw, and only where a remote engine asks for it.
const require = createRequire(import.meta.url)
let native: Native | 'missing' | undefined

/**
 * Sets a connected TCP socket's keepalive.
 *
 * Returns `full`, or `basic` where net-keepalive does not load or the platform refuses: then Node's own call stands,
 * with libuv's ten probes a second apart.
 */
export function tuneSocket(socket: Socket, keepalive: Keepalive): 'full' | 'basic' {
  // First, because Node sets interval and probes as well, to values of its own.
  socket.setKeepAlive(true, keepalive.idleMs)
  native ??= loadNative()
  if (native === 'missing') return 'basic'
  try {
    native.setKeepAliveInterval(socket, keepalive.intervalMs)
    native.setKeepAliveProbes(socket, keepalive.probes)
    native.setUserTimeout(socket, keepalive.userTimeoutMs)
    return 'full'
  } catch {
    return 'basic'
  }
}

function loadNative(): Native | 'missing' {
  try {
    return require('net-keepalive')
  } catch {
    return 'missing'
  }
}
