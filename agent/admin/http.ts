// The admin interface: HTTP on a unix socket, read-only.
// Owns the socket and the table of paths. Refuses methods that change something, bodies, and more than a few clients.

import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { AgentError } from '../core/errors.ts'
import { exposition, expositionType } from './exposition.ts'
import type { AgentFacts } from './facts.ts'
import { metricsOf } from './metrics.ts'
import { unreadiness } from './readiness.ts'

/** Enough for a person, a health check and a scraper. */
const bounds = { connections: 32, requestMs: 5000, headerBytes: 8192 } as const

type Answer = { readonly status: number; readonly type: string; readonly body: string }

const json = (status: number, data: object): Answer => ({
  status,
  type: 'application/json',
  body: `${JSON.stringify(data)}\n`,
})

const pages: Readonly<Record<string, (facts: AgentFacts) => Answer>> = {
  '/healthz': () => json(200, { healthy: true }),
  '/readyz': (facts) => {
    const reasons = unreadiness(facts)
    return json(reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons })
  },
  '/metrics': (facts) => ({ status: 200, type: expositionType, body: exposition(metricsOf(facts)) }),
}

/** What a request is answered with. */
export function answerTo(method: string, url: string, facts: () => AgentFacts): Answer {
  if (method !== 'GET' && method !== 'HEAD')
    return json(405, { error: `${method} is not allowed; everything here is read` })
  const path = url.replace(/[?#].*$/s, '')
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined
  if (page === undefined) return json(404, { error: 'there is no such page', pages: Object.keys(pages) })
  return page(facts())
}

/**
 * Serves the admin interface on a unix socket until it is disposed of. A socket that a dead agent left is replaced.
 * @throws AgentError `admin-unusable`
 */
export async function serveAdmin(socketPath: string, facts: () => AgentFacts): Promise<AsyncDisposable> {
  const server = createServer(
    { requestTimeout: bounds.requestMs, maxHeaderSize: bounds.headerBytes },
    (request, response) => {
      const { status, type, body } = answerTo(request.method ?? '', request.url ?? '', facts)
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', connection: 'close' })
      response.end(request.method === 'HEAD' ? '' : body)
    },
  )
  server.maxConnections = bounds.connections
  await listen(server, socketPath)
  return {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function listen(server: Server, socketPath: string): Promise<void> {
  try {
    await rm(socketPath, { force: true })
    // Nobody but the agent's own user: the figures say what is published where.
    server.listen({ path: socketPath, readableAll: false, writableAll: false })
    await once(server, 'listening')
  } catch (cause) {
    throw unusable(socketPath, cause)
  }
}

function unusable(socketPath: string, cause: unknown): AgentError {
  return new AgentError(
    'admin-unusable',
    `the admin interface cannot listen on ${socketPath}: ${String(cause)}`,
    {
      hint: 'Name another path with --admin-socket, or `off`.',
      cause,
    },
  )
}
