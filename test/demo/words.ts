// Outcomes, numbers and times in words.
// Pure. Refuses layout and colour (lines.ts).

import { actionText } from '../../agent/cli/plan-text.ts'
import type { Action } from '../../agent/core/action.ts'
import type { Change } from './step.ts'

/** `92 ms`, `2.1 ms`, `1.2 s`. */
export function duration(ms: number): string {
  if (ms >= 995) return `${(ms / 1000).toFixed(1)} s`
  return ms >= 9.95 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`
}

/** `1,204 requests`. */
export function counted(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`
}

/** What has changed, and what it cost; `version` is HAProxy's. */
export function changeWords(
  { outcome }: Change,
  version: string,
): { readonly what: string; readonly cost: string } {
  const took = duration(outcome.durationMs)
  switch (outcome.kind) {
    case 'start':
      return {
        what: `HAProxy ${version} with ${counted(outcome.backends, 'backend')} and ${counted(outcome.servers, 'server')}`,
        cost: `in ${took}`,
      }
    case 'adopt':
      return { what: 'took over the running HAProxy as it is', cost: `in ${took}` }
    case 'reload':
      return { what: outcome.reasons.map((reason) => reason.text).join('; '), cost: `in ${took}` }
    case 'live':
      return {
        what: actionWords(outcome.actions),
        cost: `${counted(outcome.actions.length, 'action')} in ${took}`,
      }
  }
}

function actionWords(actions: readonly Action[]): string {
  const opened = serversOf(actions, 'open-server')
  const added = serversOf(actions, 'add-server')
  const closed = serversOf(actions, 'close-server')
  const deleted = serversOf(actions, 'delete-server')
  const others = actions.filter((action) => !told.has(action.kind)).map(actionText)
  return [
    phrase('replaced', without(opened, without(opened, closed))),
    phrase('closed', without(closed, opened)),
    phrase('added', without(added, opened)),
    phrase('opened', without(opened, closed)),
    phrase('deleted', without(deleted, closed)),
    few(others),
  ]
    .filter((text) => text !== '')
    .join('; ')
}

const told = new Set<Action['kind']>(['add-server', 'open-server', 'close-server', 'delete-server'])

function serversOf(actions: readonly Action[], kind: Action['kind']): readonly string[] {
  return actions
    .flatMap((action) => ('server' in action && action.kind === kind ? [slotOf(action.server)] : []))
    .sort(bySlot.compare)
}

/** `shop.9` before `shop.10`. */
const bySlot = new Intl.Collator('en', { numeric: true })

/** `shop.2.6c4rofpqis9tb9tya23276xby` to `shop.2`, which a task and its successor share. */
function slotOf(server: string): string {
  const [service = '', slot] = server.split('.')
  return slot === undefined ? `${service} (its virtual IP)` : `${service}.${slot}`
}

function without(names: readonly string[], others: readonly string[]): readonly string[] {
  return names.filter((name) => !others.includes(name))
}

function phrase(verb: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${verb} ${few(names)}`
}

/** The first few, and how many more there are. */
function few(texts: readonly string[]): string {
  const most = 6
  const rest = texts.length - most
  return rest > 0 ? `${texts.slice(0, most).join(', ')} and ${rest} more` : texts.join(', ')
}
