// The keywords of a server, in one place for the file and for the socket: `add server` inherits nothing from the file.

import { duration } from './duration.ts'
import type { Server, ServerOptions } from './routing.ts'

/** Of a server whose service says nothing else. */
const usual = { checkIntervalMs: 60_000, errorLimit: 1, downIntervalMs: 2000, soonMs: 1500 } as const

/**
 * When a server leaves rotation without waiting for Swarm's word, and when it returns.
 *
 * A connection that fails takes nothing out by itself: it has HAProxy ask the server twice, a second and a half apart. So
 * one that is merely busy stays, one that does not listen for three seconds leaves (as long as a request waits for it), and
 * a lost node, where each asking takes the connect timeout besides, some nine seconds after the first. Out of rotation a
 * server is asked each two seconds; one that serves once a minute, so that ten thousand cost next to nothing.
 *
 * Nothing of this happens before `enable health`; with another `on-error` failed connections would count even then
 * (HAProxy configuration manual, section 5.2, `observe` and `on-error`; check.c, __health_adjust).
 */
export const checkKeywords = checkKeywordsOf({})

function checkKeywordsOf(options: ServerOptions): string {
  const { checkIntervalMs, errorLimit, downIntervalMs } = { ...usual, ...options }
  const soonMs = Math.min(usual.soonMs, checkIntervalMs)
  const when = `inter ${duration(checkIntervalMs)} fastinter ${duration(soonMs)} downinter ${duration(downIntervalMs)}`
  return `${when} rise 1 fall 2 observe layer4 error-limit ${errorLimit} on-error fastinter`
}

/**
 * By what a server's place in a consistent hash is decided: so that each edge, and the same one after a reload, sends a
 * client to the same task (configuration manual, section 5.2, `hash-key`). It says nothing where requests take turns.
 */
export const hashKeywords = 'hash-key addr-port'

type Line = Pick<Server, 'weight' | 'poolMaxConn' | 'options'> & { readonly isChecked?: boolean }

/** What stands behind a server's address on its line of the configuration, but for its state. */
export function serverKeywords(line: Line): string {
  const { weight, poolMaxConn, isChecked = false, options = {} } = line
  return [
    `weight ${weight}`,
    poolMaxConn === undefined ? '' : `pool-max-conn ${poolMaxConn}`,
    isChecked ? 'check' : '',
    isChecked && hasOwnChecks(options) ? checkKeywordsOf(options) : '',
    tlsKeywords(options, isChecked),
    proxyKeywords(options, isChecked),
  ]
    .filter((keyword) => keyword !== '')
    .join(' ')
}

/** What stands behind a server's address in the command that adds it. */
export function addedServerKeywords(line: Line): string {
  const isUsual = line.isChecked === true && !hasOwnChecks(line.options ?? {})
  return `${serverKeywords(line)} ${hashKeywords}${isUsual ? ` ${checkKeywords}` : ''}`
}

function hasOwnChecks({ errorLimit, downIntervalMs, checkIntervalMs }: ServerOptions): boolean {
  return errorLimit !== undefined || downIntervalMs !== undefined || checkIntervalMs !== undefined
}

/**
 * The request's host is the server name. With it the certificate's names are compared as well (section 5.2, `verify`); a
 * check has no request, and its certificate need only be signed.
 */
function tlsKeywords({ tls }: ServerOptions, isChecked: boolean): string {
  if (tls === undefined) return ''
  const verify = tls === 'tls-verified' ? 'required ca-file @system-ca' : 'none'
  return `ssl verify ${verify} sni req.hdr(host),host_only${isChecked ? ' check-ssl' : ''}`
}

function proxyKeywords({ proxyProtocol }: ServerOptions, isChecked: boolean): string {
  if (proxyProtocol === undefined) return ''
  return `${proxyProtocol === 'v1' ? 'send-proxy' : 'send-proxy-v2'}${isChecked ? ' check-send-proxy' : ''}`
}
