// Problems of labels as reasons of an explanation: the same words, and a nearer cure where this edge's settings decide it.
// Refuses reasons of its own.

import { labelTable } from '../labels/table.ts'
import type { Problem } from '../problem.ts'
import type { Service } from '../snapshot.ts'
import { compareText, nearest, quote } from '../text.ts'
import type { Reason } from './explanation.ts'
import type { Known } from './facts.ts'

/** The reasons that a service's problems are. A label that is missing and its mistyped form are one reason. */
export function problemReasons(service: Service, known: Known): readonly Reason[] {
  const problems = known.problemsOf(service)
  const slips = new Map(
    problems.flatMap(({ code, label = '' }) => {
      const slip = code.endsWith('-missing') ? mistypedForm(label, service) : undefined
      return slip === undefined ? [] : [[label, slip] as const]
    }),
  )
  const taken = new Set(slips.values())
  return (
    problems
      .filter(({ code, label = '' }) => code !== 'label-unknown' || !taken.has(label))
      // Told by its servers (server-reasons.ts): whether that keeps requests from being served is a matter of the others.
      .filter(({ code }) => code !== 'in-maintenance')
      .map((problem) => {
        const slip = problem.code.endsWith('-missing') ? slips.get(problem.label ?? '') : undefined
        return reasonOf(slip === undefined ? problem : mistyped(problem, slip), service, known)
      })
  )
}

/** The label of a service that is another label but for a slip of the keyboard; undefined where there is none. */
export function mistypedForm(label: string, { labels }: Service): string | undefined {
  if (labels[label] !== undefined) return undefined
  const strange = Object.keys(labels).filter((each) => !fullLabels.includes(each))
  return strange.sort(compareText).find((each) => nearest(each.toLowerCase(), [label]) !== undefined)
}

/** Every label that publishes something, with its prefix. */
export const fullLabels: readonly string[] = Object.values(labelTable).map((row) => row.label)

function mistyped(problem: Problem, slip: string): Problem {
  const found = `${problem.found}, but ${quote(slip)}`
  return { ...problem, found, hint: `Did you mean ${problem.label ?? ''}? Write it so.` }
}

function reasonOf(problem: Problem, service: Service, known: Known): Reason {
  const { code, severity, label, found, expected, hint } = problem
  const cure =
    code === 'network-not-shared' && service.origin === undefined ? networkCure(service, known) : hint
  return {
    code,
    severity,
    service: problem.service,
    ...(label === undefined ? {} : { label }),
    found,
    expected,
    cure,
  }
}

/** Whether the agent will attach the edge by itself is a matter of where it runs and of one setting. */
function networkCure(service: Service, { snapshot, settings, servicesById, topology }: Known): string {
  const wanted = service.labels[labelTable.network.label]
  const network =
    topology.networksByName.get(wanted ?? '')?.name ??
    service.networkIds.flatMap((id) => topology.networks.get(id)?.name ?? []).sort()[0] ??
    '<network>'
  const { self } = snapshot.edge
  if (self === undefined) {
    return `This edge is no task of a service, so the agent attaches nothing: docker network connect ${network} <edge container>`
  }
  const edge = servicesById.get(self.serviceId)
  const byHand = `docker service update --network-add ${network} ${edge?.name ?? '<edge service>'}`
  if (settings.networks === 'off') return `The setting \`networks\` is off, so attach it by hand: ${byHand}`
  if (settings.networks !== 'auto' && !settings.networks.includes(network)) {
    return `The setting \`networks\` lists others only. Add ${network} to it, or attach it by hand: ${byHand}`
  }
  return `Wait: the agent attaches the edge within seconds, and the edge is replaced for it. If this stays, by hand: ${byHand}`
}
