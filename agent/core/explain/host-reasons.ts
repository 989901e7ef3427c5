// Why no route of its own leads a request anywhere: who wanted its host and did not get it, or which host is near.
// Refuses requests that have a route.

import { labelCure } from '../cures.ts'
import { hasEdgeLabels, readLabels } from '../labels/read.ts'
import { labelPrefix } from '../labels/row.ts'
import { labelTable } from '../labels/table.ts'
import { defaultHost } from '../routing.ts'
import type { Service } from '../snapshot.ts'
import { compareText, listText, nearest, quote } from '../text.ts'
import type { Reason } from './explanation.ts'
import type { Known } from './facts.ts'
import type { AskedRequest } from './question.ts'
import { ruleOf } from './route-table.ts'
import { serviceReasons, worstFirst } from './service-reasons.ts'

/** How many services' reasons are told. */
const servicesMax = 5

/** The reasons, errors first; never empty. */
export function hostReasons({ host, path }: AskedRequest, known: Known): readonly Reason[] {
  const paths = pathsOn(host, known)
  const wanting = servicesNaming(host, known).filter((service) => !isPublished(service, known))
  const told = wanting.slice(0, servicesMax).flatMap((service) => serviceReasons(service, known))
  const unmatched = paths.length === 0 ? [] : [pathUnmatched(host, path, paths)]
  const reasons = worstFirst([...told, ...unmatched])
  return reasons.length > 0 ? reasons : [hostUnknown(host, known)]
}

/** Whether any label names the host, or a route is there for one of its paths. */
export function isNamed(host: string, known: Known): boolean {
  return pathsOn(host, known).length > 0 || servicesNaming(host, known).length > 0
}

/** The path prefixes that the host has routes for. */
function pathsOn(host: string, { desiredRoutes }: Known): readonly string[] {
  return [...desiredRoutes.keys()]
    .filter((key) => key.startsWith(`${host}/`))
    .map((key) => ruleOf(key).path)
    .sort(compareText)
}

/** Services one of whose labels, whatever its name, holds the host as a word of its own; sorted by name. */
function servicesNaming(host: string, { snapshot }: Known): readonly Service[] {
  const word = new RegExp(
    `(?<![a-z0-9_.-])${host.replaceAll(/[^a-z0-9_-]/g, '\\$&')}(?![a-z0-9_-]|\\.[a-z0-9])`,
  )
  return snapshot.services
    .filter(({ labels }) => Object.values(labels).some((text) => word.test(text.toLowerCase())))
    .toSorted((a, b) => compareText(a.name, b.name))
}

function isPublished({ id }: Service, { routing }: Known): boolean {
  for (const { services } of routing.backends.values())
    if (services.some((each) => each.id === id)) return true
  return false
}

function pathUnmatched(host: string, path: string, paths: readonly string[]): Reason {
  const near = paths.find((each) => each !== '' && path.toLowerCase().startsWith(each.toLowerCase()))
  return {
    code: 'path-unmatched',
    severity: 'error',
    found: `${quote(host)} has no route for the path ${quote(path)}`,
    expected: `a path below ${listText(paths)}`,
    cure:
      near === undefined
        ? `Ask for one of these; or publish the host's other paths by a service without ${labelTable.contextRoot.label}.`
        : `Paths are matched by whole segments and with their case: did you mean ${near}?`,
  }
}

function hostUnknown(host: string, known: Known): Reason {
  return {
    code: 'host-unknown',
    severity: 'error',
    found: `no service claims the host ${quote(host)}`,
    expected: `a service with the label ${labelPrefix}hosts=${host}`,
    cure: unknownCure(host, known),
  }
}

function unknownCure(host: string, known: Known): string {
  const hosts = knownHosts(known)
  if (hosts.length === 0)
    return 'No host is published at all. `tidegate check` says what is wrong with labels.'
  const near = nearest(host, hosts) ?? relative(host, hosts)
  if (near !== undefined) return `Did you mean ${near}?`
  const above = hosts.find((each) => each.startsWith('*.') && host.endsWith(each.slice(1)))
  if (above !== undefined) {
    return `${above} is published, but a wildcard stands for one level only: ${host} needs a host of its own, or *.${host.slice(host.indexOf('.') + 1)}.`
  }
  const namesake = namesakeOf(host, known)
  if (namesake !== undefined) {
    const cure =
      namesake.origin === undefined
        ? `docker service update --label-add ${labelPrefix}hosts=${host} --label-add ${labelPrefix}port=8080 ${namesake.name}`
        : labelCure(namesake, `${labelPrefix}hosts`, host)
    return `A service ${namesake.name} is there, without labels for the edge: ${cure}`
  }
  return `The hosts that are published: ${listText(hosts).replaceAll('"', '')}.`
}

/** Every host that a route leads from or a label names, as labels write them, sorted. */
function knownHosts({ desiredRoutes, snapshot }: Known): readonly string[] {
  const routed = [...desiredRoutes.keys()].map((key) => ruleOf(key).host)
  const claimed = snapshot.services
    .filter(hasEdgeLabels)
    .flatMap((service) => readLabels(service).values.hosts ?? [])
    .map((host) => (host.startsWith('.') ? `*${host}` : host))
  return [...new Set([...routed, ...claimed])].filter((host) => host !== defaultHost).sort(compareText)
}

/** A host one level above or below: `www.shop.local` and `shop.local`. */
function relative(host: string, hosts: readonly string[]): string | undefined {
  const parent = host.slice(host.indexOf('.') + 1)
  return hosts.find((each) => each === parent || each.slice(each.indexOf('.') + 1) === host)
}

/** A service without labels that is called like the host's first part, on its own or within its stack. */
function namesakeOf(host: string, { snapshot }: Known): Service | undefined {
  const [first] = host.split('.')
  return snapshot.services.find(
    (service) => !hasEdgeLabels(service) && (service.name === first || service.name.endsWith(`_${first}`)),
  )
}
