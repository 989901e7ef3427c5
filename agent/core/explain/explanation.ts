// The answer to "who would serve this, and why not": plain data that goes through JSON unharmed.
// Owns the shape, and the codes of reasons that are not a problem of a service's labels (problem.ts has those).

import type { ProblemCode } from '../problem.ts'
import type { BackendMode } from '../routing.ts'
import type { TaskState } from '../snapshot.ts'

export type Explanation = {
  /** The text that was asked. */
  readonly asked: string
  readonly about: 'request' | 'service' | 'nothing'
  /** True where a request gets a server of a service now; where no HAProxy was looked at: where it would. */
  readonly isServed: boolean
  /** The answer in one sentence. */
  readonly verdict: string
  readonly basis: Basis
  /** What a request is looked up by; absent for a service. */
  readonly request?: { readonly host: string; readonly path: string }
  readonly frontend: { readonly name: string; readonly binds: readonly string[] }
  /** What a client meets that asks for the request's host, or the service's hosts, by TLS; absent where none is spoken. */
  readonly tls?: readonly TlsAnswer[]
  /** Where requests are sent instead of being served; absent: nowhere. */
  readonly redirects?: readonly RedirectAnswer[]
  /** How requests go, step by step: one for a request, one for each backend of a service. */
  readonly ways: readonly Way[]
  /** Why nobody serves, or not as asked, each with its cure; the worst first. */
  readonly reasons: readonly Reason[]
}

/** What happens to a handshake that asks for one of these hosts. */
export type TlsAnswer = {
  /** As labels write them. */
  readonly hosts: readonly string[]
  /** `show`: the edge shows a certificate. `pass`: the connection goes to a task as it is. `refuse`: neither. */
  readonly does: 'show' | 'pass' | 'refuse'
  readonly certificate?: {
    /** Of its file, secret or config. */
    readonly name: string
    readonly names: readonly string[]
    /** RFC 3339 in UTC. */
    readonly notAfter?: string
  }
  /** There is none of the host's own. */
  readonly isDefault?: true
  /** HAProxy does not have it yet. */
  readonly isAwaited?: true
  /** Where connections are passed through to. */
  readonly backend?: string
}

export type RedirectAnswer = { readonly from: string; readonly to: string; readonly status: number }

/** What the answer rests on. */
export type Basis = {
  /** False: no engine was asked, so that only what HAProxy runs is known. */
  readonly swarm: boolean
  /** Present where the engine is in no Swarm, and its containers are published. */
  readonly containers?: true
  /** Absent: no HAProxy was looked at, so that the answer says what it would do. */
  readonly haproxy?: { readonly version: string; readonly pid: number }
}

/** The way of a request through HAProxy. */
export type Way = {
  /** The rules of the route map that lead here. For a request: the one that decides. */
  readonly routes: readonly Rule[]
  /** How many further routes lead here. */
  readonly routesLeftOut: number
  readonly backend: string
  /** Oldest first. */
  readonly services: readonly { readonly name: string; readonly mode: BackendMode }[]
  readonly servers: readonly ServerLine[]
  readonly serversLeftOut: number
  readonly takingRequests: number
}

/** `exact`: this host alone. `wildcard`: each name one level below. `default`: every host that nobody claims. */
export type Rule = {
  readonly kind: 'exact' | 'wildcard' | 'default'
  /** As the label writes it: `shop.local`, `*.example.com`; `*` for the default. */
  readonly host: string
  /** A prefix; empty for every path. */
  readonly path: string
  /** It is not for requests: TLS connections for the host are passed through. */
  readonly isPassedThrough?: true
}

/**
 * - `open`: takes requests
 * - `leaving`: takes requests, and is about to be closed
 * - `down`: HAProxy's health check has taken it out
 * - `held`: kept out of rotation until something accepts connections there
 * - `unproven`: in rotation as the only one, and nothing has accepted a connection there yet
 * - `maint`: out of rotation, as nothing runs there (yet)
 * - `maintenance`: out of rotation, as its service's label says so
 * - `drain`: takes no new sessions
 * - `closing`: leaves when its last session ends
 * - `missing`: HAProxy does not have it (yet)
 */
export type ServerState =
  | 'open'
  | 'leaving'
  | 'down'
  | 'held'
  | 'unproven'
  | 'maint'
  | 'maintenance'
  | 'drain'
  | 'closing'
  | 'missing'

export type ServerLine = {
  readonly name: string
  /** The service's name. */
  readonly service: string
  /** With its port. */
  readonly address: string
  readonly state: ServerState
  /** Absent for a virtual IP, and where no engine was asked. */
  readonly task?: { readonly id: string; readonly state: TaskState; readonly desiredState: TaskState }
  /** The node's name. */
  readonly node?: string
  /** Why it does not take requests. */
  readonly why?: string
}

export const reasonCodes = [
  'answered-by-default',
  'backend-pending',
  'certificate-none',
  'certificate-pending',
  'host-unknown',
  'label-prefix-unknown',
  'node-down',
  'passed-through',
  'path-unmatched',
  'port-not-served',
  'question-unclear',
  'route-leaving',
  'route-narrowed',
  'route-pending',
  'route-shared',
  'server-down',
  'server-drained',
  'server-held-back',
  'server-pending',
  'service-ambiguous',
  'service-is-job',
  'service-not-labelled',
  'service-of-other-cluster',
  'service-unknown',
  'task-unreachable',
  'tasks-ended',
  'tasks-failing',
  'tasks-missing',
  'tasks-pending',
  'tasks-preparing',
  'tasks-starting',
  'tasks-stopping',
  'tls-not-served',
  'word-is-both',
] as const

export type ReasonCode = (typeof reasonCodes)[number] | ProblemCode

/** `error`: it keeps requests from being served as asked. `warning`: it may soon, or in part. `note`: it is good to know. */
export type Severity = 'error' | 'warning' | 'note'

/** Why, and what to do. */
export type Reason = {
  readonly code: ReasonCode
  readonly severity: Severity
  /** The service's name. */
  readonly service?: string
  /** The label at fault, with its prefix. */
  readonly label?: string
  readonly found: string
  readonly expected: string
  readonly cure: string
}
