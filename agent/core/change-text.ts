// What a list of actions means, in one sentence for a person on call: "shop: task 3 stops, task 7 runs".
// Pure. Refuses commands (commands.ts) and single actions in full (cli/plan-text.ts).

import type { Action } from './action.ts'
import { plainName } from './server-name.ts'
import { compareText } from './text.ts'

/** How many services, tasks of one kind and routes are named; the rest is counted. */
const named = { services: 3, tasks: 4, routes: 3, hosts: 3 } as const

/**
 * What befalls a server, from what matters most to what matters least. `one` and `more` follow tasks, `vip` a virtual IP.
 * One that closes as another one of the same task opens is neither: its labels ask for other keywords.
 */
const fates = [
  { kinds: ['replaced'], one: 'has other options', more: 'have other options', vip: 'has other options' },
  { kinds: ['close-server'], one: 'stops', more: 'stop', vip: 'closes' },
  { kinds: ['open-server'], one: 'runs', more: 'run', vip: 'opens' },
  { kinds: ['add-server'], one: 'is on its way', more: 'are on their way', vip: 'is prepared' },
  { kinds: ['end-sessions'], one: 'is cut off', more: 'are cut off', vip: 'is cut off' },
  { kinds: ['delete-server'], one: 'is gone', more: 'are gone', vip: 'is gone' },
  { kinds: ['move-server'], one: 'moves', more: 'move', vip: 'moves' },
  { kinds: ['weigh-server'], one: 'is weighed anew', more: 'are weighed anew', vip: 'is weighed anew' },
  { kinds: ['check-server'], one: 'is checked', more: 'are checked', vip: 'is checked' },
] as const

type Fate = (typeof fates)[number]

/** Who a server stands for, by its name: `service.slot.taskid`, `service.nodeid.taskid`, or the service itself. */
type Subject = { readonly service: string; readonly task: string | undefined }

/** The sentence for a change; empty for no actions. */
export function changeText(actions: readonly Action[]): string {
  return [...serverTexts(actions), ...routeTexts(actions), ...hostTexts(actions)].join('; ')
}

function serverTexts(actions: readonly Action[]): readonly string[] {
  const services = new Map<string, Map<Fate, Set<string | undefined>>>()
  for (const [server, kinds] of kindsByServer(actions)) {
    const fate = fates.find((each) => each.kinds.some((kind) => kinds.has(kind)))
    if (fate === undefined) continue
    const { service, task } = subjectOf(server)
    const byFate = services.get(service) ?? new Map<Fate, Set<string | undefined>>()
    services.set(service, byFate)
    byFate.set(fate, (byFate.get(fate) ?? new Set()).add(task))
  }
  const sorted = [...services].sort(([a], [b]) => compareText(a, b))
  const texts = sorted.slice(0, named.services).map(([service, byFate]) => `${service}: ${fateTexts(byFate)}`)
  const rest = sorted.length - named.services
  return rest > 0 ? [...texts, `${rest} more ${rest === 1 ? 'service' : 'services'}`] : texts
}

/** A server that several backends hold is told of once, and so are servers of the same task. */
function kindsByServer(actions: readonly Action[]): ReadonlyMap<string, ReadonlySet<string>> {
  const servers = new Map<string, Set<string>>()
  const opened = new Map<string, string>()
  for (const action of actions) {
    if (!('server' in action)) continue
    const name = plainName(action.server)
    const kinds = servers.get(name) ?? new Set()
    servers.set(name, kinds.add(action.kind))
    if (action.kind === 'open-server') opened.set(name, action.server)
    // Actions are in order: what opens comes before what closes.
    if (action.kind === 'close-server' && (opened.get(name) ?? action.server) !== action.server)
      kinds.add('replaced')
  }
  return servers
}

function subjectOf(server: string): Subject {
  const parts = server.split('.')
  if (parts.length < 3) return { service: server, task: undefined }
  const place = parts.at(-2) ?? ''
  const task = /^\d+$/.test(place) ? place : `on node ${place}`
  return { service: parts.slice(0, -2).join('.'), task }
}

function fateTexts(byFate: ReadonlyMap<Fate, ReadonlySet<string | undefined>>): string {
  return fates
    .flatMap((fate) => {
      const tasks = [...(byFate.get(fate) ?? [])]
      const own = tasks.includes(undefined) ? [`its virtual IP ${fate.vip}`] : []
      const theirs = tasks.filter((task) => task !== undefined)
      return theirs.length === 0 ? own : [...own, tasksText(theirs, fate)]
    })
    .join(', ')
}

function tasksText(tasks: readonly string[], fate: Fate): string {
  if (tasks.length === 1) return `task ${tasks[0]} ${fate.one}`
  if (tasks.length > named.tasks) return `${tasks.length} tasks ${fate.more}`
  const sorted = tasks.toSorted((a, b) => Number(a) - Number(b) || compareText(a, b))
  return `tasks ${sorted.slice(0, -1).join(', ')} and ${sorted.at(-1)} ${fate.more}`
}

/** What befalls whole hosts: their certificates, and where they are sent. */
function hostTexts(actions: readonly Action[]): readonly string[] {
  const texts = actions.flatMap((action) => {
    if (action.kind === 'add-certificate') return [`a certificate for ${hostsText(action.hosts)}`]
    if (action.kind === 'add-redirect' || action.kind === 'turn-redirect')
      return [`${action.source} is sent to ${action.target}`]
    return action.kind === 'remove-redirect' ? [`${action.source} is sent nowhere else`] : []
  })
  const gone = actions.filter(({ kind }) => kind === 'remove-certificate').length
  const all =
    gone === 0 ? texts : [...texts, gone === 1 ? 'a certificate is gone' : `${gone} certificates are gone`]
  const rest = all.length - named.hosts
  return rest > 0 ? [...all.slice(0, named.hosts), `${rest} more`] : all
}

function hostsText(hosts: readonly string[]): string {
  const rest = hosts.length - named.hosts
  return rest > 0 ? `${hosts.slice(0, named.hosts).join(', ')} and ${rest} more` : hosts.join(', ')
}

function routeTexts(actions: readonly Action[]): readonly string[] {
  const texts = actions.flatMap((action) => {
    if (action.kind === 'add-route') return [`route ${action.route} leads to ${action.backend}`]
    if (action.kind === 'move-route') return [`route ${action.route} moves to ${action.backend}`]
    return action.kind === 'remove-route' ? [`route ${action.route} is gone`] : []
  })
  const rest = texts.length - named.routes
  return rest > 0
    ? [...texts.slice(0, named.routes), `${rest} more ${rest === 1 ? 'route' : 'routes'}`]
    : texts
}
