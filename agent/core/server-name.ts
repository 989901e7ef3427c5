// What a server is called: after Swarm's name for the container, and after the keywords on its line where these are
// not the usual ones. So a server with other keywords is another server, and comes and goes like a task.
//
//   shop.1.x8k2      task x8k2 in slot 1 of the service shop; `shop.n1.x8k2` for a global service's on the node n1
//   shop             the virtual IP of the service shop
//   shop.1.x8k2:e3   the same task, taken out after three failures
//
// Neither service names nor ids have a colon (moby, daemon/cluster/convert; SwarmKit, api/naming).

import type { ServerOptions } from './routing.ts'
import type { Service, Task } from './snapshot.ts'

/** The name of the server for a task. */
export function taskServerName({ name }: Pick<Service, 'name'>, task: Task, options: ServerOptions): string {
  return `${name}.${task.slot ?? task.nodeId}.${task.id}${variant(options)}`
}

/** The name of the server for a virtual IP. */
export function vipServerName({ name }: Pick<Service, 'name'>, options: ServerOptions): string {
  return name + variant(options)
}

/** The server's name without what its keywords add. */
export function plainName(server: string): string {
  const end = server.indexOf(':')
  return end < 0 ? server : server.slice(0, end)
}

function variant(options: ServerOptions): string {
  const { isUnchecked, errorLimit, downIntervalMs, checkIntervalMs, tls, proxyProtocol } = options
  const parts = [
    isUnchecked === true ? 'n' : '',
    errorLimit === undefined ? '' : `e${errorLimit}`,
    downIntervalMs === undefined ? '' : `d${downIntervalMs}`,
    checkIntervalMs === undefined ? '' : `i${checkIntervalMs}`,
    tls === undefined ? '' : tls,
    proxyProtocol ?? '',
  ].filter((part) => part !== '')
  return parts.length === 0 ? '' : `:${parts.join('-')}`
}
