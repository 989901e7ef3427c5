// The options of a service, and those of a backend that several services share.
// Refuses the reading of labels (labels/), and how an option reads in HAProxy's file (option-view.ts).

import { type HeaderValues, headerFamilies } from './labels/header-families.ts'
import type { Header } from './labels/header-values.ts'
import { type OptionValues, optionRows } from './labels/option-rows.ts'
import { labelProblem } from './labels/read.ts'
import type { Problem } from './problem.ts'
import type { BackendMode, BackendOptions, BackendService, BackendUsers } from './routing.ts'
import { notWithPassthrough, notWithVip } from './server-options.ts'
import type { Service } from './snapshot.ts'
import { listText, quote } from './text.ts'

type Values = OptionValues & HeaderValues

/** What a service asks for: the options that its labels set. */
export type Options = { readonly [K in keyof Values]?: NonNullable<Values[K]> }

type OptionKey = keyof OptionValues

const keys = Object.keys(optionRows).filter(isOptionKey)
const headerKeys = ['requestHeaders', 'responseHeaders'] as const

function isOptionKey(key: string): key is OptionKey {
  return key in optionRows
}

/** What cannot work where a virtual IP stands between: the choice of the task is the kernel's, and so are no checks. */
const ofTasks: readonly OptionKey[] = [
  'stickySessionCookie',
  'ipHash',
  'balance',
  'healthCheckPath',
  'healthCheckStatus',
  'healthCheckHost',
]

/** What can be done with connections that are passed through as they are. */
const ofConnections: readonly OptionKey[] = [
  'ipHash',
  'balance',
  'timeoutConnect',
  'timeoutServer',
  'timeoutQueue',
  'timeoutTunnel',
  'allow',
  'deny',
]

/** Each of the keys decides alone: the first one that is there. */
const deciding: readonly OptionKey[] = ['stickySessionCookie', 'ipHash', 'balance']

/** Each key has a meaning only beside the other. */
const dependent: readonly (readonly [OptionKey, OptionKey])[] = [
  ['healthCheckStatus', 'healthCheckPath'],
  ['healthCheckHost', 'healthCheckPath'],
]

/** The options that a service's labels set, as far as its mode, each other, and what HAProxy gets to see allow them. */
export function optionsOf(
  service: Service,
  values: Values,
  { mode, isPassthrough }: { readonly mode: BackendMode; readonly isPassthrough: boolean },
): { readonly options: Options; readonly problems: readonly Problem[] } {
  const set = keys.filter((key) => isSet(values[key]))
  const barred = mode === 'vip' ? set.filter((key) => ofTasks.includes(key)) : []
  const isSeen = (key: OptionKey) => ofConnections.includes(key) && values[key] !== 'uri'
  const unseen = isPassthrough ? set.filter((key) => !isSeen(key)) : []
  const possible = set.filter((key) => !barred.includes(key) && !unseen.includes(key))
  const [decider, ...overruled] = deciding.filter((key) => possible.includes(key))
  const idle = dependent.filter(([key, other]) => possible.includes(key) && !possible.includes(other))
  const setHeaders = headerKeys.filter((key) => isSet(values[key]))
  const lost = [...overruled, ...idle.map(([key]) => key)]
  const kept = [...possible.filter((key) => !lost.includes(key)), ...setHeaders.filter(() => !isPassthrough)]
  return {
    options: Object.fromEntries(kept.map((key) => [key, values[key]])),
    problems: [
      ...barred.map((key) => notWithVip(service, optionRows[key].label)),
      ...unseen.map((key) => {
        const problem = notWithPassthrough(service, optionRows[key].label)
        // Then it is not published at all.
        return key === 'basicAuth' ? { ...problem, severity: 'error' as const } : problem
      }),
      ...(isPassthrough ? setHeaders : []).map((key) => {
        const { label, placeholder } = headerFamilies[key]
        return notWithPassthrough(service, label + placeholder)
      }),
      ...overruled.map((key) =>
        withoutEffect(service, key, `no such label beside ${labelOf(decider)}`, 'remove'),
      ),
      ...idle.map(([key, other]) => withoutEffect(service, key, `${labelOf(other)} beside it`, 'complete')),
    ],
  }
}

const labelOf = (key: OptionKey | undefined) => (key === undefined ? '' : optionRows[key].label)

/** `false` is what holds without the label. */
const isSet = (value: unknown) => value !== undefined && value !== false

function withoutEffect(
  service: Service,
  key: OptionKey,
  expected: string,
  cure: 'remove' | 'complete',
): Problem {
  const { label } = optionRows[key]
  return {
    ...labelProblem(service, label, 'option-without-effect', {
      found: quote(service.labels[label] ?? ''),
      expected,
      hint:
        cure === 'remove'
          ? 'That one decides. Remove one of the two.'
          : 'Add that label, or remove this one.',
    }),
    severity: 'warning',
  }
}

/** The part of a claim that options are about. */
type Asking = {
  readonly service: BackendService
  readonly options: Options
  readonly isPassthrough: boolean
  readonly labels: Service['labels']
}

/** The options of a backend: those of the oldest service that has a share in it. `path` is the prefix of its routes. */
export function backendOptions(
  oldest: Pick<Asking, 'options' | 'isPassthrough'> | undefined,
  path: string,
  users?: BackendUsers,
): BackendOptions {
  const { contextRootRewrite, basicAuth: _, ...asked } = oldest?.options ?? {}
  const options = users === undefined ? asked : { ...asked, users }
  if (oldest?.isPassthrough === true) return { ...options, passthrough: true }
  return contextRootRewrite === true && path !== '' ? { ...options, rewrite: path } : options
}

/** What younger services of a route ask for in vain, since the oldest one asks for something else, or for nothing. */
export function differingOptions(oldest: Asking, younger: Asking): readonly Problem[] {
  const differs = (key: keyof Options) =>
    isSet(younger.options[key]) &&
    JSON.stringify(younger.options[key]) !== JSON.stringify(oldest.options[key])
  const single = keys.filter(differs).map((key) => {
    const { label } = optionRows[key]
    return differing(oldest, younger, label, textOf(oldest.labels[label]), textOf(younger.labels[label]))
  })
  const several = headerKeys.filter(differs).map((key) => {
    const { label, placeholder } = headerFamilies[key]
    return differing(
      oldest,
      younger,
      label + placeholder,
      namesOf(oldest.options[key]),
      namesOf(younger.options[key]),
    )
  })
  return [...single, ...several]
}

const textOf = (text: string | undefined) => (text === undefined ? undefined : quote(text))

function namesOf(headers: readonly Header[] | undefined): string | undefined {
  return headers === undefined
    ? undefined
    : listText(
        headers.map(({ name, value = '' }) => `${name}: ${value}`),
        3,
      )
}

function differing(
  { service }: Asking,
  younger: Asking,
  label: string,
  older: string | undefined,
  found = '',
): Problem {
  const fault = {
    found,
    expected: `${older ?? 'no such label'}, as on the older service ${quote(service.name)}`,
    hint: 'They share a route, and the options of the older one stand. Set the label alike on both.',
  }
  return { ...labelProblem(younger.service, label, 'option-differs', fault), severity: 'warning' }
}
