// What happened between two readings of HAProxy's counters.
// Owns what a reload in between means: counters begin anew. Refuses to read, and to lay out.

import type {
  BackendFigures,
  Figures,
  FrontendFigures,
  ProcessInfo,
  ServerFigures,
  ServingFigures,
  Traffic,
} from './traffic.ts'

/** Per second. */
export type Rates = {
  readonly requests: number
  /** Answers of class 5xx: what users saw as the edge's or the service's fault. */
  readonly errors: number
  /** Errors by requests, from 0 to 1; undefined where nothing was asked. */
  readonly errorShare: number | undefined
  readonly bytesIn: number
  readonly bytesOut: number
}

/** What befell a backend or a server on the way to an answer, each second. */
export type ServingRates = Rates & {
  readonly connectErrors: number
  readonly responseErrors: number
  readonly retries: number
}

/** A reading, and the rates since the one before. */
export type Flows = {
  readonly atMs: number
  /** What the rates are averages over; undefined with the first reading, which has no rates. */
  readonly spanMs: number | undefined
  /** True where another worker answered before: HAProxy was reloaded or restarted. */
  readonly isOtherWorker: boolean
  readonly info: ProcessInfo
  readonly frontends: readonly Flow<FrontendFigures, Rates>[]
  readonly backends: readonly Flow<BackendFigures, ServingRates>[]
  readonly servers: readonly Flow<ServerFigures, ServingRates>[]
}

export type Flow<F, R> = F & { readonly rates: R | undefined }

/**
 * The rates between two readings.
 *
 * | between them                          | a count has grown by       | in                              |
 * | ------------------------------------- | -------------------------- | ------------------------------- |
 * | nothing of note                       | the difference             | the time between the readings   |
 * | it became smaller, or is new          | all of it: it began anew   | the same                        |
 * | another worker (reload, restart)      | all of it                  | that time, or the worker's life |
 *
 * What the old worker did after its last reading is nobody's to tell; so a rate across a reload is a lower bound.
 * @param before undefined, or of the same scope
 */
export function flowsBetween(before: Traffic | undefined, now: Traffic): Flows {
  const isOtherWorker = before !== undefined && before.info.pid !== now.info.pid
  const spanMs = spanBetween(before, now, isOtherWorker)
  const known = isOtherWorker ? undefined : before
  return {
    atMs: now.atMs,
    spanMs,
    isOtherWorker,
    info: now.info,
    frontends: withRates(now.frontends, known?.frontends, kinds.frontend, spanMs),
    backends: withRates(now.backends, known?.backends, kinds.backend, spanMs),
    servers: withRates(now.servers, known?.servers, kinds.server, spanMs),
  }
}

function spanBetween(before: Traffic | undefined, now: Traffic, isOtherWorker: boolean): number | undefined {
  if (before === undefined || now.atMs <= before.atMs) return undefined
  const betweenMs = now.atMs - before.atMs
  return isOtherWorker ? Math.max(betweenMs, now.info.uptimeS * 1000) : betweenMs
}

type Kind<F, R> = {
  /** What a row is known by from one reading to the next. */
  readonly keyOf: (figures: F) => string
  readonly ratesOf: (before: F | undefined, now: F, spanMs: number) => R
  readonly flowOf: (figures: F, rates: R | undefined) => Flow<F, R>
}

type Kinds = {
  readonly frontend: Kind<FrontendFigures, Rates>
  readonly backend: Kind<BackendFigures, ServingRates>
  readonly server: Kind<ServerFigures, ServingRates>
}

const kinds: Kinds = {
  frontend: { keyOf: ({ name }) => name, ratesOf, flowOf: (figures, rates) => ({ ...figures, rates }) },
  backend: { keyOf: ({ name }) => name, ratesOf: servingRatesOf, flowOf: backendFlow },
  server: {
    keyOf: ({ backend, name }) => `${backend}/${name}`,
    ratesOf: servingRatesOf,
    flowOf: (figures, rates) => ({ ...figures, rates }),
  },
}

/** Written out, as there may be a thousand backends each second: V8 takes ten times as long to copy one by a spread. */
function backendFlow(
  figures: BackendFigures,
  rates: ServingRates | undefined,
): Flow<BackendFigures, ServingRates> {
  return {
    name: figures.name,
    status: figures.status,
    sessions: figures.sessions,
    requests: figures.requests,
    responses: figures.responses,
    bytesIn: figures.bytesIn,
    bytesOut: figures.bytesOut,
    queued: figures.queued,
    connectErrors: figures.connectErrors,
    responseErrors: figures.responseErrors,
    retries: figures.retries,
    redispatches: figures.redispatches,
    latency: figures.latency,
    statusForS: figures.statusForS,
    serversUp: figures.serversUp,
    rates,
  }
}

function withRates<F, R>(
  now: readonly F[],
  before: readonly F[] | undefined,
  { keyOf, ratesOf: rates, flowOf }: Kind<F, R>,
  spanMs: number | undefined,
): readonly Flow<F, R>[] {
  if (spanMs === undefined) return now.map((figures) => flowOf(figures, undefined))
  const known = new Map(before?.map((figures) => [keyOf(figures), figures]))
  return now.map((figures) => flowOf(figures, rates(known.get(keyOf(figures)), figures, spanMs)))
}

function ratesOf(before: Figures | undefined, now: Figures, spanMs: number): Rates {
  const requests = growth(before?.requests, now.requests)
  const errors = growth(before?.responses['5xx'], now.responses['5xx'])
  return {
    requests: perS(requests, spanMs),
    errors: perS(errors, spanMs),
    errorShare: shareOf(errors, requests),
    bytesIn: perS(growth(before?.bytesIn, now.bytesIn), spanMs),
    bytesOut: perS(growth(before?.bytesOut, now.bytesOut), spanMs),
  }
}

/** Written out: to put a thousand objects a second together from parts takes ten times as long. */
function servingRatesOf(
  before: ServingFigures | undefined,
  now: ServingFigures,
  spanMs: number,
): ServingRates {
  const requests = growth(before?.requests, now.requests)
  const errors = growth(before?.responses['5xx'], now.responses['5xx'])
  return {
    requests: perS(requests, spanMs),
    errors: perS(errors, spanMs),
    errorShare: shareOf(errors, requests),
    bytesIn: perS(growth(before?.bytesIn, now.bytesIn), spanMs),
    bytesOut: perS(growth(before?.bytesOut, now.bytesOut), spanMs),
    connectErrors: perS(growth(before?.connectErrors, now.connectErrors), spanMs),
    responseErrors: perS(growth(before?.responseErrors, now.responseErrors), spanMs),
    retries: perS(growth(before?.retries, now.retries), spanMs),
  }
}

/** An answer may fall into the second after its request: a share beyond 1 would tell nothing more. */
function shareOf(errors: number, requests: number): number | undefined {
  return requests === 0 && errors === 0 ? undefined : Math.min(1, errors / Math.max(requests, 1))
}

/** By how much a counter grew; one that became smaller has begun anew. */
function growth(before: number | undefined, now: number): number {
  return before === undefined || now < before ? now : now - before
}

function perS(count: number, spanMs: number): number {
  return (count * 1000) / spanMs
}
