// Who may import whom in agent/, checked file by file; `npm run check` runs it.
// Owns the rules, which are the tables below. Refuses style and types: Biome and tsc see to those.

import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { argv, exit } from 'node:process'

/** The folders that each folder of agent/ may import besides itself. Files directly in agent/ wire all of them. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  docker: ['core'],
  swarm: ['core', 'docker'],
  containers: ['core', 'docker'],
  haproxy: ['core'],
  certificates: ['core'],
  render: ['core'],
  reconcile: ['core'],
  admin: ['core'],
  cli: ['core'],
}

/** Folders that import nothing from outside: no Node, no packages. */
const pure: readonly string[] = ['core']

/** Modules that one file alone imports, in the folder that is named, if one is. */
const owned: Readonly<Record<string, string | undefined>> = {
  '@grpc/grpc-js': 'swarm',
  'node:child_process': 'haproxy',
  commander: 'cli',
  dockerode: 'docker',
  ejs: 'render',
  'net-keepalive': 'docker',
  pino: undefined,
  'protobufjs/light.js': 'swarm',
}

/** Those that many files of their folder import: each command says its own flags. */
const shared: ReadonlySet<string> = new Set(['commander'])

/** Names that say nothing about what a file holds. */
const emptyNames: readonly string[] = ['index.ts', 'utils.ts', 'util.ts', 'helpers.ts', 'common.ts', 'lib.ts']

export type Violation = { readonly file: string; readonly line: number; readonly rule: string }

/** `path` is from the project's folder for a file of ours, and a module's name otherwise. */
type Import = { readonly kind: 'file' | 'module'; readonly line: number; readonly path: string }
type Source = { readonly file: string; readonly text: string; readonly imports: readonly Import[] }

/** Checks agent/ in a project's folder; gives every violation with its place. */
export function checkImports(project: string): readonly Violation[] {
  const sources = readdirSync(join(project, 'agent'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => readSource(project, join('agent', name)))
  return [...sources.flatMap(checkSource), ...checkOwners(sources), ...checkCycles(sources)]
}

/** Import and export declarations as Biome formats them, and `import()`. */
const importPattern =
  /^import (?:(?:type )?[\w$*{][\w$*{},\s]*? from )?'([^']+)'|^export (?:type )?(?:\*(?: as \w+)?|\{[^}]*\}) from '([^']+)'|\bimport\(\s*'([^']+)'/gm

function readSource(project: string, file: string): Source {
  const text = readFileSync(join(project, file), 'utf8')
  const imports = [...text.matchAll(importPattern)].map((match): Import => {
    const from = match[1] ?? match[2] ?? match[3] ?? ''
    const line = text.slice(0, match.index).split('\n').length
    return from.startsWith('.')
      ? { kind: 'file', line, path: join(dirname(file), from) }
      : { kind: 'module', line, path: from }
  })
  return { file, text, imports }
}

/** The folder of agent/ that a file lies in, '' for a file directly in it; undefined outside. */
function folderOf(file: string): string | undefined {
  const [root, folder, ...rest] = file.split('/')
  if (root !== 'agent' || folder === undefined) return undefined
  return rest.length === 0 ? '' : folder
}

function checkSource({ file, text, imports }: Source): readonly Violation[] {
  const folder = folderOf(file) ?? ''
  const name = basename(file)
  const found: Violation[] = []
  if (folder !== '' && !(folder in mayImport)) {
    found.push({ file, line: 1, rule: `agent/${folder} is none of the folders in check-imports.ts` })
  }
  if (!/^(?:#!.*\n)?\/\/ \S/.test(text)) {
    found.push({ file, line: 1, rule: 'a file opens with a comment: what it owns and what it refuses' })
  }
  if (emptyNames.includes(name)) {
    found.push({ file, line: 1, rule: `${name} does not say what the file holds` })
  }
  for (const each of imports) {
    const rule = each.kind === 'file' ? fileRule(folder, each.path) : moduleRule(folder, each.path)
    if (rule !== undefined) found.push({ file, line: each.line, rule })
  }
  return found
}

function fileRule(folder: string, path: string): string | undefined {
  const target = folderOf(path)
  if (target === undefined) return `agent imports nothing outside agent: ${path}`
  if (folder === '' || target === folder || mayImport[folder]?.includes(target)) return undefined
  return `agent/${folder} may not import ${path}`
}

function moduleRule(folder: string, name: string): string | undefined {
  if (pure.includes(folder)) return `agent/${folder} imports no modules: ${name}`
  const owner = owned[name]
  if (owner === undefined || owner === folder) return undefined
  return `${name} belongs into agent/${owner}`
}

function checkOwners(sources: readonly Source[]): readonly Violation[] {
  const single = Object.keys(owned).filter((name) => !shared.has(name))
  return single.flatMap((name) => {
    const users = sources.flatMap(({ file, imports }) => {
      const first = imports.find((each) => each.path === name)
      return first === undefined ? [] : [{ file, line: first.line }]
    })
    const [owner, ...others] = users
    return others.map((other) => ({ ...other, rule: `${name} is imported by ${owner?.file} already` }))
  })
}

/** Every cycle once, at the import that closes it; type-only imports count. */
function checkCycles(sources: readonly Source[]): readonly Violation[] {
  const byFile = new Map(sources.map((source) => [source.file, source]))
  const done = new Set<string>()
  const found: Violation[] = []
  const visit = (source: Source, trail: readonly string[]): void => {
    for (const { line, path } of source.imports) {
      const start = trail.indexOf(path)
      if (start >= 0) {
        const cycle = [...trail.slice(start), path].join(' -> ')
        found.push({ file: source.file, line, rule: `a cycle: ${cycle}` })
      }
      const next = byFile.get(path)
      if (next !== undefined && start < 0 && !done.has(path)) visit(next, [...trail, path])
    }
    done.add(source.file)
  }
  for (const source of sources) if (!done.has(source.file)) visit(source, [source.file])
  return found
}

if (argv[1] === import.meta.filename) {
  const violations = checkImports(join(import.meta.dirname, '../..'))
  for (const { file, line, rule } of violations) console.error(`${file}:${line}: ${rule}`)
  if (violations.length > 0) exit(1)
}
