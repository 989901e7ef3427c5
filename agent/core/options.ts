// The options of a service, and those of a backend that several services share.
// Refuses the reading of labels (labels/), and how an option reads in HAProxy's file (view.ts).

import { type OptionValues, optionRows } from './labels/option-rows.ts'
import { labelProblem } from './labels/read.ts'
import type { Problem } from './problem.ts'
import type { BackendMode, BackendOptions, BackendService } from './routing.ts'
import type { Service } from './snapshot.ts'
import { quote } from './text.ts'

/** What a service asks for: the options that its labels set. */
export type Options = { readonly [K in keyof OptionValues]?: NonNullable<OptionValues[K]> }

type OptionKey = keyof Options

const keys = Object.keys(optionRows).filter(isOptionKey)

function isOptionKey(key: string): key is OptionKey {
  return key in optionRows
}

/** What cannot work where a virtual IP stands between: the choice of the task is the kernel's. */
const ofTasks: readonly OptionKey[] = ['stickySessionCookie', 'ipHash']

/** The options that a service's labels set, as far as its mode allows them. */
export function optionsOf(
  service: Service,
  values: OptionValues,
  mode: BackendMode,
): { readonly options: Options; readonly problems: readonly Problem[] } {
  const barred = mode === 'vip' ? ofTasks.filter((key) => isSet(values[key])) : []
  const kept = keys.filter((key) => isSet(values[key]) && !barred.includes(key))
  return { options: pick(values, kept), problems: barred.map((key) => notWithVip(service, key)) }
}

/** `false` is what holds without the label. */
const isSet = (value: unknown) => value !== undefined && value !== false

function pick(values: OptionValues, wanted: readonly OptionKey[]): Options {
  return Object.fromEntries(wanted.map((key) => [key, values[key]]))
}

function notWithVip(service: Service, key: OptionKey): Problem {
  const { label } = optionRows[key]
  return {
    ...labelProblem(service, label, 'vip-not-possible', {
      found: `${quote(service.labels[label] ?? '')} on a service in vip mode`,
      expected: 'task mode',
      hint: 'Behind a virtual IP the kernel chooses the task. Remove this label, or com.docker.lb.backend_mode.',
    }),
    severity: 'warning',
  }
}

/** The part of a claim that options are about. */
type Asking = {
  readonly service: BackendService
  readonly options: Options
  readonly labels: Service['labels']
}

/** The options of a backend: those of the oldest service that has a share in it. `path` is the prefix of its routes. */
export function backendOptions(oldest: Pick<Asking, 'options'> | undefined, path: string): BackendOptions {
  const { contextRootRewrite, ...options } = oldest?.options ?? {}
  return contextRootRewrite === true && path !== '' ? { ...options, rewrite: path } : options
}

/** What younger services of a route ask for in vain, since the oldest one asks for something else, or for nothing. */
export function differingOptions(oldest: Asking, younger: Asking): readonly Problem[] {
  return keys.flatMap((key) => {
    const [wanted, holds] = [younger.options[key], oldest.options[key]]
    if (!isSet(wanted) || JSON.stringify(wanted) === JSON.stringify(holds)) return []
    const { label } = optionRows[key]
    const older = oldest.labels[label]
    const expected =
      older === undefined
        ? `no such label, as on the older service ${quote(oldest.service.name)}`
        : `${quote(older)}, as on the older service ${quote(oldest.service.name)}`
    const fault = {
      found: quote(younger.labels[label] ?? ''),
      expected,
      hint: 'They share a route, and the options of the older one stand. Set the label alike on both.',
    }
    return { ...labelProblem(younger.service, label, 'option-differs', fault), severity: 'warning' as const }
  })
}
