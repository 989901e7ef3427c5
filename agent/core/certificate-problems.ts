// What is wrong with the certificate that a service names, and what to do about it.
// Refuses to choose certificates (certificates.ts).

import type { Found, Pair, TlsClaim, TlsFacts, TlsWish } from './certificate-wish.ts'
import { labelProblem } from './labels/read.ts'
import { tlsRows } from './labels/tls-rows.ts'
import type { Problem, ProblemCode } from './problem.ts'
import type { Material } from './snapshot.ts'
import { quote } from './text.ts'

type Facts = Pick<TlsFacts, 'secrets' | 'configs'>
type Said = { readonly found: string; readonly expected: string; readonly hint: string }

const certificateLabel = tlsRows.sslCert.label
const keyLabel = tlsRows.sslKey.label

/** Everything that is wrong with what was found under the names that a service's labels say. */
export function certificateProblems(claim: TlsClaim, found: Found, facts: Facts): readonly Problem[] {
  const { tls } = claim
  if (tls === undefined) return []
  const missing = [
    ...(found.certificate === undefined ? [absent(claim, certificateLabel, tls.certificate, facts)] : []),
    ...(tls.key !== undefined && found.key === undefined ? [absent(claim, keyLabel, tls.key, facts)] : []),
  ]
  if (missing.length > 0) return missing
  return [...unusable(claim, tls, found), ...outOfTime(claim, found.certificate)]
}

function problem(claim: TlsClaim, label: string, code: ProblemCode, said: Said): Problem {
  return labelProblem(claim.service, label, code, said)
}

const warning = (made: Problem): Problem => ({ ...made, severity: 'warning' })

function absent(claim: TlsClaim, label: string, name: string, { secrets, configs }: Facts): Problem {
  const found = quote(name)
  const isKnown = [...(secrets ?? []), ...(configs ?? [])].some((each) => each.name === name)
  if (isKnown) {
    return problem(claim, label, 'certificate-missing', {
      found: `${found}, which this edge does not have yet`,
      expected: 'a secret or config that is mounted into the edge',
      hint: 'The agent adds it to the edge within seconds, unless its setting `networks` is off; by hand: docker service update --secret-add <name> <edge service>',
    })
  }
  return problem(claim, label, 'certificate-missing', {
    found: `${found}, which is no secret, no config and no file of the certificates folder`,
    expected: 'the name of one of these',
    hint: `Make it: docker secret create ${name} <file>. In a stack a secret's name begins with the stack's.`,
  })
}

function unusable(claim: TlsClaim, { key: keyName }: TlsWish, found: Found): readonly Problem[] {
  const { certificate, key } = found
  const broken = (label: string, what: string, expected: string, hint: string) => [
    problem(claim, label, 'certificate-broken', { found: what, expected, hint }),
  ]
  const holder = (material: Material | undefined) => quote(material?.name ?? '')
  if (certificate?.certificate === undefined) {
    const what = `${holder(certificate)}: ${certificate?.fault ?? 'there is no certificate in it'}`
    return broken(certificateLabel, what, 'a certificate in PEM', 'Put the chain into it, the own one first.')
  }
  if (key?.key === undefined) {
    const what = `${holder(key)}: ${key?.fault ?? 'there is no private key in it'}`
    return keyName === undefined
      ? broken(
          certificateLabel,
          what,
          'the private key behind it',
          `Put it into the same file, or name its own by ${keyLabel}.`,
        )
      : broken(
          keyLabel,
          what,
          'a private key in PEM, without a passphrase',
          'Decrypt it: openssl pkey -in <key> -out <new>',
        )
  }
  if (found.pair !== undefined) return []
  return broken(
    keyName === undefined ? certificateLabel : keyLabel,
    `the key in ${holder(key)} is not that of the certificate in ${holder(certificate)}`,
    'the key that the certificate was made for',
    'Compare: openssl x509 -noout -pubkey -in <certificate>, and openssl pkey -pubout -in <key>',
  )
}

