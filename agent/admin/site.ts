// What there is to read, by path.
// Owns the paths and what each may be asked. Refuses sockets and who may read (http.ts), and to gather anything itself.

import { isAgentError } from '../core/errors.ts'
import { historyKinds } from '../core/history.ts'
import { limits } from '../core/settings.ts'
import { type Answer, json, refusal } from './answer.ts'
import { exposition, expositionType } from './exposition.ts'
import type { AgentFacts } from './facts.ts'
import { haproxyMetrics } from './haproxy-metrics.ts'
import type { History } from './history.ts'
import { metricsOf } from './metrics.ts'
import { requiredText, wholeNumber, wordsOf } from './query.ts'
import { unreadiness } from './readiness.ts'
import { type StreamEvent, type Subscription, streamEvents } from './stream.ts'
import type { TrafficFeed } from './traffic-feed.ts'

/** Where everything that is told comes from. Promises reject with AgentError where HAProxy or a file does not answer. */
export type SiteParts = {
  readonly facts: () => AgentFacts
  readonly status: () => Promise<object>
  /** What becomes of a request or a service, in the words of `tidegate explain`. */
  readonly explain: (of: string) => Promise<object>
  readonly diff: () => Promise<object>
  readonly traffic: TrafficFeed
  readonly backend: (name: string) => TrafficFeed
  readonly history: History
  readonly streamClients: () => number
  /** The static files by path. */
  readonly page: ReadonlyMap<string, Answer>
}

export type Site = {
  /** Answers a path and its query. Rejects with BadRequest for a query at fault, and as the parts do. */
  readonly answer: (path: string, query: URLSearchParams) => Promise<Answer>
}

/** Paths that are told without a token: they say nothing of what is published. */
export const openPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

export const streamPath = '/api/stream'

const backendPath = '/api/backends/'

type Page = (parts: SiteParts, query: URLSearchParams) => Answer | Promise<Answer>

const pages: Readonly<Record<string, Page>> = {
  '/healthz': () => json(200, { healthy: true }),
  '/readyz': ({ facts }) => {
    const reasons = unreadiness(facts())
    return json(reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons })
  },
  '/metrics': tellMetrics,
  '/api/status': async ({ status }) => json(200, await status()),
  '/api/explain': async ({ explain }, query) =>
    json(200, await explain(requiredText(query, 'of', 'a URL, a host or the name of a service'))),
  '/api/history': tellHistory,
  '/api/diff': async ({ diff }) => json(200, await diff()),
  '/api/traffic': async ({ traffic }) => json(200, await traffic.latest()),
  '/api/openapi.json': tellDescription,
}

/** Every path but those of the page, for whoever asks for one that is not there. */
export const paths: readonly string[] = [...Object.keys(pages), `${backendPath}{name}`, streamPath]

export function createSite(parts: SiteParts): Site {
  return {
    answer: async (path, query) => {
      const page = Object.hasOwn(pages, path) ? pages[path] : undefined
      if (page !== undefined) return page(parts, query)
      if (path.startsWith(backendPath)) return tellBackend(parts, path.slice(backendPath.length))
      return (
        parts.page.get(path) ??
        refusal(404, 'path-unknown', 'there is no such path', `There are ${paths.join(', ')}.`)
      )
    },
  }
}

async function tellMetrics({ facts, traffic, history, streamClients }: SiteParts): Promise<Answer> {
  // Without HAProxy's figures rather than not at all: how the agent is doing is told in any case.
  const flows = await traffic.latest().catch(noFigures)
  const known = facts()
  const ours = metricsOf(known, { history: history.counts(), streamClients: streamClients() })
  const theirs = flows === undefined ? [] : haproxyMetrics(flows, known.edge.servers.ready)
  return { status: 200, type: expositionType, body: exposition([...ours, ...theirs]) }
}

function noFigures(error: unknown): undefined {
  if (isAgentError(error)) return undefined
  throw error
}

function tellHistory({ history }: SiteParts, query: URLSearchParams): Answer {
  const after = wholeNumber(query, 'after', { least: 0, most: Number.MAX_SAFE_INTEGER })
  const most = wholeNumber(query, 'limit', { least: 1, most: limits.historyEntries }) ?? 100
  const kinds = new Set(wordsOf(query, 'kind', historyKinds))
  const part = history.read(after, most)
  return json(200, { ...part, entries: part.entries.filter(({ kind }) => kinds.has(kind)) })
}

/** What HAProxy takes for a backend's name (core/backend-name.ts makes no other). */
const backendPattern = /^[A-Za-z0-9._:-]{1,512}$/

async function tellBackend({ backend }: SiteParts, name: string): Promise<Answer> {
  const flows = backendPattern.test(name) ? await backend(name).latest() : undefined
  const found = flows?.backends[0]
  if (flows === undefined || found === undefined)
    return refusal(
      404,
      'backend-unknown',
      'HAProxy has no such backend',
      'Backends are called after their first host; /api/traffic lists them.',
    )
  const { atMs, spanMs, isOtherWorker, servers } = flows
  return json(200, { atMs, spanMs, isOtherWorker, backend: found, servers })
}

/** Loaded when it is asked for: it takes a library that nothing else here needs. */
async function tellDescription({ facts }: SiteParts): Promise<Answer> {
  const { describeApi } = await import('./openapi.ts')
  return json(200, describeApi(facts().version))
}

/** What a client of the stream wants: `events`, a list of words, and from where on. */
export function subscriptionOf(
  { run }: Pick<History, 'run'>,
  query: URLSearchParams,
  lastEventId: string | undefined,
): Subscription {
  const events: readonly StreamEvent[] = wordsOf(query, 'events', streamEvents)
  const [, itsRun, seq] = /^(?:([a-z0-9]{1,16}):)?(\d{1,15})$/.exec(lastEventId ?? '') ?? []
  if (seq === undefined) {
    const most = Number.MAX_SAFE_INTEGER
    return { events, after: wholeNumber(query, 'after', { least: 0, most }) }
  }
  // Numbers of another life of the agent mean nothing here: then all that is known is told.
  return { events, after: itsRun === undefined || itsRun === run ? Number(seq) : 0 }
}
