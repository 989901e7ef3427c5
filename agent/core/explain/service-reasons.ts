// Why a service is not published, or has nothing to serve with, from its labels to its tasks.
// Refuses HAProxy: what became of servers there is told by server-reasons.ts.

import { labelCure, relabelCure, unlabelCure } from '../cures.ts'
import { hasEdgeLabels, readLabels } from '../labels/read.ts'
import { labelPrefix } from '../labels/row.ts'
import { labelTable } from '../labels/table.ts'
import { isInRotation } from '../servers.ts'
import type { Service, Task } from '../snapshot.ts'
import { quote } from '../text.ts'
import type { Reason, Severity } from './explanation.ts'
import { type Known, taskIdOf } from './facts.ts'
import { fullLabels, mistypedForm, problemReasons } from './problem-reasons.ts'
import { taskReasons } from './task-reasons.ts'

/** Everything that keeps a service from being served, and what is odd about it, the worst first. */
export function serviceReasons(service: Service, known: Known): readonly Reason[] {
  if (!known.isSwarmKnown) return []
  const unaddressed = notForThisEdge(service, known)
  if (unaddressed !== undefined) return unaddressed
  const problems = problemReasons(service, known)
  const isReachable = !problems.some(
    ({ code, severity }) => severity === 'error' && code.startsWith('network'),
  )
  const tasks = [...taskReasons(service, known), ...(isReachable ? unreachableTasks(service, known) : [])]
  return worstFirst([...problems, ...tasks])
}

const severities: readonly Severity[] = ['error', 'warning', 'note']

/** Sorts by severity, and leaves each kind in its order. */
export function worstFirst(reasons: readonly Reason[]): readonly Reason[] {
  return reasons.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
}

function notForThisEdge(service: Service, { settings }: Known): readonly Reason[] | undefined {
  if (service.mode === 'job') return [isJob(service)]
  if (!hasEdgeLabels(service)) return [nearPrefix(service) ?? notLabelled(service)]
  const { values } = readLabels(service)
  const label = labelTable.serviceCluster.label
  const isUnreadable = values.serviceCluster === undefined && service.labels[label] !== undefined
  const cluster = values.serviceCluster ?? ''
  return isUnreadable || cluster === settings.serviceCluster
    ? undefined
    : [otherCluster(service, label, cluster, settings.serviceCluster)]
}

function isJob({ name }: Service): Reason {
  return {
    code: 'service-is-job',
    severity: 'error',
    service: name,
    found: 'it is a job',
    expected: 'a replicated or a global service',
    cure: 'Jobs end, and are never published. Deploy it as a service: --mode replicated',
  }
}

function notLabelled(service: Service): Reason {
  const { name, origin } = service
  return {
    code: 'service-not-labelled',
    severity: 'error',
    service: name,
    found: `it has no label ${labelPrefix}*`,
    expected: `${labelPrefix}hosts and ${labelPrefix}port`,
    cure:
      origin === undefined
        ? `docker service update --label-add ${labelPrefix}hosts=${hostLike(name)} --label-add ${labelPrefix}port=8080 ${name}. In a stack file labels stand under deploy; those beside image are the containers', and publish nothing.`
        : labelCure(service, `${labelPrefix}hosts`, hostLike(name)),
  }
}

function hostLike(name: string): string {
  return `${name.toLowerCase().replaceAll(/[^a-z0-9.-]/g, '-')}.example.com`
}

/** A label of ours but for a slip in its first part, as `com.docker.ib.hosts`. */
function nearPrefix(service: Service): Reason | undefined {
  for (const label of fullLabels) {
    const slip = mistypedForm(label, service)
    if (slip === undefined) continue
    return {
      code: 'label-prefix-unknown',
      severity: 'error',
      service: service.name,
      label: quote(slip).slice(1, -1),
      found: 'a label that means nothing to an edge',
      expected: label,
      cure: `Did you mean ${label}? Every label of Tidegate's begins with ${labelPrefix}`,
    }
  }
  return undefined
}

function otherCluster(service: Service, label: string, found: string, own: string): Reason {
  const isOwned = own !== ''
  return {
    code: 'service-of-other-cluster',
    severity: 'error',
    service: service.name,
    label,
    found: found === '' ? 'no service cluster' : quote(found),
    expected: isOwned ? quote(own) : 'no such label, as this edge has no service cluster',
    cure: isOwned
      ? `Another edge publishes it. For this one: ${relabelCure(service, label, own)}`
      : `Another edge publishes it. For this one: ${unlabelCure(service, label)}, or give the edge the setting service-cluster.`,
  }
}

/** Running tasks of a published service that yield no server: no address on the network, no port on the node. */
function unreachableTasks(service: Service, known: Known): readonly Reason[] {
  const backends = [...known.routing.backends.values()].filter((backend) =>
    backend.services.some(({ id }) => id === service.id),
  )
  const isVip = backends.some(({ services }) =>
    services.some(({ id, mode }) => id === service.id && mode === 'vip'),
  )
  if (backends.length === 0 || isVip) return []
  const names = new Set(backends.flatMap(({ servers }) => servers.map((server) => taskIdOf(server.name))))
  const missing = known
    .tasksOf(service)
    .filter((task) => isInRotation(task, known.topology) && !names.has(task.id))
  return missing.length === 0 ? [] : [unreachable(service, missing)]
}

function unreachable(service: Service, tasks: readonly Task[]): Reason {
  const isHostMode = service.hostPorts.length > 0
  const [what, teller] = service.origin === undefined ? ['task', 'Swarm'] : ['container', 'the engine']
  return {
    code: 'task-unreachable',
    severity: 'error',
    service: service.name,
    found: `${tasks.length === 1 ? `one running ${what}` : `${tasks.length} running ${what}s`} without ${isHostMode ? 'a published port on its node' : 'an address on the network in use'}`,
    expected: isHostMode
      ? 'the port of the label, published in host mode'
      : `an address that ${teller} has given it`,
    cure: `Wait a moment: ${teller} may be about to attach it. If this stays: docker inspect ${tasks[0]?.id ?? ''}`,
  }
}
