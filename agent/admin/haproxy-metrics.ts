// HAProxy's figures as metrics, by frontend and by backend: what is asked, how it is answered, what waits.
// Owns which figures are told. Refuses servers: ten thousand of them come and go, and each would leave a series behind.
//
// The names and labels are those of HAProxy's own exporter (addons/promex), so that dashboards made for it can be used.
// That one is not switched on: it tells each of a hundred figures of each server, and would need a listener of its own.

import type { Flows } from '../core/rates.ts'
import { limits } from '../core/settings.ts'
import type { BackendFigures, Figures, FrontendFigures, ServingFigures } from '../core/traffic.ts'
import type { Metric, Sample } from './exposition.ts'

/**
 * The metrics of a reading; of more backends than the limit allows, the first are told and the rest counted.
 * @param openServers how many servers are in rotation, as far as the agent has put them there
 */
export function haproxyMetrics(flows: Flows, openServers: number): readonly Metric[] {
  const { info, frontends, backends } = flows
  const shown = backends.slice(0, limits.metricBackends)
  return [
    one(
      'gauge',
      'haproxy_process_start_time_seconds',
      'When the worker began.',
      flows.atMs / 1000 - info.uptimeS,
    ),
    one('gauge', 'haproxy_process_current_connections', 'Open connections.', info.connections),
    one('gauge', 'haproxy_process_max_connections', 'How many there may be.', info.connectionsMax),
    one(
      'gauge',
      'haproxy_process_idle_time_percent',
      'How much of its time HAProxy has nothing to do.',
      info.idlePercent,
    ),
    one(
      'counter',
      'haproxy_process_requests_total',
      'Requests, those to its own sockets included.',
      info.requests,
    ),
    ...figuresOf('frontend', frontends),
    each('gauge', 'haproxy_frontend_limit_sessions', 'How many sessions there may be.', frontends, limitOf),
    ...figuresOf('backend', shown),
    ...servingMetrics(shown),
    one(
      'gauge',
      'tidegate_servers_failed',
      'Servers in rotation that a health check has taken out.',
      Math.max(0, openServers - backends.reduce((sum, { serversUp }) => sum + serversUp, 0)),
    ),
    one(
      'gauge',
      'tidegate_backends_untold',
      'Backends beyond the bound on metrics.',
      backends.length - shown.length,
    ),
  ]
}

const limitOf = (figures: FrontendFigures): number => figures.sessionsMax

function figuresOf(kind: 'frontend' | 'backend', proxies: readonly Figures[]): readonly Metric[] {
  const name = (what: string) => `haproxy_${kind}_${what}`
  return [
    each('gauge', name('current_sessions'), 'Sessions that are open.', proxies, ({ sessions }) => sessions),
    each('counter', name('http_requests_total'), 'Requests.', proxies, ({ requests }) => requests),
    {
      name: name('http_responses_total'),
      help: 'Answers, by class.',
      type: 'counter',
      samples: proxies.flatMap((proxy) =>
        Object.entries(proxy.responses).map(([code, value]) => ({
          labels: { proxy: proxy.name, code },
          value,
        })),
      ),
    },
    each('counter', name('bytes_in_total'), 'Bytes from clients.', proxies, ({ bytesIn }) => bytesIn),
    each('counter', name('bytes_out_total'), 'Bytes to clients.', proxies, ({ bytesOut }) => bytesOut),
  ]
}

const averaged = 'on average of the last 1024 requests.'

function servingMetrics(backends: readonly BackendFigures[]): readonly Metric[] {
  const gauge = (what: string, help: string, value: (figures: BackendFigures) => number) =>
    each('gauge', `haproxy_backend_${what}`, help, backends, value)
  const counter = (what: string, help: string, value: (figures: ServingFigures) => number) =>
    each('counter', `haproxy_backend_${what}_total`, help, backends, value)
  return [
    gauge('active_servers', 'Servers that take requests.', ({ serversUp }) => serversUp),
    gauge('current_queue', 'Requests that wait for a server.', ({ queued }) => queued),
    gauge(
      'queue_time_average_seconds',
      `Time in the queue, ${averaged}`,
      ({ latency }) => latency.queueMs / 1000,
    ),
    gauge(
      'connect_time_average_seconds',
      `Time to connect, ${averaged}`,
      ({ latency }) => latency.connectMs / 1000,
    ),
    gauge(
      'response_time_average_seconds',
      `Time to answer, ${averaged}`,
      ({ latency }) => latency.responseMs / 1000,
    ),
    gauge(
      'total_time_average_seconds',
      `Time of a session, ${averaged}`,
      ({ latency }) => latency.totalMs / 1000,
    ),
    counter('connection_errors', 'Connections to servers that failed.', ({ connectErrors }) => connectErrors),
    counter('response_errors', 'Answers that broke off.', ({ responseErrors }) => responseErrors),
    counter('retry_warnings', 'Requests that were tried again.', ({ retries }) => retries),
    counter(
      'redispatch_warnings',
      'Requests that went to another server.',
      ({ redispatches }) => redispatches,
    ),
  ]
}

function one(type: 'counter' | 'gauge', name: string, help: string, value: number): Metric {
  return { name, help, type, samples: [{ labels: {}, value }] }
}

function each<F extends Figures>(
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  proxies: readonly F[],
  value: (figures: F) => number,
): Metric {
  const samples = proxies.map(
    (figures): Sample => ({ labels: { proxy: figures.name }, value: value(figures) }),
  )
  return { name, help, type, samples }
}
