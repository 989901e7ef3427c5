// The keywords of a server, in one place for the file and for the socket: `add server` inherits nothing from the file.

import type { Server } from './routing.ts'

/**
 * A server that cannot be connected to is asked three times, two seconds apart, and then leaves rotation without waiting
 * for Swarm's word; it returns within two seconds of answering. One that serves is asked once a minute only, so that ten
 * thousand cost next to nothing (HAProxy configuration manual, section 5.2, `observe`, `on-error`).
 */
export const checkKeywords =
  'inter 60s fastinter 2s downinter 2s rise 1 fall 3 observe layer4 error-limit 1 on-error fastinter'

/** What stands behind a server's address on its line of the configuration, but for its state. */
export function serverKeywords(server: Pick<Server, 'weight' | 'poolMaxConn' | 'isChecked'>): string {
  const { weight, poolMaxConn, isChecked } = server
  const pool = poolMaxConn === undefined ? '' : ` pool-max-conn ${poolMaxConn}`
  return `weight ${weight}${pool}${isChecked === true ? ' check' : ''}`
}
