// Every action's runtime command, and the only replies that count as success.
// Owns the wording on the wire (HAProxy management guide, section 9.3). Refuses sockets, and any reply it does not know.

import type { Action, ActionKind, ActionOf } from './action.ts'
import { formatAddress } from './address.ts'
import { addedServerKeywords } from './server-keywords.ts'

/** `busy`: HAProxy will do it once the server's last session ends; ask again later. */
export type Verdict = 'done' | 'busy' | 'unexpected'

type Encoder<K extends ActionKind> = {
  readonly command: (action: ActionOf<K>, files: { readonly routesMap: string }) => string
  readonly judge: (reply: string) => Verdict
}

const silent = (reply: string): Verdict => (reply === '' ? 'done' : 'unexpected')
const starts =
  (...accepted: readonly string[]) =>
  (reply: string): Verdict =>
    accepted.some((text) => reply.startsWith(text)) ? 'done' : 'unexpected'

const encoders: { readonly [K in ActionKind]: Encoder<K> } = {
  // Born in maintenance; `default-server` is not inherited, so every keyword stands here (haproxy.cfg.ejs says the same).
  'add-server': {
    command: (a) =>
      `add server ${a.backend}/${a.server} ${formatAddress(a.address, a.port)} ${addedServerKeywords(a)}`,
    judge: starts('New server registered.'),
  },
  'move-server': {
    command: (a) => `set server ${a.backend}/${a.server} addr ${a.address} port ${a.port}`,
    judge: starts('IP changed from', 'port changed from', 'no need to change', 'nothing changed'),
  },
  'weigh-server': { command: (a) => `set server ${a.backend}/${a.server} weight ${a.weight}`, judge: silent },
  // A server that is added has its checks switched off until this.
  'check-server': { command: (a) => `enable health ${a.backend}/${a.server}`, judge: silent },
  'open-server': { command: (a) => `set server ${a.backend}/${a.server} state ready`, judge: silent },
  'add-route': { command: (a, files) => `add map ${files.routesMap} ${a.route} ${a.backend}`, judge: silent },
  'move-route': {
    command: (a, files) => `set map ${files.routesMap} ${a.route} ${a.backend}`,
    judge: silent,
  },
  'remove-route': { command: (a, files) => `del map ${files.routesMap} ${a.route}`, judge: silent },
  'close-server': { command: (a) => `set server ${a.backend}/${a.server} state maint`, judge: silent },
  'end-sessions': { command: (a) => `shutdown sessions server ${a.backend}/${a.server}`, judge: silent },
  'delete-server': {
    command: (a) => `del server ${a.backend}/${a.server}`,
    judge: (reply) => {
      if (reply.startsWith('Server deleted.')) return 'done'
      return reply.startsWith('Server still has connections attached to it') ? 'busy' : 'unexpected'
    },
  },
}

/** The runtime command that carries an action out. `files.routesMap` is the map's path as the configuration writes it. */
export function commandFor(action: Action, files: { readonly routesMap: string }): string {
  return encoder(action).command(action, files)
}

/** What HAProxy's reply to an action's command means. */
export function judgeReply(action: Action, reply: string): Verdict {
  return encoder(action).judge(reply)
}

function encoder<K extends ActionKind>(action: ActionOf<K> & { readonly kind: K }): Encoder<K> {
  return encoders[action.kind]
}
