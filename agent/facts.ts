// Gathers what the admin interface tells: from the loop, the source, the tallies and the process.
// Refuses to keep anything: each call looks anew.

import type { AgentFacts, EdgeFacts, EngineFacts, Tallies } from './admin/facts.ts'
import type { AgentStatus } from './agent.ts'
import { expiriesOf } from './core/expiry.ts'
import { emptyRouting } from './core/routing.ts'
import type { SourceStatus } from './docker/status.ts'

export type FactSources = {
  readonly version: string
  readonly agent: () => AgentStatus
  readonly source: () => SourceStatus
  readonly tallies: () => Tallies
  /** Whether the edge listens for TLS. */
  readonly isTlsOn: boolean
}

export function gatherFacts({ version, agent, source, tallies, isTlsOn }: FactSources): AgentFacts {
  const { user, system } = process.cpuUsage()
  return {
    version,
    engine: engineFacts(source()),
    edge: edgeFacts(agent(), isTlsOn),
    tallies: tallies(),
    process: { rssBytes: process.memoryUsage.rss(), cpuMs: (user + system) / 1000 },
  }
}

function engineFacts(status: SourceStatus): EngineFacts {
  const { staleMs, failures, trouble, lists, listBytes, snapshots, isHeldBack, events, watch } = status
  return { staleMs, failures, trouble: trouble?.code, lists, listBytes, snapshots, isHeldBack, events, watch }
}

function edgeFacts(status: AgentStatus, isTlsOn: boolean): EdgeFacts {
  const { observed, isSettled, trouble, awaited, pendingReload, problems, counters, commands } = status
  const servers = { ready: 0, maint: 0, closing: 0 }
  for (const backend of observed?.backends.values() ?? []) {
    for (const [name, { admin }] of backend.servers) {
      if (backend.closing.has(name)) servers.closing += 1
      else if (admin === 'ready') servers.ready += 1
      else servers.maint += 1
    }
  }
  const errors = problems.filter(({ severity }) => severity === 'error').length
  return {
    isObserved: observed !== undefined,
    isSettled,
    trouble: trouble?.code,
    backends: observed?.backends.size ?? 0,
    servers,
    awaited,
    pendingReloadReasons: pendingReload.length,
    problems: { error: errors, warning: problems.length - errors },
    certificates: isTlsOn
      ? expiriesOf(status.routing ?? emptyRouting, status.snapshot?.materials)
      : undefined,
    counters,
    commands,
  }
}
