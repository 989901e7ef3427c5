// What a client meets that asks for a host by TLS, decided as HAProxy decides it (templates/haproxy.cfg.ejs).
// Refuses certificates as such: which one is for which host, certificates.ts has chosen.

import { type Certificate, sniHost } from '../routing.ts'
import { listText, quote } from '../text.ts'
import type { Reason, TlsAnswer } from './explanation.ts'
import type { Known } from './facts.ts'
import { type Match, type RouteTable, ruleOf } from './route-table.ts'

/** What TLS does for a host, a wildcard written `.example.com`; undefined where the edge speaks none. */
export function tlsOf(host: string, known: Known): TlsAnswer | undefined {
  if (!known.settings.isTlsOn) return undefined
  const hosts = [host.startsWith('.') ? `*${host}` : host]
  const passed = matchPassed(known.liveRoutes, host) ?? matchPassed(known.desiredRoutes, host)
  if (passed !== undefined) return { hosts, does: 'pass', backend: passed.backend }
  const own = certificateFor(host, known)
  const certificate = own ?? known.routing.defaultCertificate
  if (certificate === undefined) return { hosts, does: 'refuse' }
  return {
    hosts,
    does: 'show',
    certificate: fileOf(certificate, known),
    ...(own === undefined && { isDefault: true as const }),
    ...(own !== undefined && isAwaited(own, known) && { isAwaited: true as const }),
  }
}

/** What TLS does for each of a service's hosts, those together for which it does the same. */
export function tlsOfAll(hosts: readonly string[], known: Known): readonly TlsAnswer[] {
  const groups = new Map<string, TlsAnswer>()
  for (const host of new Set(hosts)) {
    const answer = tlsOf(host, known)
    if (answer === undefined) continue
    const { hosts: own, ...rest } = answer
    const key = JSON.stringify(rest)
    groups.set(key, { ...rest, hosts: [...(groups.get(key)?.hosts ?? []), ...own] })
  }
  return [...groups.values()]
}

/** The route of a connection that is passed through; undefined where its TLS ends at the edge. */
export function matchPassed(table: RouteTable | undefined, host: string): Match | undefined {
  for (const candidate of [host, host.replace(/^[^.]*/, '')]) {
    const key = `${sniHost(candidate)}/`
    const backend = table?.get(key)
    if (backend !== undefined) return { key, backend, rule: ruleOf(key) }
  }
  return undefined
}

/** Clients send no address as a server name. */
const isAddress = (host: string) => host.startsWith('[') || /^[\d.]+$/.test(host)

function certificateFor(host: string, { routing }: Known): Certificate | undefined {
  if (isAddress(host)) return undefined
  const wildcard = host.replace(/^[^.]*/, '*')
  const all = [...routing.certificates.values()]
  return all.find(({ hosts }) => hosts.includes(host)) ?? all.find(({ hosts }) => hosts.includes(wildcard))
}

function fileOf(
  { certificate, file }: Certificate,
  { snapshot }: Known,
): NonNullable<TlsAnswer['certificate']> {
  const material = snapshot.materials?.find(({ digest }) => digest === certificate)
  const leaf = material?.certificate
  if (material === undefined || leaf === undefined) return { name: file, names: [] }
  return { name: material.name, names: leaf.names, notAfter: leaf.notAfter }
}

function isAwaited({ file }: Certificate, { observed }: Known): boolean {
  return observed !== undefined && !observed.certificates.has(file)
}

/** How many names are told. */
const namesMax = 3

/** What it does, in words. */
export function tlsText({ does, hosts, certificate, isDefault, backend = '' }: TlsAnswer): string {
  const plain = (texts: readonly string[]) => listText(texts, namesMax).replaceAll('"', '')
  switch (does) {
    case 'pass':
      return `passed through for ${plain(hosts)}, to backend ${backend}`
    case 'refuse':
      return `refused for ${plain(hosts)}: there is no certificate`
    case 'show': {
      const { name = '', names = [], notAfter } = certificate ?? {}
      const whose = names.length === 0 ? '' : `, which is for ${plain(names)}`
      const end = notAfter === undefined ? '' : `, until ${notAfter.slice(0, 10)}`
      return `${plain(hosts)} by ${isDefault === true ? 'the default certificate ' : ''}${name}${whose}${end}`
    }
  }
}

/** Why a client that asks by TLS is refused, or may be a moment longer. `service`: whose host it is. */
export function tlsReasons(
  answer: TlsAnswer | undefined,
  severity: 'error' | 'warning',
  service: string | undefined,
): readonly Reason[] {
  if (answer === undefined) return []
  const host = answer.hosts[0] ?? ''
  if (answer.isAwaited === true) {
    return [
      {
        code: 'certificate-pending',
        severity: 'warning',
        found: `HAProxy does not have the certificate for ${host} yet`,
        expected: `a certificate for ${host}`,
        cure: 'It comes within moments, without a reload. If it does not: tidegate plan says what is left to do, and the log what hinders it.',
      },
    ]
  }
  if (answer.does !== 'refuse') return []
  const whom = service ?? '<service>'
  return [
    {
      code: 'certificate-none',
      severity,
      found: `no certificate for ${host}, so that TLS is refused before there is a request`,
      expected: 'a certificate that names the host, or a default one',
      cure: `Put a file with certificate and key into the folder of certificates, or make a secret of it and name that: docker service update --label-add com.docker.lb.ssl_cert=<secret> ${whom}`,
    },
  ]
}

/** Plain HTTP for a host whose connections are passed through as they are. */
export function passedThroughReason(host: string, { backend }: TlsAnswer): Reason {
  return {
    code: 'passed-through',
    severity: 'error',
    found: `plain HTTP, and TLS for ${quote(host)} is passed through to backend ${backend ?? ''}`,
    expected: 'https',
    cure: `Ask with https://${host}/. What is passed through is not served by plain HTTP.`,
  }
}
