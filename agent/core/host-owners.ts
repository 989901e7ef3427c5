// Which services may claim which hosts, where the edge's operator has said so.
// Refuses claims that meet (desired.ts): it sees one service at a time.

import { labelProblem } from './labels/read.ts'
import { labelTable } from './labels/table.ts'
import type { Problem } from './problem.ts'
import type { HostOwner } from './settings.ts'
import type { Service } from './snapshot.ts'
import { quote } from './text.ts'

/** What a service's labels claim, as far as it may. */
export type Granted = {
  readonly hosts: readonly string[]
  readonly isDefault: boolean
  readonly problems: readonly Problem[]
}

/**
 * Takes away from a service what is kept for others. The nearest pattern decides: `admin.example.com` before
 * `*.example.com`, and that before `*`. A host that no pattern matches is anybody's.
 * @param claimed hosts as claims write them: a wildcard as `.example.com`
 */
export function grant(
  service: Service,
  claimed: Omit<Granted, 'problems'>,
  owners: readonly HostOwner[],
): Granted {
  if (owners.length === 0) return { ...claimed, problems: [] }
  const problems: Problem[] = []
  const hosts = claimed.hosts.filter((host) => {
    const owner = ownerOf(host, owners)
    if (owner === undefined || isOwner(service, owner)) return true
    problems.push(
      notAllowed(service, labelTable.hosts.label, host.startsWith('.') ? `*${host}` : host, owner),
    )
    return false
  })
  const owner = claimed.isDefault ? owners.find((each) => each.hosts === '*') : undefined
  if (owner === undefined || isOwner(service, owner)) return { hosts, isDefault: claimed.isDefault, problems }
  const { label } = labelTable.defaultBackend
  problems.push(notAllowed(service, label, service.labels[label] ?? '', owner))
  return { hosts, isDefault: false, problems }
}

function ownerOf(host: string, owners: readonly HostOwner[]): HostOwner | undefined {
  const matching = owners.filter(({ hosts }) => isMatch(host, hosts))
  return matching.toSorted((a, b) => b.hosts.length - a.hosts.length)[0]
}

/** `*.example.com` matches `.example.com`, the wildcard itself, too; of a name and a wildcard the name is longer by one. */
function isMatch(host: string, pattern: string): boolean {
  if (pattern === '*') return true
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern
}

function isOwner({ name }: Service, { services }: HostOwner): boolean {
  return services.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replaceAll(/[^A-Za-z0-9_-]/g, '\\$&'))
    return new RegExp(`^${parts.join('.*')}$`).test(name)
  })
}

function notAllowed(service: Service, label: string, text: string, { hosts, services }: HostOwner): Problem {
  return labelProblem(service, label, 'host-not-allowed', {
    found: quote(text),
    expected: `a service called ${services.join(' or ')}`,
    hint: `The edge's setting host-owners keeps ${hosts} for these. Take it off, or ask whoever runs the edge.`,
  })
}