/** HAProxy has its own opinion of a certificate that reads well: of a weak key, for example. */
export function refusedProblem(claim: TlsClaim, words: string): Problem {
  return problem(claim, certificateLabel, 'certificate-broken', {
    found: `${quote(claim.tls?.certificate ?? '')}, which HAProxy does not take: ${words}`,
    expected: 'a certificate that HAProxy accepts',
    hint: 'Get a new one; a key of less than 2048 bits, for example, is too weak for OpenSSL.',
  })
}

/** Whoever asks for TLS is told where the edge speaks none. */
export function tlsIsOff(claim: TlsClaim): readonly Problem[] {
  if (claim.tls === undefined && !claim.isPassthrough) return []
  const label = claim.isPassthrough ? tlsRows.sslPassthrough.label : certificateLabel
  const said = {
    found: `${quote(claim.labels[label] ?? '')} where the edge does not listen for TLS`,
    expected: 'an edge with the setting `https-bind`',
    hint: 'Set TIDEGATE_HTTPS_BIND=:443 on the edge, and publish the port.',
  }
  const made = problem(claim, label, 'tls-off', said)
  // Without TLS a service that is passed through is not published at all.
  return [claim.isPassthrough ? made : warning(made)]
}

function outOfTime(claim: TlsClaim, material: Material | undefined): readonly Problem[] {
  const certificate = material?.certificate
  if (certificate === undefined || certificate.validity === 'good') return []
  const hint = 'Make a secret with a new one, and point the label at it; or renew the file in the folder.'
  const say = (code: ProblemCode, found: string) =>
    problem(claim, certificateLabel, code, { found, expected: 'a certificate that is valid now', hint })
  const name = quote(material?.name ?? '')
  if (certificate.validity === 'expiring')
    return [warning(say('certificate-expiring', `${name}, which ends on ${certificate.notAfter}`))]
  const when = certificate.validity === 'expired' ? `ended on ${certificate.notAfter}` : 'is not valid yet'
  return [say('certificate-expired', `${name}, which ${when}`)]
}

/** Hosts that clients will not accept the certificate for. */
export function hostsProblem(claim: TlsClaim, { certificate }: Pair): readonly Problem[] {
  const names = certificate.certificate?.names ?? []
  const uncovered = claim.hosts.filter((host) => !names.some((name) => covers(name, host)))
  if (uncovered.length === 0) return []
  const shown = (texts: readonly string[]) =>
    `${texts.slice(0, 3).join(', ')}${texts.length > 3 ? ', ...' : ''}`
  const said = {
    found: `${quote(certificate.name)}, which is for ${names.length === 0 ? 'no name' : shown(names)}`,
    expected: `a certificate for ${shown(uncovered.map((host) => host.replace(/^\./, '*.')))}`,
    hint: 'It is shown all the same, and clients that verify it will refuse. Get one with all hosts among its names.',
  }
  return [warning(problem(claim, certificateLabel, 'certificate-other-names', said))]
}

function covers(name: string, host: string): boolean {
  if (host.startsWith('.')) return name === `*${host}`
  return name === host || (name.startsWith('*.') && host.replace(/^[^.]+/, '*') === name)
}

/** What a younger service asks for in vain. */
export function differing(older: TlsClaim, younger: TlsClaim): readonly Problem[] {
  const isSame = older.tls?.certificate === younger.tls?.certificate && older.tls?.key === younger.tls?.key
  if (isSame) return []
  const said = {
    found: quote(younger.labels[certificateLabel] ?? ''),
    expected: `${quote(older.labels[certificateLabel] ?? '')}, as on the older service ${quote(older.service.name)}`,
    hint: 'They share a host, and the certificate of the older one stands. Set the label alike on both.',
  }
  return [warning(problem(younger, certificateLabel, 'option-differs', said))]
}
