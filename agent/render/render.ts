// From a routing to the files that HAProxy starts from: EJS templates, compiled once.
// The only file that knows EJS. Refuses to compute: views come from the core, final. Writes nothing to disk.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ejs from 'ejs'
import { AgentError } from '../core/errors.ts'
import type { Backend, Routing } from '../core/routing.ts'
import { isSameList } from '../core/same.ts'
import { type ConfigSettings, fileNames } from '../core/settings.ts'
import { hasControl } from '../core/text.ts'
import {
  backendView,
  certificateLines,
  configView,
  redirectLines,
  routeLines,
  structureLine,
  tlsEdgeOf,
  type UsersSource,
  userlistViews,
} from '../core/view.ts'
import { errorPages } from './error-pages.ts'

/** The files' contents by their path relative to the run folder. */
export type Files = ReadonlyMap<string, string>

/** The same, each file in the pieces that it is made of. A piece that did not change is the same string as before. */
export type FilesInPieces = ReadonlyMap<string, readonly string[]>

export type Renderer = {
  /** Renders everything that HAProxy needs for a routing. Only backends that are new objects are rendered anew. */
  readonly render: (routing: Routing) => Files
  /** Renders the files that live changes alter, and leaves them in pieces: joining them would cost more than all the rest. */
  readonly renderLive: (routing: Routing) => FilesInPieces
  /** The digest that the configuration for this routing carries: the same as long as no reload is needed. */
  readonly structureOf: (routing: Routing) => string
}

type Template = { readonly source: string; readonly print: (view: object) => string }

/**
 * Compiles the templates of a folder. `usersOf` has the users that backends ask for, with the hashes of their passwords.
 * @throws AgentError `template-failed` where one cannot be read or compiled
 */
export function createRenderer(
  templatesDir: string,
  settings: ConfigSettings,
  usersOf: UsersSource = () => undefined,
): Renderer {
  const config = loadTemplate(templatesDir, 'haproxy.cfg.ejs')
  const backend = loadTemplate(templatesDir, 'backend.cfg.ejs')
  const errorPage = loadTemplate(templatesDir, 'error.html.ejs')
  const pages = errorPages.map((page): readonly [string, string] => [
    `${fileNames.errors}/${page.name}.html`,
    errorPage.print(page),
  ])
  const base = digest([JSON.stringify(settings), config.source, backend.source, ...pages.flat()].join('\0'))
  const lineOf = rememberWeakly(structureLine)
  const digestOf = remember(digest)
  const structureOf = (routing: Routing) =>
    digestOf(
      [base, routing.defaultCertificate?.file ?? '', ...[...routing.backends.values()].map(lineOf)].join(
        '\n',
      ),
    )
  const printHead = createHeadPrinter((structure, routing) =>
    config.print(configView(settings, structure, tlsEdgeOf(routing), userlistViews(routing, usersOf))),
  )
  const printBackend = rememberWeakly((each: Backend) => flat(backend.print(backendView(each, settings))))
  const printRoutes = createRoutesPrinter()
  const printRedirects = rememberPart(({ redirects }) => redirects, redirectLines)
  const printCertificates = rememberPart(
    ({ certificates }) => certificates,
    (routing) => certificateLines(routing, settings),
  )
  const renderLive = (routing: Routing): FilesInPieces => {
    const sections = [printHead(structureOf(routing), routing)]
    for (const each of routing.backends.values()) sections.push(printBackend(each))
    return new Map([
      [fileNames.config, sections],
      [fileNames.routes, [printRoutes(routing)]],
      [fileNames.redirects, [printRedirects(routing)]],
      ...(settings.certificatesList === undefined
        ? []
        : [[fileNames.certificatesList, [printCertificates(routing)]] as const]),
    ])
  }
  return {
    structureOf,
    renderLive,
    render: (routing) => {
      const live = [...renderLive(routing)].map(([name, pieces]): readonly [string, string] => [
        name,
        pieces.join(''),
      ])
      return new Map([...live, ...pages])
    },
  }
}

/** Prints what stands before the backends, and the same text again while the structure is the same: it decides all of it. */
function createHeadPrinter(
  print: (structure: string, routing: Routing) => string,
): (structure: string, routing: Routing) => string {
  let last: { readonly structure: string; readonly text: string } | undefined
  return (structure, routing) => {
    if (last?.structure !== structure) last = { structure, text: print(structure, routing) }
    return last.text
  }
}

/** Prints the route map, and the same text again while no backend's routes have changed. */
function createRoutesPrinter(): (routing: Routing) => string {
  let last: { readonly backends: readonly Backend[]; readonly text: string } | undefined
  return (routing) => {
    const backends = [...routing.backends.values()]
    if (last === undefined || !isSameList(last.backends, backends, hasSameRoutes)) {
      last = {
        backends,
        text: fileOf(routeLines(routing)),
      }
    }
    return last.text
  }
}

/** Prints lines, and the same text again while the part of the routing that they are made from is the same. */
function rememberPart(
  partOf: (routing: Routing) => unknown,
  linesOf: (routing: Routing) => readonly string[],
): (routing: Routing) => string {
  let last: { readonly part: unknown; readonly text: string } | undefined
  return (routing) => {
    const part = partOf(routing)
    if (last !== undefined && last.part === part) return last.text
    last = { part, text: fileOf(linesOf(routing)) }
    return last.text
  }
}

const fileOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')

/** A backend that was renamed keeps its list of routes; its lines read differently all the same. */
function hasSameRoutes(a: Backend, b: Backend): boolean {
  return a.routes === b.routes && a.name === b.name
}

function loadTemplate(dir: string, name: string): Template {
  const path = join(dir, name)
  try {
    const source = readFileSync(path, 'utf8')
    const compiled = ejs.compile(source, { filename: path, escape: printed })
    return { source, print: (view) => run(compiled, view, path) }
  } catch (cause) {
    throw templateError(path, cause)
  }
}

function run(compiled: ejs.TemplateFunction, view: object, path: string): string {
  try {
    return compiled(view)
  } catch (cause) {
    throw templateError(path, cause)
  }
}

function templateError(path: string, cause: unknown): AgentError {
  return new AgentError('template-failed', `template ${path} cannot be used: ${String(cause)}`, {
    hint: 'Print only the fields that templates/README.md lists.',
    cause,
  })
}

/** What `<%= %>` prints. The last line of defence: no value ever begins a line, or a directive, of its own. */
function printed(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') throw new TypeError(`a template prints ${String(value)}`)
  if (hasControl(value))
    throw new TypeError(`a template prints a control character in ${JSON.stringify(value)}`)
  return value
}

/** The same text as one string: a template's output is a rope of all that it printed, which is walked on each use. */
function flat(text: string): string {
  return Buffer.from(text).toString()
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function remember(make: (key: string) => string): (key: string) => string {
  let last: { readonly key: string; readonly value: string } | undefined
  return (key) => {
    if (last?.key !== key) last = { key, value: make(key) }
    return last.value
  }
}

function rememberWeakly<K extends object>(make: (key: K) => string): (key: K) => string {
  const made = new WeakMap<K, string>()
  return (key) => {
    const before = made.get(key)
    if (before !== undefined) return before
    const value = make(key)
    made.set(key, value)
    return value
  }
}
