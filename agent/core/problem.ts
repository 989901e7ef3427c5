// Expected trouble as a value: why a service, or part of it, is not published.
// Owns the codes. Refuses operating errors (errors.ts): those are thrown, a problem is not.

import { compareText } from './text.ts'

export const problemCodes = [
  'backend-mode-invalid',
  'boolean-invalid',
  'certificate-broken',
  'certificate-expired',
  'certificate-expiring',
  'certificate-missing',
  'certificate-other-names',
  'config-rejected',
  'context-root-invalid',
  'cookie-invalid',
  'default-taken',
  'host-invalid',
  'host-not-allowed',
  'hosts-missing',
  'in-maintenance',
  'label-unknown',
  'labels-differ',
  'network-ambiguous',
  'network-missing',
  'network-not-attached',
  'network-not-shared',
  'option-differs',
  'option-invalid',
  'option-without-effect',
  'passthrough-not-possible',
  'port-invalid',
  'port-missing',
  'redirect-invalid',
  'redirect-taken',
  'service-cluster-invalid',
  'tls-off',
  'too-many-hosts',
  'users-broken',
  'users-missing',
  'vip-missing',
  'vip-not-possible',
  'vip-without-endpoint',
] as const

export type ProblemCode = (typeof problemCodes)[number]

/** One problem of one service. `found` and `expected` are for people; `hint` is the cure. */
export type Problem = {
  readonly code: ProblemCode
  /** `error`: (part of) the service is not published. `warning`: it is, though not as its owner may think. */
  readonly severity: 'error' | 'warning'
  readonly serviceId: string
  readonly service: string
  /** The label at fault, with its prefix. */
  readonly label?: string
  readonly found: string
  readonly expected: string
  readonly hint: string
}

/** Orders problems by service, label and code, so that the same problems always read the same. */
export function compareProblems(a: Problem, b: Problem): number {
  return compareText(
    `${a.service}\0${a.label ?? ''}\0${a.code}\0${a.found}`,
    `${b.service}\0${b.label ?? ''}\0${b.code}\0${b.found}`,
  )
}

/** One line for a log or a terminal. */
export function problemText(problem: Problem): string {
  const label = problem.label === undefined ? '' : ` ${problem.label}`
  return `${problem.service}:${label} ${problem.found}; expected ${problem.expected}. ${problem.hint}`
}
