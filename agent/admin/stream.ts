// The stream of changes: server-sent events for everybody who follows.
//
// A client is a few numbers: the last entry, reading and status that it has. What it has not got is read from the ring
// and from the newest reading when its connection takes more, so that a slow one costs no memory and finds a `gap`.
//
// Refuses to gather: history, traffic and status are functions that it is given.

import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { jsonText } from './answer.ts'
import type { AgentFacts } from './facts.ts'
import type { History } from './history.ts'
import { statusHead } from './status-head.ts'
import type { TrafficFeed } from './traffic-feed.ts'
import { createTrafficNews, type TrafficNews } from './traffic-news.ts'
import { createWakeup, type Wakeup } from './wakeup.ts'

export const streamEvents = ['change', 'traffic', 'status'] as const
export type StreamEvent = (typeof streamEvents)[number]

export type StreamSources = {
  readonly history: History
  readonly traffic: TrafficFeed
  readonly facts: () => AgentFacts
}

export type Subscription = {
  readonly events: readonly StreamEvent[]
  /** The last entry that the client has; undefined for one that wants what comes from now on. */
  readonly after: number | undefined
}

export type Streams = {
  /** Writes events until the client leaves or the signal aborts; the head of the answer is written already. */
  readonly serve: (response: ServerResponse, asked: Subscription, signal: AbortSignal) => Promise<void>
  readonly clients: () => number
}

export type StreamPace = {
  /** How often something is sent where nothing happens, so that nobody in between takes the connection for dead. */
  readonly heartbeatMs: number
  /** How often the status is looked at while somebody follows it. */
  readonly statusMs: number
}

const usualPace: StreamPace = { heartbeatMs: 15_000, statusMs: 1000 }

/** Entries that are written before it is looked whether the connection takes more. */
const batch = 50

type Hub = {
  readonly sources: StreamSources
  readonly pace: StreamPace
  readonly clients: Set<Client>
  readonly newsOf: (flows: Parameters<Parameters<TrafficFeed['follow']>[0]>[0]) => TrafficNews
  news: TrafficNews | undefined
  status: { readonly text: string; readonly number: number }
  unfollow: (() => void) | undefined
  timer: NodeJS.Timeout | undefined
}

type Client = Wakeup & {
  readonly events: ReadonlySet<StreamEvent>
  lastSeq: number
  /** Of the last reading that was sent. */
  news: number | undefined
  status: number
}

export function createStreams(sources: StreamSources, pace: StreamPace = usualPace): Streams {
  const hub: Hub = {
    sources,
    pace,
    clients: new Set(),
    newsOf: createTrafficNews(),
    news: undefined,
    status: { text: '', number: 0 },
    unfollow: undefined,
    timer: undefined,
  }
  return {
    serve: (response, asked, signal) => serve(hub, response, asked, signal),
    clients: () => hub.clients.size,
  }
}

async function serve(
  hub: Hub,
  response: ServerResponse,
  { events, after }: Subscription,
  signal: AbortSignal,
): Promise<void> {
  const { history } = hub.sources
  const { run, lastSeq } = history.read(undefined, 0)
  const client: Client = {
    ...createWakeup(),
    events: new Set(events),
    lastSeq: Math.min(after ?? lastSeq, lastSeq),
    news: undefined,
    status: 0,
  }
  hub.clients.add(client)
  const unlisten = history.listen(client.wake)
  attend(hub)
  try {
    await write(response, [event('hello', { run, lastSeq })], signal)
    await pump(hub, client, response, signal)
  } finally {
    unlisten()
    hub.clients.delete(client)
    attend(hub)
  }
}

async function pump(hub: Hub, client: Client, response: ServerResponse, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let isSilent = true
    for (let texts = newsFor(hub, client); texts.length > 0; texts = newsFor(hub, client)) {
      isSilent = false
      await write(response, texts, signal)
      if (signal.aborted) return
    }
    if (isSilent) await write(response, [': \n\n'], signal)
    await client.sleep(hub.pace.heartbeatMs, signal)
  }
}

/** What a client has not got yet; empty once it has everything. */
function newsFor(hub: Hub, client: Client): readonly string[] {
  const texts = client.events.has('change') ? changesFor(hub.sources.history, client) : []
  const { news, status } = hub
  if (client.events.has('traffic') && news !== undefined && client.news !== news.number) {
    texts.push(`event: traffic\ndata: ${client.news === news.number - 1 ? news.changed() : news.whole()}\n\n`)
    client.news = news.number
  }
  if (client.events.has('status') && status.number !== client.status) {
    texts.push(`event: status\ndata: ${status.text}\n\n`)
    client.status = status.number
  }
  return texts
}

function changesFor(history: History, client: Client): string[] {
  const { run, entries, missed } = history.read(client.lastSeq, batch)
  const gap = missed > 0 ? [event('gap', { missed })] : []
  const changes = entries.map((entry) => `id: ${run}:${entry.seq}\n${event('change', entry)}`)
  client.lastSeq = entries.at(-1)?.seq ?? client.lastSeq + missed
  return [...gap, ...changes]
}

function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${jsonText(data)}\n\n`
}

/** Waits where the connection takes no more; the server ends connections that take nothing for long. */
async function write(response: ServerResponse, texts: readonly string[], signal: AbortSignal): Promise<void> {
  if (signal.aborted || response.write(texts.join(''))) return
  await once(response, 'drain', { signal }).catch(() => undefined)
}

/** Keeps reading and looking as long as somebody wants to know, and no longer. */
function attend(hub: Hub): void {
  const wants = (name: StreamEvent) => [...hub.clients].some(({ events }) => events.has(name))
  if (!wants('traffic')) {
    hub.unfollow?.()
    hub.unfollow = undefined
    hub.news = undefined
  } else {
    hub.unfollow ??= hub.sources.traffic.follow((flows) => {
      hub.news = hub.newsOf(flows)
      wakeAll(hub)
    })
  }
  if (!wants('status')) {
    clearInterval(hub.timer)
    hub.timer = undefined
  } else if (hub.timer === undefined) {
    lookAtStatus(hub)
    hub.timer = setInterval(() => lookAtStatus(hub), hub.pace.statusMs)
  }
}

function lookAtStatus(hub: Hub): void {
  const text = jsonText(statusHead(hub.sources.facts()))
  if (text === hub.status.text) return
  hub.status = { text, number: hub.status.number + 1 }
  wakeAll(hub)
}

function wakeAll(hub: Hub): void {
  for (const client of hub.clients) client.wake()
}
