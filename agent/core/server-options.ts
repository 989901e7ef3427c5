// What a service's labels ask of its own servers, apart from where these are.
// Refuses the reading of labels (labels/), and how an option reads on a server's line (server-keywords.ts).

import { labelProblem } from './labels/read.ts'
import { type ServerValues, serverRows } from './labels/server-rows.ts'
import type { Problem } from './problem.ts'
import type { BackendMode, ServerOptions } from './routing.ts'
import type { Service } from './snapshot.ts'
import { quote } from './text.ts'

/** What holds for each server of a service. */
export type ServerWish = {
  readonly options: ServerOptions
  readonly weight: number
  readonly isInMaintenance: boolean
}

/** Of a service whose labels say nothing about its servers. */
export const plainWish: ServerWish = { options: {}, weight: 1, isInMaintenance: false }

/** How often a task is asked for its path unless the service says otherwise. */
const pathCheckMs = 5000

/** What of it has no meaning behind a virtual IP, where nothing is checked: one task says nothing about the others. */
const ofTasks = ['maxFails', 'failTimeout', 'healthCheckInterval'] as const

/** What a service's labels ask of its servers, as far as its mode allows it. */
export function serverWishOf(
  service: Service,
  values: ServerValues & { readonly healthCheckPath: string | undefined },
  { mode, isPassthrough }: { readonly mode: BackendMode; readonly isPassthrough: boolean },
): ServerWish & { readonly problems: readonly Problem[] } {
  const { sslBackend, sslBackendTlsVerify, proxyProtocol, weight = 1, maintenance } = values
  const tls = sslBackendTlsVerify === 'required' ? 'tls-verified' : 'tls'
  return {
    options: {
      ...(mode === 'vip' ? {} : checksOf(values)),
      ...(sslBackend === true && !isPassthrough ? { tls } : {}),
      ...(proxyProtocol === undefined ? {} : { proxyProtocol }),
    },
    weight,
    isInMaintenance: maintenance === true,
    problems: [
      ...(mode === 'vip' ? ofTasks.filter((key) => values[key] !== undefined) : []).map((key) =>
        notWithVip(service, serverRows[key].label),
      ),
      ...(sslBackend === true && isPassthrough
        ? [notWithPassthrough(service, serverRows.sslBackend.label)]
        : []),
      ...(sslBackendTlsVerify !== undefined && sslBackend !== true ? [verifiesNothing(service)] : []),
      ...(maintenance === true ? [inMaintenance(service)] : []),
    ],
  }
}

type CheckValues = Pick<ServerValues, (typeof ofTasks)[number]> & {
  readonly healthCheckPath: string | undefined
}

/** With a path to ask for a task is checked whatever `max_fails` says: that is what the path is for. */
function checksOf({
  maxFails,
  failTimeout,
  healthCheckInterval,
  healthCheckPath,
}: CheckValues): ServerOptions {
  const hasPath = healthCheckPath !== undefined
  if (!hasPath && (maxFails === 0 || failTimeout === 0)) return { isUnchecked: true }
  const checkIntervalMs = healthCheckInterval ?? (hasPath ? pathCheckMs : undefined)
  return {
    ...(maxFails === undefined || maxFails === 0 ? {} : { errorLimit: maxFails }),
    ...(failTimeout === undefined || failTimeout === 0 ? {} : { downIntervalMs: failTimeout }),
    ...(checkIntervalMs === undefined ? {} : { checkIntervalMs }),
  }
}

/** A label that has no meaning where a virtual IP stands between. */
export function notWithVip(service: Service, label: string): Problem {
  return {
    ...labelProblem(service, label, 'vip-not-possible', {
      found: `${quote(service.labels[label] ?? '')} on a service in vip mode`,
      expected: 'task mode',
      hint: 'Behind a virtual IP the kernel chooses the task. Remove this label, or com.docker.lb.backend_mode.',
    }),
    severity: 'warning',
  }
}

/** A label about what is in a connection, where the edge does not see that. */
export function notWithPassthrough(service: Service, label: string): Problem {
  return {
    ...labelProblem(service, label, 'passthrough-not-possible', {
      found: `${quote(service.labels[label] ?? '')} on a service with ssl_passthrough`,
      expected: 'connections that end at the edge',
      hint: 'What is in a connection that is passed through the edge does not see. Remove this label, or com.docker.lb.ssl_passthrough.',
    }),
    severity: 'warning',
  }
}

function verifiesNothing(service: Service): Problem {
  const { label } = serverRows.sslBackendTlsVerify
  return {
    ...labelProblem(service, label, 'option-without-effect', {
      found: `${quote(service.labels[label] ?? '')} on a service that is spoken to without TLS`,
      expected: `${serverRows.sslBackend.label}=true beside it`,
      hint: 'Add that label, or remove this one.',
    }),
    severity: 'warning',
  }
}

function inMaintenance(service: Service): Problem {
  const { label } = serverRows.maintenance
  return {
    ...labelProblem(service, label, 'in-maintenance', {
      found: `${quote(service.labels[label] ?? '')}: the service gets no requests`,
      expected: 'no such label once the work is done',
      hint: 'Remove the label, or set it to false.',
    }),
    severity: 'warning',
  }
}
