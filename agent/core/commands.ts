// Every action's runtime command, and the only replies that count as success.
// Owns the wording on the wire (HAProxy management guide, section 9.3). Refuses sockets, and any reply it does not know.

import type { Action, ActionKind, ActionOf } from './action.ts'
import { formatAddress } from './address.ts'
import { certificateLine, pathBeside } from './certificate-list.ts'
import { addedServerKeywords } from './server-keywords.ts'
import type { LivePaths } from './settings.ts'

/** `busy`: HAProxy will do it once the server's last session ends; ask again later. */
export type Verdict = 'done' | 'busy' | 'unexpected'

/** One command. A payload follows in lines of its own: a text, or a certificate with its key, which only its executor sees. */
export type Command = {
  readonly line: string
  readonly payload?: string | { readonly certificate: string; readonly key: string }
}

type Encoder<K extends ActionKind> = {
  readonly command: (action: ActionOf<K>, files: LivePaths) => string | readonly Command[]
  readonly judge: (...replies: readonly string[]) => Verdict
}

const silent = (reply = '?'): Verdict => (reply === '' ? 'done' : 'unexpected')
const starts =
  (...accepted: readonly string[]) =>
  (reply = ''): Verdict =>
    accepted.some((text) => reply.startsWith(text)) ? 'done' : 'unexpected'

/** Each reply is what its command is answered with when it is done. */
const each =
  (...verdicts: readonly ((reply: string) => Verdict)[]) =>
  (...replies: readonly string[]): Verdict =>
    verdicts.every((judge, index) => judge(replies[index] ?? '') === 'done') ? 'done' : 'unexpected'

const succeeds = (reply = ''): Verdict => (reply.endsWith('Success!') ? 'done' : 'unexpected')

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
  'add-redirect': {
    command: (a, files) => `add map ${files.redirectsMap} ${a.source} ${a.target}`,
    judge: silent,
  },
  'turn-redirect': {
    command: (a, files) => `set map ${files.redirectsMap} ${a.source} ${a.target}`,
    judge: silent,
  },
  'remove-redirect': { command: (a, files) => `del map ${files.redirectsMap} ${a.source}`, judge: silent },
  // Made, filled and put into the list; a name that is left from a try that broke off is filled anew.
  'add-certificate': {
    command: ({ file, hosts, certificate, key }, files) => {
      const path = pathBeside(file, files)
      return [
        { line: `new ssl cert ${path}` },
        { line: `set ssl cert ${path}`, payload: { certificate, key } },
        { line: `commit ssl cert ${path}` },
        {
          line: `add ssl crt-list ${files.certificatesList ?? ''}`,
          payload: certificateLine(path, hosts),
        },
      ]
    },
    judge: each(
      (reply) =>
        /^(New empty certificate store|Certificate '.*' already exists)/.test(reply) ? 'done' : 'unexpected',
      starts('Transaction created for certificate'),
      succeeds,
      succeeds,
    ),
  },
  'remove-certificate': {
    command: ({ file }, files) => {
      const path = pathBeside(file, files)
      return [
        { line: `del ssl crt-list ${files.certificatesList ?? ''} ${path}` },
        { line: `del ssl cert ${path}` },
      ]
    },
    // What is no longer in the list is shown to nobody: that its memory is still in use for a handshake does no harm.
    judge: each(starts('Entry '), starts('Certificate ', "Can't remove the certificate")),
  },
  'close-server': { command: (a) => `set server ${a.backend}/${a.server} state maint`, judge: silent },
  'end-sessions': { command: (a) => `shutdown sessions server ${a.backend}/${a.server}`, judge: silent },
  'delete-server': {
    command: (a) => `del server ${a.backend}/${a.server}`,
    judge: (reply = '') => {
      if (reply.startsWith('Server deleted.')) return 'done'
      return reply.startsWith('Server still has connections attached to it') ? 'busy' : 'unexpected'
    },
  },
}

/** The runtime commands that carry an action out, in order. `files` are the paths as the configuration writes them. */
export function commandsFor(action: Action, files: LivePaths): readonly Command[] {
  const encoded = encoder(action).command(action, files)
  return typeof encoded === 'string' ? [{ line: encoded }] : encoded
}

/** The same as text for people: never a key. */
export function commandTexts(action: Action, files: LivePaths): readonly string[] {
  return commandsFor(action, files).map(({ line, payload }) => {
    if (payload === undefined) return line
    return typeof payload === 'string' ? `${line} << ${payload}` : `${line} << certificate and key`
  })
}

/** What HAProxy's replies to an action's commands mean, in their order. */
export function judgeReplies(action: Action, replies: readonly string[]): Verdict {
  return encoder(action).judge(...replies)
}

function encoder<K extends ActionKind>(action: ActionOf<K> & { readonly kind: K }): Encoder<K> {
  return encoders[action.kind]
}
