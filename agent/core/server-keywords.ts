// The keywords of a server, in one place for the file and for the socket: `add server` inherits nothing from the file.

import type { Server } from './routing.ts'

/** What stands behind a server's address on its line of the configuration, but for its state. */
export function serverKeywords({ weight, poolMaxConn }: Pick<Server, 'weight' | 'poolMaxConn'>): string {
  return poolMaxConn === undefined ? `weight ${weight}` : `weight ${weight} pool-max-conn ${poolMaxConn}`
}
