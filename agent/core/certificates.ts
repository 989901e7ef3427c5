// Which certificate is shown for which host: what services ask for by name, and what lies in the folder besides.
// Pure. Refuses files and keys: it sees what others say of them (snapshot.ts, Material).

import {
  certificateProblems,
  differing,
  hostsProblem,
  refusedProblem,
  tlsIsOff,
} from './certificate-problems.ts'
import type { Found, Pair, TlsClaim, TlsFacts, TlsWish } from './certificate-wish.ts'
import type { Problem } from './problem.ts'
import type { Certificate } from './routing.ts'
import type { Material } from './snapshot.ts'
import { compareText } from './text.ts'

export type Chosen = {
  readonly certificates: ReadonlyMap<string, Certificate>
  readonly defaultCertificate?: Certificate | undefined
  readonly problems: readonly Problem[]
}

/** Chooses for each host: the oldest service's certificate, else the one in the folder that holds the longest. */
export function chooseCertificates(claims: readonly TlsClaim[], facts: TlsFacts): Chosen {
  if (!facts.isTlsOn) return { certificates: new Map(), problems: claims.flatMap(tlsIsOff) }
  const materials = facts.materials ?? []
  const byHost: ByHost = new Map()
  const problems = claims
    .filter(({ isPassthrough }) => !isPassthrough)
    .flatMap((claim) => assign(claim, byHost, materials, facts))
  const passed = new Set(claims.flatMap((claim) => (claim.isPassthrough ? claim.hosts.map(filterOf) : [])))
  for (const pair of folderPairs(materials)) {
    for (const name of pair.certificate.certificate?.names ?? [])
      if (!byHost.has(name) && !passed.has(name)) byHost.set(name, { pair })
  }
  const chosen = leaveOut(certificatesOf(byHost), byHost, facts.refused, problems)
  const defaultCertificate = defaultOf(claims, materials)
  if (defaultCertificate === undefined || facts.refused.has(defaultCertificate.file)) return chosen
  return { ...chosen, defaultCertificate }
}

/** The file of the folder that is shown for names that there is no certificate for, where no service is the default. */
const defaultFile = 'default.pem'

/** The default service's certificate, else a file of that name. */
function defaultOf(claims: readonly TlsClaim[], materials: readonly Material[]): Certificate | undefined {
  const holder = claims.find(({ isDefault, isPassthrough }) => isDefault && !isPassthrough)
  const named = holder?.tls === undefined ? undefined : pairOf(holder.tls, materials).pair
  const file = materials.find(({ from, name }) => from === 'folder' && name === defaultFile)
  const pair = named ?? fitting(file, file)
  return pair === undefined ? undefined : certificateOf(pair, ['*'])
}

/** By SNI filter; `claim` where a service has asked for it. */
type ByHost = Map<string, { readonly pair: Pair; readonly claim?: TlsClaim }>

/** Gives a service's hosts its certificate, those that no older one has; tells what is wrong. */
function assign(
  claim: TlsClaim,
  byHost: ByHost,
  materials: readonly Material[],
  facts: TlsFacts,
): readonly Problem[] {
  if (claim.tls === undefined) return []
  const found = pairOf(claim.tls, materials)
  const problems = [...certificateProblems(claim, found, facts)]
  const { pair } = found
  if (pair === undefined) return problems
  const older = new Set<TlsClaim>()
  for (const host of claim.hosts.map(filterOf)) {
    const before = byHost.get(host)
    if (before === undefined) byHost.set(host, { pair, claim })
    else if (before.claim !== undefined) older.add(before.claim)
  }
  return [
    ...problems,
    ...hostsProblem(claim, pair),
    ...[...older].flatMap((other) => differing(other, claim)),
  ]
}

/** Without those that HAProxy has refused; whoever named one is told. */
function leaveOut(
  certificates: Chosen['certificates'],
  byHost: ByHost,
  refused: TlsFacts['refused'],
  problems: readonly Problem[],
): Chosen {
  const out = [...certificates.values()].filter(({ file }) => refused.has(file))
  if (out.length === 0) return { certificates, problems }
  const told = out.flatMap(({ file, hosts }) => {
    const named = new Set(hosts.flatMap((host) => byHost.get(host)?.claim ?? []))
    return [...named].map((claim) => refusedProblem(claim, refused.get(file) ?? ''))
  })
  const kept = new Map([...certificates].filter(([file]) => !refused.has(file)))
  return { certificates: kept, problems: [...problems, ...told] }
}

