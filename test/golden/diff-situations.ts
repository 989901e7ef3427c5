// Situations in which the three sides are apart, made from the real templates.
// `npm run golden:update` makes cli/diff/ from them.

import { computeRouting } from '../../agent/core/desired.ts'
import { compareSides, type DiffView } from '../../agent/core/diff/diff.ts'
import { readDisk } from '../../agent/core/diff/disk.ts'
import type { Observed, ObservedBackend, ObservedServer } from '../../agent/core/observed.ts'
import type { Routing } from '../../agent/core/routing.ts'
import type { Snapshot } from '../../agent/core/snapshot.ts'
import { observedFrom, rendererFor, routingSettings, service, snapshot, tasks } from '../support/builders.ts'

export type DiffSituation = {
  readonly name: string
  readonly desired?: Snapshot
  /** What HAProxy runs; made for the first snapshot unless it is changed. */
  readonly observed?: (running: Observed) => Observed | undefined
  readonly files?: (files: Map<string, string>) => void
  readonly toldBy?: DiffView['toldBy']
}

const shop = service({ name: 'shop', lb: { hosts: 'shop.local', port: 8080 } })
const blog = service({ name: 'blog', lb: { hosts: 'blog.local,news.local', port: 80 } })
const before = snapshot({ services: [blog, shop], tasks: [...tasks('shop', 2), ...tasks('blog', 1)] })

const renderer = rendererFor()
const routingOf = (given: Snapshot): Routing => computeRouting(given, routingSettings()).routing

/** The comparison in a situation: HAProxy and the files are as for `before`, but for what the situation says. */
export function compared({
  desired = before,
  observed = (each) => each,
  files,
  toldBy = 'agent',
}: DiffSituation): DiffView {
  const made = routingOf(before)
  const disk = new Map(renderer.render(made))
  files?.(disk)
  const config = disk.get('haproxy.cfg')
  return compareSides({
    toldBy,
    desired: routingOf(desired),
    observed: observed(observedFrom(made)),
    disk: config === undefined ? undefined : readDisk(config, disk.get('routes.map') ?? ''),
    files: disk,
    render: renderer.render,
    structureOf: renderer.structureOf,
  })
}

function inBackend(name: string, change: (backend: ObservedBackend) => ObservedBackend) {
  return (running: Observed): Observed => ({
    ...running,
    backends: new Map(
      [...running.backends].map(([each, backend]) => [each, each === name ? change(backend) : backend]),
    ),
  })
}

function inServer(name: string, change: Partial<ObservedServer>) {
  return inBackend('shop.local', (backend) => ({
    ...backend,
    servers: new Map(
      [...backend.servers].map(([each, server]) => [
        each,
        each.startsWith(name) ? { ...server, ...change } : server,
      ]),
    ),
  }))
}

function edit(file: string, from: string | RegExp, to: string) {
  return (files: Map<string, string>): void => {
    const text = files.get(file) ?? ''
    const edited = text.replace(from, to)
    if (edited === text) throw new Error(`${file} does not hold ${String(from)}`)
    files.set(file, edited)
  }
}

export const diffSituations: readonly DiffSituation[] = [
  { name: 'server-put-into-maintenance-by-hand', observed: inServer('shop.1', { admin: 'maint' }) },
  {
    name: 'server-weighed-and-moved-by-hand',
    observed: inServer('shop.2', { weight: 7, address: '10.9.9.9', checks: 'off' }),
  },
  { name: 'server-removed-from-the-file', files: edit('haproxy.cfg', / +server shop\.1\..*\n/, '') },
  {
    name: 'server-disabled-in-the-file',
    files: edit('haproxy.cfg', /( +server shop\.1\..*)\n/, '$1 disabled\n'),
  },
  {
    name: 'route-that-leads-elsewhere',
    files: edit('routes.map', 'news.local/ blog.local', 'news.local/ shop.local'),
  },
  {
    name: 'timeout-edited-in-the-file',
    files: edit('haproxy.cfg', 'timeout connect 2s', 'timeout connect 20s'),
  },
  { name: 'error-page-edited', files: edit('errors/503.html', '<h1>', '<h1>Sorry. ') },
  {
    name: 'service-that-waits-for-a-reload',
    desired: snapshot({
      services: [blog, shop, service({ name: 'late', lb: { hosts: 'late.local', port: 80 } })],
      tasks: [...before.tasks, ...tasks('late', 3)],
    }),
  },
  {
    name: 'tasks-that-nobody-has-told-haproxy-of',
    desired: snapshot({ services: [blog, shop], tasks: [...tasks('shop', 4), ...tasks('blog', 1)] }),
    toldBy: 'engine',
  },
  {
    name: 'haproxy-does-not-answer',
    observed: () => undefined,
    files: edit('haproxy.cfg', / +server shop\.1\..*\n/, ''),
  },
  {
    name: 'no-files',
    files: (files) => {
      files.clear()
    },
  },
  {
    name: 'server-that-only-drains',
    desired: snapshot({ services: [blog, shop], tasks: [...tasks('shop', 1), ...tasks('blog', 1)] }),
    observed: inServer('shop.2', { admin: 'maint' }),
    files: edit('haproxy.cfg', / +server shop\.2\..*\n/, ''),
  },
]
