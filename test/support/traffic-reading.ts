// Readings of HAProxy's figures for tests: quiet ones, but for what a test says.

import type { BackendFigures, Traffic } from '../../agent/core/traffic.ts'

const noResponses = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, other: 0 }

export function backendFigures(changes: Partial<BackendFigures> & { readonly name: string }): BackendFigures {
  return {
    status: 'UP',
    sessions: 0,
    requests: 0,
    responses: noResponses,
    bytesIn: 0,
    bytesOut: 0,
    queued: 0,
    connectErrors: 0,
    responseErrors: 0,
    retries: 0,
    redispatches: 0,
    latency: { queueMs: 0, connectMs: 0, responseMs: 0, totalMs: 0 },
    statusForS: 0,
    serversUp: 1,
    ...changes,
  }
}

export function trafficReading(changes: Partial<Traffic> = {}): Traffic {
  return {
    atMs: 0,
    info: {
      pid: 4242,
      version: '3.0.11',
      uptimeS: 60,
      stopping: false,
      threads: 2,
      connections: 3,
      connectionsMax: 1000,
      connectionsPerS: 0,
      sessionsPerS: 0,
      requests: 0,
      idlePercent: 100,
    },
    frontends: [
      {
        name: 'http',
        status: 'OPEN',
        sessions: 1,
        requests: 9,
        responses: noResponses,
        bytesIn: 0,
        bytesOut: 0,
        sessionsMax: 900,
      },
    ],
    backends: [],
    servers: [],
    ...changes,
  }
}
