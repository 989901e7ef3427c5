// How many connections the limit on open files leaves room for.
// Owns the arithmetic and the reading of the limit. Refuses to raise it: that is the container's or the unit's affair.

import { readFile } from 'node:fs/promises'

/**
 * The hard limit of open files that this process, and an HAProxy that it starts, may raise its own to.
 * Undefined where there is none, or the kernel does not tell.
 *
 *     Limit                     Soft Limit           Hard Limit           Units
 *     Max open files            1024                 20000                files
 */
export async function readFdLimit(limitsFile = '/proc/self/limits'): Promise<number | undefined> {
  const text = await readFile(limitsFile, 'utf8').catch(() => '')
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(text)?.[1]
  return hard === undefined ? undefined : Number(hard)
}

/** What HAProxy opens beside connections: its own sockets, logs, and some for each thread. */
const fdsBase = 64
const fdsPerThread = 4

/**
 * The highest `maxconn` that HAProxy starts with under a limit of `fdLimit` open files: two for each connection, one
 * to the client and one to the server. Above it the worker ends at its start ("Cannot raise FD limit", `strict-limits`).
 */
export function maxConnectionsFor(
  fdLimit: number,
  use: { readonly listeners: number; readonly threads: number },
): number {
  const own = fdsBase + use.listeners + fdsPerThread * use.threads
  return Math.max(1, Math.floor((fdLimit - own) / 2))
}
