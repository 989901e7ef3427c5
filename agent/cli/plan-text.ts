// A plan in words: what would be done now, and why.
// Pure. Refuses to plan.

import type { Action, ActionKind, ActionOf } from '../core/action.ts'
import { formatAddress } from '../core/address.ts'
import { commandTexts } from '../core/commands.ts'
import type { Worker } from '../core/observed.ts'
import type { Plan } from '../core/plan.ts'
import type { Backend, Routing } from '../core/routing.ts'
import type { LivePaths } from '../core/settings.ts'
import { alignRows, count, type Paint } from './paint.ts'

/** How many actions, reasons or backends a person is shown. */
const itemsMax = 100

const words: { readonly [K in ActionKind]: (action: ActionOf<K>) => string } = {
  'add-server': (a) => `add server ${a.server} to ${a.backend}, at ${formatAddress(a.address, a.port)}`,
  'move-server': (a) => `move server ${a.server} of ${a.backend} to ${formatAddress(a.address, a.port)}`,
  'weigh-server': (a) => `give server ${a.server} of ${a.backend} the weight ${a.weight}`,
  'check-server': (a) => `switch on the health checks of server ${a.server} of ${a.backend}`,
  'open-server': (a) => `open server ${a.server} of ${a.backend}: it takes requests`,
  'add-route': (a) => `add route ${a.route} to ${a.backend}`,
  'move-route': (a) => `move route ${a.route} to ${a.backend}`,
  'remove-route': (a) => `remove route ${a.route} from ${a.backend}`,
  'add-certificate': (a) => `show certificate ${a.file} for ${a.hosts.join(', ')}`,
  'remove-certificate': (a) => `show certificate ${a.file} no longer`,
  'add-redirect': (a) => `send ${a.source} to ${a.target}`,
  'turn-redirect': (a) => `send ${a.source} to ${a.target} instead`,
  'remove-redirect': (a) => `send ${a.source} nowhere else`,
  'close-server': (a) => `close server ${a.server} of ${a.backend}: it takes no new requests`,
  'end-sessions': (a) => `end the sessions of server ${a.server} of ${a.backend}: its time is over`,
  'delete-server': (a) => `delete server ${a.server} of ${a.backend} once it is idle`,
}

/** One action as a person would say it. */
export function actionText(action: Action): string {
  return wordsFor(action)(action)
}

function wordsFor<K extends ActionKind>(
  action: ActionOf<K> & { readonly kind: K },
): (action: ActionOf<K>) => string {
  return words[action.kind]
}

/** A plan against a running HAProxy: its outcome, one line for each reason, and each action with its runtime command. */
export function planLines(plan: Plan, worker: Worker, files: LivePaths, paint: Paint): readonly string[] {
  const against = paint('dim', `against the live HAProxy ${worker.version}, worker ${worker.pid}`)
  if (plan.kind === 'nothing') {
    return [against, `${paint('green', 'nothing')}: HAProxy runs what the services ask for`]
  }
  const actions = actionLines(plan.actions, files, paint)
  const counted = count(plan.actions.length, 'action')
  if (plan.kind === 'live') return [against, `${paint('green', 'live')}: ${counted}`, ...actions]
  const reasons = plan.reasons.map((reason) => `${paint('yellow', 'reload')}: ${reason.text}`)
  const before = actions.length === 0 ? [] : [`${paint('green', 'live')}, before the reload: ${counted}`]
  return [against, ...bounded(reasons, moreText), ...before, ...actions]
}

function actionLines(actions: readonly Action[], files: LivePaths, paint: Paint): readonly string[] {
  const pairs = actions.map((action) => [
    `  ${actionText(action)}`,
    ...commandTexts(action, files).map((text) => paint('dim', `      ${text}`)),
  ])
  return bounded(pairs, (rest) => [moreText(rest)]).flat()
}

/** What a start would bring, with the reason why nothing live is compared. */
export function startLines(routing: Routing, why: string, paint: Paint): readonly string[] {
  const backends = [...routing.backends.values()]
  const sum = (size: (backend: Backend) => number) =>
    backends.reduce((total, backend) => total + size(backend), 0)
  const counts = [
    count(backends.length, 'backend'),
    count(
      sum((backend) => backend.routes.length),
      'route',
    ),
    count(
      sum((backend) => backend.servers.length),
      'server',
    ),
  ]
  const rows = backends.map((backend) => [
    `  ${backend.name}`,
    count(backend.servers.length, 'server'),
    listed(backend.services.map((service) => `${service.name} (${service.mode})`)),
    listed(backend.routes),
  ])
  const table = alignRows(bounded(rows, (rest) => [moreText(rest)]))
  return [paint('dim', why), `${paint('yellow', 'start')}: ${counts.join(', ')}`, ...table]
}

function listed(texts: readonly string[]): string {
  const [first = '', ...others] = texts
  return others.length < 3 ? texts.join(' ') : `${first} and ${others.length} more`
}

function moreText(rest: number): string {
  return `  ... and ${rest} more; --json lists all`
}

function bounded<T>(items: readonly T[], more: (rest: number) => T): readonly T[] {
  return items.length <= itemsMax ? items : [...items.slice(0, itemsMax), more(items.length - itemsMax)]
}

/** A plan against a running HAProxy, for machines. */
export function planData(plan: Plan, worker: Worker, files: LivePaths): object {
  const actions = plan.kind === 'nothing' ? [] : plan.actions
  return {
    kind: plan.kind,
    worker: { pid: worker.pid, version: worker.version, structure: worker.structure },
    reasons: plan.kind === 'reload' ? plan.reasons : [],
    actions: actions.map((action) => ({ ...action, command: commandTexts(action, files).join('; ') })),
  }
}

/** What a start would bring, for machines. */
export function startData(routing: Routing, why: string): object {
  return { kind: 'start', why, backends: [...routing.backends.values()] }
}
