// What a poll would cost an agent that remembers nothing: everything done anew.
// Owns the baseline. Nothing is applied; that the plan found the one change is checked.

import type { Settings } from '../../../agent/cli/settings.ts'
import { computeRouting } from '../../../agent/core/desired.ts'
import { planChanges } from '../../../agent/core/plan.ts'
import type { Snapshot } from '../../../agent/core/snapshot.ts'
import type { HaproxyEdge } from '../../../agent/haproxy-port.ts'
import { createRenderer } from '../../../agent/render/render.ts'
import { readNetwork, readNode, readService, readTask } from '../../../agent/swarm/read-element.ts'
import type { Measured } from './edge.ts'
import type { SwarmBytes } from './lists.ts'

export const naiveParts = ['parse', 'route', 'observe', 'plan', 'render'] as const
export type NaivePart = (typeof naiveParts)[number]
export type NaiveCost = Measured & { readonly parts: Readonly<Record<NaivePart, number>> }

/**
 * Plans one task's change from the list's bytes, with HAProxy read back over its socket.
 * @param tasks a list that differs by one task from what HAProxy runs
 */
export async function measureNaive(
  settings: Settings,
  haproxy: HaproxyEdge,
  bytes: SwarmBytes,
  tasks: Buffer,
): Promise<NaiveCost> {
  const renderer = createRenderer(settings.haproxy.templatesDir, settings.config)
  const stopwatch = startStopwatch()
  const snapshot = parse(bytes, tasks)
  stopwatch.lap('parse')
  const { routing } = computeRouting(snapshot, settings.routing)
  stopwatch.lap('route')
  const observed = await haproxy.observe(AbortSignal.timeout(30_000))
  stopwatch.lap('observe')
  const { structureOf } = renderer
  const facts = { nowMs: performance.now(), drainTimeoutMs: settings.loop.drainTimeoutMs, structureOf }
  const plan = planChanges(routing, observed, facts)
  stopwatch.lap('plan')
  renderer.render(plan.placed)
  stopwatch.lap('render')
  if (plan.kind !== 'live' || plan.actions.length !== 4)
    throw new Error(`the naive plan is ${JSON.stringify(plan.kind)}`)
  return stopwatch.stop()
}

function startStopwatch() {
  const startedMs = performance.now()
  const parts: Record<NaivePart, number> = { parse: 0, route: 0, observe: 0, plan: 0, render: 0 }
  let cpu = process.cpuUsage()
  return {
    lap: (part: NaivePart) => {
      const { user, system } = process.cpuUsage(cpu)
      parts[part] = (user + system) / 1000
      cpu = process.cpuUsage()
    },
    stop: (): NaiveCost => ({
      cpuMs: Object.values(parts).reduce((sum, part) => sum + part, 0),
      wallMs: performance.now() - startedMs,
      parts,
    }),
  }
}

function parse(bytes: SwarmBytes, tasks: Buffer): Snapshot {
  return {
    tasks: elementsOf(tasks).map((each) => readTask(each).task),
    services: elementsOf(bytes.services).map(readService),
    networks: elementsOf(bytes.networks).map(readNetwork),
    nodes: elementsOf(bytes.nodes).map(readNode),
    edge: { networkIds: 'every' },
  }
}

function elementsOf(bytes: Buffer): readonly unknown[] {
  const parsed: unknown = JSON.parse(bytes.toString('utf8'))
  if (!Array.isArray(parsed)) throw new Error('not a list')
  return parsed
}