/** The names by which services ask for certificates and keys, sorted. */
export function namedMaterials(claims: readonly TlsClaim[]): readonly string[] {
  const names = claims.flatMap(({ tls, isPassthrough }) =>
    tls === undefined || isPassthrough ? [] : [tls.certificate, ...(tls.key === undefined ? [] : [tls.key])],
  )
  return [...new Set(names)].sort(compareText)
}

/** HAProxy's way to write a wildcard: `*.example.com` stands for one level, as the route `.example.com` does. */
function filterOf(host: string): string {
  return host.startsWith('.') ? `*${host}` : host
}

function pairOf(wish: TlsWish, materials: readonly Material[]): Found {
  const certificate = materialNamed(wish.certificate, materials)
  const key = wish.key === undefined ? certificate : materialNamed(wish.key, materials)
  return { certificate, key, pair: fitting(certificate, key) }
}

function fitting(certificate: Material | undefined, key: Material | undefined): Pair | undefined {
  const isFitting =
    certificate?.certificate !== undefined &&
    key?.key !== undefined &&
    certificate.certificate.publicKey === key.key.publicKey
  return isFitting ? { certificate, key } : undefined
}

const origins = ['folder', 'secret', 'config'] as const

/** What a name stands for: a file of the folder before a secret, and that before a config. In the folder the ending may be left out. */
export function materialNamed(
  name: string,
  materials: readonly Material[],
  endings: readonly string[] = ['.pem', '.crt', '.key'],
): Material | undefined {
  for (const from of origins) {
    const names = from === 'folder' ? [name, ...endings.map((ending) => name + ending)] : [name]
    for (const each of names) {
      const found = materials.find((material) => material.from === from && material.name === each)
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** Whole pairs in the folder, the one first that holds the longest: `a.pem` with its key in it, or beside it in `a.key`. */
function folderPairs(materials: readonly Material[]): readonly Pair[] {
  const files = materials.filter(({ from }) => from === 'folder')
  const keys = new Map(files.flatMap((file) => (file.key === undefined ? [] : [[stemOf(file.name), file]])))
  const pairs = files.flatMap(
    (file) => fitting(file, file.key === undefined ? keys.get(stemOf(file.name)) : file) ?? [],
  )
  const endOf = ({ certificate }: Pair) => certificate.certificate?.notAfter ?? ''
  return pairs.toSorted(
    (a, b) => compareText(endOf(b), endOf(a)) || compareText(a.certificate.name, b.certificate.name),
  )
}

const stemOf = (file: string) => file.replace(/\.(pem|crt|cer|key)$/, '')

function certificatesOf(byHost: ByHost): Chosen['certificates'] {
  const hosts = new Map<string, { readonly pair: Pair; readonly hosts: string[] }>()
  for (const [host, { pair }] of byHost) {
    const id = `${pair.certificate.digest} ${pair.key.digest}`
    const known = hosts.get(id)
    if (known === undefined) hosts.set(id, { pair, hosts: [host] })
    else known.hosts.push(host)
  }
  const made = [...hosts.values()].map((each) => certificateOf(each.pair, each.hosts.sort(compareText)))
  return new Map(made.sort((a, b) => compareText(a.file, b.file)).map((each) => [each.file, each]))
}

function certificateOf({ certificate, key }: Pair, hosts: readonly string[]): Certificate {
  const digests = [...new Set([certificate.digest, key.digest])].map((digest) => digest.slice(0, 16))
  const file = `certificates/${[...digests, hash(hosts.join(' '))].join('-')}.pem`
  return { file, certificate: certificate.digest, key: key.digest, hosts }
}

/** FNV-1a. Of two lists of hosts with one hash the second is shown a moment later (plan.ts): nothing rests on it. */
function hash(text: string): string {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0
  return value.toString(16).padStart(8, '0')
}
