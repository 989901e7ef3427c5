// One change that HAProxy takes without a reload, as data.
// Owns the union and the order in which kinds are carried out. Refuses command text (commands.ts).

import type { Certificate, ServerOptions } from './routing.ts'
import { compareText } from './text.ts'

export type ServerRef = { readonly backend: string; readonly server: string }

/** Fields are final values, never deltas, so that an action reads the same in a log, a test and a replay. */
export type Action =
  | ({
      readonly kind: 'add-server'
      readonly address: string
      readonly port: number
      readonly weight: number
      readonly poolMaxConn?: number
      readonly isChecked?: true
      readonly options?: ServerOptions
    } & ServerRef)
  | ({ readonly kind: 'move-server'; readonly address: string; readonly port: number } & ServerRef)
  | ({ readonly kind: 'weigh-server'; readonly weight: number } & ServerRef)
  | ({ readonly kind: 'check-server' } & ServerRef)
  | ({ readonly kind: 'open-server' } & ServerRef)
  | { readonly kind: 'add-route'; readonly route: string; readonly backend: string }
  | { readonly kind: 'move-route'; readonly route: string; readonly backend: string }
  | { readonly kind: 'remove-route'; readonly route: string; readonly backend: string }
  | ({ readonly kind: 'add-certificate' } & Certificate)
  | { readonly kind: 'remove-certificate'; readonly file: string }
  | { readonly kind: 'add-redirect'; readonly source: string; readonly target: string }
  | { readonly kind: 'turn-redirect'; readonly source: string; readonly target: string }
  | { readonly kind: 'remove-redirect'; readonly source: string }
  | ({ readonly kind: 'close-server' } & ServerRef)
  | ({ readonly kind: 'end-sessions' } & ServerRef)
  | ({ readonly kind: 'delete-server' } & ServerRef)

export type ActionKind = Action['kind']
export type ActionOf<K extends ActionKind> = Extract<Action, { readonly kind: K }>

/**
 * What comes in is opened before what goes out is closed, so that a backend with a running task always has a server;
 * routes move in between, when their new servers stand and their old ones still do. A host has its new certificate before
 * the old one goes.
 */
const order: { readonly [K in ActionKind]: number } = {
  'add-server': 0,
  'move-server': 1,
  'weigh-server': 2,
  'check-server': 3,
  'open-server': 4,
  'add-certificate': 5,
  'add-route': 6,
  'move-route': 7,
  'remove-route': 8,
  'add-redirect': 9,
  'turn-redirect': 10,
  'remove-redirect': 11,
  'remove-certificate': 12,
  'close-server': 13,
  'end-sessions': 14,
  'delete-server': 15,
}

/** Sorts actions into the order in which they are carried out; within a kind, by backend and server or route. */
export function inOrder(actions: readonly Action[]): readonly Action[] {
  return actions.toSorted((a, b) => order[a.kind] - order[b.kind] || compareText(subject(a), subject(b)))
}

/** What an action is about: `backend/server`, the route's key, the certificate's file, or what is redirected. */
export function subject(action: Action): string {
  if ('server' in action) return `${action.backend}/${action.server}`
  if ('route' in action) return action.route
  return 'file' in action ? action.file : action.source
}
