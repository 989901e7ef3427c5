// The agent's figures as metrics.
// Owns their names, which dashboards and alerts rely on. Refuses HAProxy's own figures (haproxy-metrics.ts).

import { limits } from '../core/settings.ts'
import type { Labels, Metric } from './exposition.ts'
import type { AgentFacts, EdgeFacts, EngineFacts, Histogram, Tallies } from './facts.ts'
import type { HistoryCounts } from './history.ts'
import { unreadiness } from './readiness.ts'

/** What the admin interface knows of itself. */
export type OwnFigures = { readonly history: HistoryCounts; readonly streamClients: number }

/** Everything that `/metrics` tells of the agent, in the order in which it is told. */
export function metricsOf(facts: AgentFacts, own: OwnFigures): readonly Metric[] {
  return [
    gauge('tidegate_info', 'Which Tidegate this is.', 1, { version: facts.version }),
    gauge(
      'tidegate_ready',
      '1 where the edge is ready, as /readyz has it.',
      Number(unreadiness(facts).length === 0),
    ),
    ...edgeMetrics(facts.edge),
    ...tallyMetrics(facts.tallies),
    ...engineMetrics(facts.engine),
    gauge('tidegate_history_entries', 'Changes that the agent remembers.', own.history.length),
    counter(
      'tidegate_history_dropped_total',
      'Changes that it has forgotten for newer ones.',
      own.history.dropped,
    ),
    gauge('tidegate_stream_clients', 'Clients that follow the stream of changes.', own.streamClients),
    gauge('process_resident_memory_bytes', "The agent's resident memory.", facts.process.rssBytes),
    counter('process_cpu_seconds_total', "The agent's processor time.", facts.process.cpuMs / 1000),
  ]
}

function edgeMetrics(edge: EdgeFacts): readonly Metric[] {
  const { counters, servers, problems, commands } = edge
  return [
    gauge(
      'tidegate_settled',
      '1 where HAProxy runs what the Swarm asks for, with nothing pending.',
      Number(edge.isSettled),
    ),
    gauge(
      'tidegate_in_trouble',
      '1 while the last step towards HAProxy has failed.',
      Number(edge.trouble !== undefined),
    ),
    gauge('tidegate_backends', 'Backends in HAProxy.', edge.backends),
    byLabel('gauge', 'tidegate_servers', 'Servers in HAProxy, by state.', 'state', Object.entries(servers)),
    gauge(
      'tidegate_servers_awaited',
      'Servers kept out of rotation until they accept connections.',
      edge.awaited,
    ),
    byLabel(
      'gauge',
      'tidegate_problems',
      'Problems of services, by severity.',
      'severity',
      Object.entries(problems),
    ),
    ...certificateMetrics(edge.certificates),
    gauge(
      'tidegate_reload_reasons_pending',
      'Reasons for a reload that waits for things to settle.',
      edge.pendingReloadReasons,
    ),
    counter('tidegate_haproxy_starts_total', 'Starts of HAProxy by this agent.', counters.starts),
    counter('tidegate_reloads_total', 'Reloads of HAProxy.', counters.reloads),
    counter('tidegate_live_changes_total', 'Changes made without a reload.', counters.liveChanges),
    counter('tidegate_drifts_total', 'Times that somebody else had changed HAProxy.', counters.drifts),
    counter('tidegate_step_failures_total', 'Steps towards HAProxy that failed.', counters.failures),
    byLabel(
      'counter',
      'tidegate_commands_total',
      'Runtime commands sent to HAProxy.',
      'kind',
      Object.entries(commands),
    ),
  ]
}

/** Of many certificates those that end first. */
function certificateMetrics(certificates: EdgeFacts['certificates']): readonly Metric[] {
  if (certificates === undefined) return []
  const shown = certificates.slice(0, limits.metricCertificates)
  return [
    gauge('tidegate_certificates', 'Certificates in use.', certificates.length),
    {
      name: 'tidegate_certificate_not_after_seconds',
      help: `Until when a certificate holds, since 1970; of more than ${limits.metricCertificates} those that end first.`,
      type: 'gauge',
      samples: shown.map(({ file, from, notAfter }) => ({
        labels: { file, from },
        value: Date.parse(notAfter) / 1000,
      })),
    },
  ]
}

function tallyMetrics({
  reloadsByReason,
  actionsByKind,
  errorsByCode,
  late,
  durations,
  propagation,
}: Tallies): readonly Metric[] {
  return [
    byLabel('counter', 'tidegate_reload_reasons_total', 'Reasons of reloads, by kind.', 'reason', [
      ...reloadsByReason,
    ]),
    byLabel('counter', 'tidegate_actions_total', 'Live actions, by kind.', 'kind', [...actionsByKind]),
    byLabel('counter', 'tidegate_errors_total', 'Operating errors, by code.', 'code', [...errorsByCode]),
    counter(
      'tidegate_late_servers_total',
      'Servers that got requests though they never accepted a connection in time.',
      late,
    ),
    byOutcome(
      'tidegate_change_seconds',
      'From the beginning of a step to its change being in force.',
      durations,
    ),
    byOutcome(
      'tidegate_propagation_seconds',
      'From the coming of the view that asks for a change to its being in force.',
      propagation,
    ),
  ]
}

function engineMetrics(engine: EngineFacts): readonly Metric[] {
  const { staleMs, events, watch } = engine
  return [
    ...(staleMs === undefined
      ? []
      : [
          gauge(
            'tidegate_view_age_seconds',
            'Since the engine last answered all that was asked.',
            staleMs / 1000,
          ),
        ]),
    gauge('tidegate_engine_failures', 'Rounds of lists that failed in a row.', engine.failures),
    gauge(
      'tidegate_view_held_back',
      '1 while a view that lacks things is not believed yet.',
      Number(engine.isHeldBack),
    ),
    counter('tidegate_lists_total', 'Lists asked for.', engine.lists),
    counter('tidegate_list_bytes_total', 'Their bytes.', engine.listBytes),
    counter('tidegate_snapshots_total', 'Views handed on, each with a change.', engine.snapshots),
    gauge('tidegate_events_open', "1 while the engine's event stream is open.", Number(events.isOpen)),
    counter('tidegate_events_total', 'Events that meant something.', events.received),
    counter('tidegate_event_streams_total', 'Event streams opened.', events.opened),
    ...(watch === undefined
      ? []
      : [
          gauge(
            'tidegate_watch_following',
            '1 while tasks are followed, 0 while they are polled.',
            Number(watch.isFollowing),
          ),
          counter('tidegate_watch_messages_total', 'Commits that the watch has told.', watch.messages),
          counter('tidegate_watch_streams_total', 'Watch streams opened.', watch.opened),
          gauge('tidegate_watch_failures', 'Attempts in a row that opened no watch.', watch.failures),
        ]),
  ]
}

const gauge = (name: string, help: string, value: number, labels: Labels = {}): Metric => ({
  name,
  help,
  type: 'gauge',
  samples: [{ labels, value }],
})

const counter = (name: string, help: string, value: number): Metric => ({
  name,
  help,
  type: 'counter',
  samples: [{ labels: {}, value }],
})

function byOutcome(name: string, help: string, histograms: Readonly<Record<string, Histogram>>): Metric {
  const samples = Object.entries(histograms).map(([outcome, histogram]) => ({
    labels: { outcome },
    histogram,
  }))
  return { name, help, type: 'histogram', samples }
}

function byLabel(
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  label: string,
  values: readonly (readonly [string, number])[],
): Metric {
  return { name, help, type, samples: values.map(([text, value]) => ({ labels: { [label]: text }, value })) }
}
