// How a backend's options read in its section: final texts, so that the template needs no logic.
// Refuses servers and routes (view.ts).

import { duration } from './duration.ts'
import type { Header } from './labels/header-values.ts'
import type { BackendOptions } from './routing.ts'
import { quoted, withoutFormat } from './text-forms.ts'

/** The part of `backend.cfg.ejs`'s fields that is made of options. */
export type OptionView = {
  readonly balance: string
  /** Truth value: whether few requests change their server when servers come and go. */
  readonly isHashed: boolean
  /** Lines `timeout`, without that word. */
  readonly timeouts: readonly string[]
  readonly healthCheck: HealthCheckView | undefined
  /** Lists of addresses, each short enough for a line. */
  readonly allowed: readonly string[] | undefined
  readonly denied: readonly string[]
  readonly rateLimit: { readonly requests: number; readonly period: string } | undefined
  /** Present where users say who they are; without a list of them nobody is served. */
  readonly access: AccessView | undefined
  readonly maxBodySize: number | undefined
  /** Truth value: whether a request that changes something is sent again too. */
  readonly retriesAll: boolean
  readonly rewrite: RewriteView | undefined
  readonly requestHeaders: readonly HeaderView[]
  readonly responseHeaders: readonly HeaderView[]
  readonly hsts: string | undefined
  /** Truth value. */
  readonly compression: boolean
}

export type AccessView = { readonly realm: string; readonly userlist: string | undefined }

export type HealthCheckView = { readonly path: string; readonly host: string; readonly status: string }

export type RewriteView = {
  readonly path: string
  /** The same with a slash behind it: what requests below it begin with. */
  readonly folder: string
  /** That for a log format: what the bare prefix is redirected to. */
  readonly location: string
  /** How many bytes of a request's path are the prefix. */
  readonly length: number
}

/** `value` is quoted and a log format; undefined: the header is taken away. */
export type HeaderView = { readonly name: string; readonly value: string | undefined }

/** A line takes 64 words (configuration manual, section 2.1). */
const addressesPerLine = 50

/** The name of the section with the users of a file. */
export function userlistName(digest: string): string {
  return `users-${digest.slice(0, 16)}`
}

/** The view of the options of a backend of this name. */
export function optionView(name: string, options: BackendOptions): OptionView {
  const { allow, deny = [], rateLimit, hsts, users } = options
  return {
    balance: balanceOf(options),
    isHashed: hashes(options),
    timeouts: timeoutLines(options),
    healthCheck: healthCheckView(options),
    allowed: allow === undefined ? undefined : inLines(allow),
    denied: inLines(deny),
    rateLimit:
      rateLimit === undefined
        ? undefined
        : { requests: rateLimit.requests, period: duration(rateLimit.periodMs) },
    access:
      users === undefined
        ? undefined
        : {
            realm: quoted(withoutFormat(name)),
            userlist: users.digest === undefined ? undefined : userlistName(users.digest),
          },
    maxBodySize: options.maxBodySize,
    retriesAll: options.retryNonIdempotent === true,
    rewrite: rewriteView(options.rewrite),
    requestHeaders: headerViews(options.requestHeaders),
    responseHeaders: headerViews(options.responseHeaders),
    hsts: hsts === undefined ? undefined : quoted(hsts),
    compression: options.compression === true,
  }
}

/** Without the cookie requests take turns (configuration manual, section 4.2, `balance hash`). */
function balanceOf({ stickySessionCookie, ipHash, balance }: BackendOptions): string {
  if (stickySessionCookie !== undefined) return `hash req.cook(${stickySessionCookie})`
  return ipHash === true ? 'source' : (balance ?? 'roundrobin')
}

function hashes({ stickySessionCookie, ipHash, balance }: BackendOptions): boolean {
  return stickySessionCookie !== undefined || ipHash === true || balance === 'source' || balance === 'uri'
}

function timeoutLines(options: BackendOptions): readonly string[] {
  const { timeoutConnect, timeoutServer, timeoutQueue, timeoutTunnel } = options
  const times = { connect: timeoutConnect, server: timeoutServer, queue: timeoutQueue, tunnel: timeoutTunnel }
  return Object.entries(times).flatMap(([name, timeMs]) =>
    timeMs === undefined ? [] : `${name} ${duration(timeMs)}`,
  )
}

function healthCheckView(options: BackendOptions): HealthCheckView | undefined {
  const {
    healthCheckPath: path,
    healthCheckHost: host = 'localhost',
    healthCheckStatus: status = '200-399',
  } = options
  return path === undefined ? undefined : { path: quoted(path), host, status }
}

function rewriteView(path: string | undefined): RewriteView | undefined {
  if (path === undefined) return undefined
  const folder = `${path}/`
  return { path, folder, location: withoutFormat(folder), length: path.length }
}

function headerViews(headers: readonly Header[] = []): readonly HeaderView[] {
  return headers.map(({ name, value }) => ({
    name,
    value: value === undefined ? undefined : quoted(withoutFormat(value)),
  }))
}

function inLines(addresses: readonly string[]): readonly string[] {
  const lines: string[] = []
  for (let start = 0; start < addresses.length; start += addressesPerLine)
    lines.push(addresses.slice(start, start + addressesPerLine).join(' '))
  return lines
}
