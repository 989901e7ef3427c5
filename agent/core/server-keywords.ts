// The keywords of a server, in one place for the file and for the socket: `add server` inherits nothing from the file.

import type { Server } from './routing.ts'

/**
 * When a server leaves rotation without waiting for Swarm's word, and when it returns.
 *
 * A connection that fails takes nothing out by itself: it has HAProxy ask the server twice, a second and a half apart. So
 * one that is merely busy stays, one that does not listen for three seconds leaves (as long as a request waits for it), and
 * a lost node, where each asking takes the connect timeout besides, some nine seconds after the first. Out of rotation a
 * server is asked each two seconds; one that serves once a minute, so that ten thousand cost next to nothing.
 *
 * Nothing of this happens before `enable health`; with another `on-error` failed connections would count even then
 * (HAProxy configuration manual, section 5.2, `observe` and `on-error`; check.c, __health_adjust).
 */
export const checkKeywords =
  'inter 60s fastinter 1500ms downinter 2s rise 1 fall 2 observe layer4 error-limit 1 on-error fastinter'

/**
 * By what a server's place in a consistent hash is decided: so that each edge, and the same one after a reload, sends a
 * client to the same task (configuration manual, section 5.2, `hash-key`). It says nothing where requests take turns.
 */
export const hashKeywords = 'hash-key addr-port'

type Line = Pick<Server, 'weight' | 'poolMaxConn'> & { readonly isChecked?: boolean }

/** What stands behind a server's address on its line of the configuration, but for its state. */
export function serverKeywords({ weight, poolMaxConn, isChecked }: Line): string {
  const pool = poolMaxConn === undefined ? '' : ` pool-max-conn ${poolMaxConn}`
  return `weight ${weight}${pool}${isChecked === true ? ' check' : ''}`
}

/** What stands behind a server's address in the command that adds it. */
export function addedServerKeywords(line: Line): string {
  const checks = line.isChecked === true ? ` ${checkKeywords}` : ''
  return `${serverKeywords(line)} ${hashKeywords}${checks}`
}
