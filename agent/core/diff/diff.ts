// Whether what should be, what HAProxy runs and what is on disk are one and the same, and where they are not.
// Pure. Refuses to plan (plan.ts): it tells of a difference, and not what would be done about it.

import { formatAddress } from '../address.ts'
import type { Observed, ObservedServer } from '../observed.ts'
import { placeBackends } from '../place.ts'
import type { Backend, Routing, Server } from '../routing.ts'
import { limits } from '../settings.ts'
import { compareText } from '../text.ts'
import type { DiskBackend, DiskServer, DiskState } from './disk.ts'
import { type FileRow, fileRows } from './files.ts'

/** One difference. A side is absent where the thing is not there, or was not looked at. */
export type DiffRow = {
  readonly kind: 'structure' | 'backend' | 'route' | 'server' | 'redirect' | 'certificate' | 'file'
  /** `shop.local/shop.1.x8k2` for a server, the key for a route, the path (and the section) for a file. */
  readonly name: string
  readonly desired?: string
  readonly observed?: string
  readonly disk?: string
}

export type DiffView = {
  /** `agent`: by the one that runs. `engine`: by the engine, HAProxy and the files, no agent answers. */
  readonly toldBy: 'agent' | 'engine'
  /** What was looked at besides what should be. */
  readonly sides: { readonly observed: boolean; readonly disk: boolean }
  readonly isSame: boolean
  /** Bounded; `rowCount` has them all. */
  readonly rows: readonly DiffRow[]
  readonly rowCount: number
  /** Servers that only wait for their last session: daily work, and no difference. */
  readonly draining: number
}

export type DiffFacts = {
  readonly toldBy: DiffView['toldBy']
  readonly desired: Routing
  /** Undefined where HAProxy does not answer. */
  readonly observed: Observed | undefined
  /** Undefined where there is no configuration on disk. */
  readonly disk: DiskState | undefined
  /** The files on disk, those that are there. */
  readonly files: ReadonlyMap<string, string>
  readonly render: (routing: Routing) => ReadonlyMap<string, string>
  readonly structureOf: (routing: Routing) => string
}

/** Compares the three sides. Without differences there are no rows. */
export function compareSides(facts: DiffFacts): DiffView {
  const { toldBy, desired, observed, disk } = facts
  const sides = sidesOf(desired, observed, disk)
  const backends = backendRows(sides)
  const apart = new Set(backends.map(({ name }) => name))
  const servers = serverRows(sides, apart)
  const all: readonly DiffRow[] = [
    ...structureRows(facts, sides),
    ...backends,
    ...routeRows(sides, apart),
    ...servers.rows,
    ...hostRows(sides.placed, observed),
    ...fileRows(facts.files, facts.render(sides.placed)).map(toRow),
  ]
  return {
    toldBy,
    sides: { observed: observed !== undefined, disk: disk !== undefined },
    isSame: all.length === 0,
    rows: all.slice(0, limits.diffRows),
    rowCount: all.length,
    draining: servers.draining,
  }
}

type Sides = {
  /** What should be, under the names that HAProxy uses. */
  readonly placed: Routing
  readonly desired: ReadonlyMap<string, Backend>
  readonly observed: Observed['backends'] | undefined
  readonly disk: DiskState | undefined
  /** Every backend that any side has, sorted. */
  readonly names: readonly string[]
}

function sidesOf(desired: Routing, observed: Observed | undefined, disk: DiskState | undefined): Sides {
  const { placed, waiting } =
    observed === undefined ? { placed: desired, waiting: [] } : placeBackends(desired, observed.backends)
  const all = new Map([...placed.backends, ...waiting.map((each) => [each.name, each] as const)])
  const names = new Set([
    ...all.keys(),
    ...(observed?.backends.keys() ?? []),
    ...(disk?.backends.keys() ?? []),
  ])
  return { placed, desired: all, observed: observed?.backends, disk, names: [...names].sort(compareText) }
}

function structureRows({ observed, disk, structureOf }: DiffFacts, { placed }: Sides): readonly DiffRow[] {
  return differing(
    'structure',
    'configuration',
    structureOf(placed),
    observed?.worker.structure,
    disk?.structure,
    {
      observed: observed !== undefined,
      disk: disk !== undefined,
    },
  )
}

/** Backends that some side lacks; of these, servers are not told one by one. */
function backendRows({ names, desired, observed, disk }: Sides): readonly DiffRow[] {
  const looked = { observed: observed !== undefined, disk: disk !== undefined }
  return names.flatMap((name) => {
    const found = [desired.get(name), observed?.get(name), disk?.backends.get(name)] as const
    const [wanted, running, written] = found
    const isEverywhere = wanted && (running || !looked.observed) && (written || !looked.disk)
    if (isEverywhere) return []
    return differing(
      'backend',
      name,
      wanted && serversText(wanted.servers.length),
      running && serversText(running.servers.size),
      written && serversText(written.servers.size),
      looked,
    )
  })
}

const serversText = (count: number): string => `${count} ${count === 1 ? 'server' : 'servers'}`

