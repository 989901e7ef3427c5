// The admin interface of a running agent: what it tells, made from the agent's parts, and where it listens.
// Owns the wiring. Refuses to gather figures (facts.ts) and to speak HTTP (admin/).

import { createGuard } from './admin/access.ts'
import type { AgentFacts } from './admin/facts.ts'
import type { History } from './admin/history.ts'
import { type AdminOptions, type AdminServer, type Place, serveAdmin } from './admin/http.ts'
import { readPage } from './admin/page.ts'
import { createSite } from './admin/site.ts'
import { createStreams } from './admin/stream.ts'
import { keepToken, readToken } from './admin/token.ts'
import { createBackendFeeds, createTrafficFeed, type TrafficFeed } from './admin/traffic-feed.ts'
import type { Agent } from './agent.ts'
import type { AdminSettings, Settings } from './cli/settings.ts'
import { isAgentError } from './core/errors.ts'
import { backendsOf, explain } from './core/explain/explain.ts'
import type { Explanation } from './core/explain/explanation.ts'
import type { ExplainFacts } from './core/explain/facts.ts'
import { parseQuestion } from './core/explain/question.ts'
import { buildStatus, loopView } from './core/status-build.ts'
import type { StatusView } from './core/status-view.ts'
import { createInspection, notYet } from './inspection.ts'
import { errorFacts, type Log } from './log.ts'

export type InterfaceParts = {
  readonly settings: Settings
  readonly agent: Pick<Agent, 'status' | 'renderer'>
  readonly facts: () => AgentFacts
  readonly history: History
  readonly log: Log
}

/** How old HAProxy's figures may be. */
const readingMs = 1000

/** Opens the admin interface in all its places. An edge that lacks one of them is an edge all the same. */
export async function openInterface(parts: InterfaceParts): Promise<AsyncDisposable> {
  const { settings, log } = parts
  const end = new AbortController()
  const options = await wire(parts, end.signal)
  const opened: AdminServer[] = []
  for (const place of placesIn(settings.admin, log)) {
    const server = await open(place, options, log)
    if (server !== undefined) opened.push(server)
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(opened.map((server) => server[Symbol.asyncDispose]()))
      end.abort()
    },
  }
}

type LatePlace = () => Promise<Place>

function placesIn(
  { socketPath, tcp, tokenFile, isTokenGiven }: AdminSettings,
  log: Log,
): readonly LatePlace[] {
  const places: LatePlace[] = []
  if (socketPath !== undefined) places.push(async () => ({ kind: 'socket', path: socketPath }))
  if (tcp !== undefined) {
    places.push(async () => {
      const token = await (isTokenGiven ? readToken(tokenFile) : keepToken(tokenFile))
      log.info({ tokenFile }, 'admin token')
      return { kind: 'tcp', ...tcp, guard: createGuard(token) }
    })
  }
  return places
}

async function open(place: LatePlace, options: AdminOptions, log: Log): Promise<AdminServer | undefined> {
  try {
    const server = await serveAdmin(await place(), options)
    log.info({ at: server.place }, 'admin interface open')
    return server
  } catch (error) {
    if (!isAgentError(error)) throw error
    log.error(errorFacts(error), 'no admin interface')
    return undefined
  }
}

async function wire(parts: InterfaceParts, signal: AbortSignal): Promise<AdminOptions> {
  const { settings, agent, facts, history, log } = parts
  const inspection = createInspection(settings, agent)
  const feed = { intervalMs: readingMs, signal }
  const traffic = createTrafficFeed(inspection.readTraffic, { ...feed, scope: 'backends' })
  const backend = createBackendFeeds(inspection.readTraffic, feed)
  const streams = createStreams({ history, traffic, facts })
  const site = createSite({
    facts,
    status: () => tellStatus(agent, facts, traffic),
    explain: (of) => tellWhy(agent, settings, backend, of),
    diff: () => inspection.diff(signal),
    traffic,
    backend,
    history,
    streamClients: streams.clients,
    page: await readPage(),
  })
  const onBug = (error: unknown) =>
    log.error({ error: error instanceof Error ? error.stack : String(error) }, 'admin interface failed')
  return { site, streams, history, onBug }
}

/** With HAProxy's figures where it answers, without them where it does not. */
async function tellStatus(
  agent: Pick<Agent, 'status'>,
  facts: () => AgentFacts,
  traffic: TrafficFeed,
): Promise<StatusView> {
  const flows = await traffic.latest().catch(noFigures)
  const { routing, observed, problems, ...loop } = agent.status()
  const { version, engine, edge } = facts()
  const { staleMs, trouble, isHeldBack } = engine
  return buildStatus({
    toldBy: 'agent',
    version,
    routing,
    observed,
    problems,
    traffic: flows,
    engine: {
      isHeldBack,
      ...(staleMs === undefined ? {} : { staleMs }),
      ...(trouble === undefined ? {} : { trouble }),
    },
    loop: loopView(loop),
    certificates: edge.certificates,
  })
}

function noFigures(error: unknown): undefined {
  if (isAgentError(error)) return undefined
  throw error
}

/** Of how many backends HAProxy is asked how their servers are. */
const backendsAsked = 20

async function tellWhy(
  agent: Pick<Agent, 'status'>,
  settings: Settings,
  backend: (name: string) => TrafficFeed,
  of: string,
): Promise<Explanation> {
  const { snapshot, routing, observed } = agent.status()
  if (snapshot === undefined || routing === undefined) throw notYet()
  const { routing: own, config, docker } = settings
  const { httpBind, httpsBind, httpsPort } = config
  const facts: ExplainFacts = {
    snapshot,
    routing,
    settings: { ...own, httpBind, httpsBind, httpsPort, networks: docker.networks },
    ...(observed === undefined ? {} : { observed }),
  }
  const question = parseQuestion(of)
  const first = explain(question, facts)
  const names = backendsOf(first).filter((name) => observed?.backends.has(name) === true)
  if (names.length === 0) return first
  const statuses = new Map<string, string>()
  for (const name of names.slice(0, backendsAsked)) {
    const flows = await backend(name).latest().catch(noFigures)
    for (const server of flows?.servers ?? []) statuses.set(`${name}/${server.name}`, server.status)
  }
  return explain(question, { ...facts, statuses })
}