/** Routes of backends that are told of as a whole are left out, unless they lead elsewhere on another side. */
function routeRows({ desired, observed, disk }: Sides, apart: ReadonlySet<string>): readonly DiffRow[] {
  const wanted = routesOf(desired)
  const running = observed === undefined ? undefined : routesOf(observed)
  const looked = { observed: observed !== undefined, disk: disk !== undefined }
  const keys = new Set([...wanted.keys(), ...(running?.keys() ?? []), ...(disk?.routes.keys() ?? [])])
  return [...keys].sort(compareText).flatMap((key) => {
    const found = [wanted.get(key), running?.get(key), disk?.routes.get(key)]
    if (found.every((backend) => backend === undefined || apart.has(backend))) return []
    return differing('route', key, found[0], found[1], found[2], looked)
  })
}

function routesOf(
  backends: ReadonlyMap<string, { readonly routes: readonly string[] }>,
): ReadonlyMap<string, string> {
  return new Map([...backends].flatMap(([name, { routes }]) => routes.map((route) => [route, name] as const)))
}

/** Redirects and certificates. On disk they stand in files of their own, which are compared as such. */
function hostRows(placed: Routing, observed: Observed | undefined): readonly DiffRow[] {
  if (observed === undefined) return []
  const looked = { observed: true, disk: false }
  const compare = (
    kind: DiffRow['kind'],
    wanted: ReadonlyMap<string, string>,
    running: ReadonlyMap<string, string>,
  ) =>
    [...new Set([...wanted.keys(), ...running.keys()])]
      .sort(compareText)
      .flatMap((name) => differing(kind, name, wanted.get(name), running.get(name), undefined, looked))
  return [
    ...compare('redirect', placed.redirects, observed.redirects),
    ...compare('certificate', hostsByFile(placed), hostsByFile(observed)),
  ]
}

function hostsByFile({ certificates }: Pick<Routing, 'certificates'>): ReadonlyMap<string, string> {
  return new Map([...certificates].map(([file, { hosts }]) => [file, hosts.join(' ')]))
}

function serverRows({ names, desired, observed, disk }: Sides, apart: ReadonlySet<string>) {
  const rows: DiffRow[] = []
  let draining = 0
  const looked = { observed: observed !== undefined, disk: disk !== undefined }
  for (const name of names) {
    if (apart.has(name)) continue
    const wanted = new Map(desired.get(name)?.servers.map((server) => [server.name, server]))
    const running = observed?.get(name)?.servers ?? new Map<string, ObservedServer>()
    const written: DiskBackend['servers'] = disk?.backends.get(name)?.servers ?? new Map<string, DiskServer>()
    for (const server of new Set([...wanted.keys(), ...running.keys(), ...written.keys()])) {
      const [want, run, file] = [wanted.get(server), running.get(server), written.get(server)]
      if (isDraining(want, run, file)) draining += 1
      else rows.push(...differing('server', `${name}/${server}`, ...serverTexts(want, run, file), looked))
    }
  }
  return { rows, draining }
}

function isDraining(want: Server | undefined, run: ObservedServer | undefined, file: DiskServer | undefined) {
  return want === undefined && file === undefined && run?.admin === 'maint'
}

/** A server whose checks are still to be switched on is the same with and without them. */
function serverTexts(
  want: Server | undefined,
  run: ObservedServer | undefined,
  file: DiskServer | undefined,
): readonly [string | undefined, string | undefined, string | undefined] {
  const isChecked = want?.checks === 'on'
  return [
    want && serverText(want, false),
    run && serverText(run, isChecked && run.checks !== 'on'),
    file && serverText(file, isChecked && !file.isChecked),
  ]
}

type Line = {
  readonly address: string
  readonly port: number
  readonly weight: number
  readonly admin: string
}

function serverText({ address, port, weight, admin }: Line, isUnchecked: boolean): string {
  const words = [formatAddress(address, port), admin]
  if (weight !== 1) words.push(`weight ${weight}`)
  if (isUnchecked) words.push('unchecked')
  return words.join(' ')
}

/** A row where a side that was looked at says something else than what is wanted; none where all agree. */
function differing(
  kind: DiffRow['kind'],
  name: string,
  desired: string | undefined,
  observed: string | undefined,
  disk: string | undefined,
  looked: DiffView['sides'],
): readonly DiffRow[] {
  const isSame = (!looked.observed || observed === desired) && (!looked.disk || disk === desired)
  return isSame ? [] : [row(kind, name, { desired, observed, disk })]
}

function row(
  kind: DiffRow['kind'],
  name: string,
  texts: { readonly [S in 'desired' | 'observed' | 'disk']: string | undefined },
): DiffRow {
  const { desired, observed, disk } = texts
  return {
    kind,
    name,
    ...(desired === undefined ? {} : { desired }),
    ...(observed === undefined ? {} : { observed }),
    ...(disk === undefined ? {} : { disk }),
  }
}

function toRow({ name, desired, disk }: FileRow): DiffRow {
  return row('file', name, { desired, observed: undefined, disk })
}
