#!/usr/bin/env node
// The entry point: fits the process (arguments, environment, streams, signals) to the command line.
// The only place that exits, and that reads the environment.

import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { arch, hostname, platform } from 'node:os'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { createAccepts } from './accepts.ts'
import { askAdmin, followAdmin } from './admin/client.ts'
import type { User } from './certificates/read-users.ts'
import type { CertificateStore } from './certificates/store.ts'
import type { CliPorts, TrafficReader } from './cli/ports.ts'
import { runProgram } from './cli/program.ts'
import type { Settings } from './cli/settings.ts'
import { ownSections } from './core/backend-name.ts'
import { isAgentError } from './core/errors.ts'
import type { Observed } from './core/observed.ts'
import type { Sources } from './core/routing.ts'
import type { Snapshot } from './core/snapshot.ts'
import { pruneCertificates, writeCertificates } from './haproxy/certificate-files.ts'
import { createFiles } from './haproxy/files.ts'
import { observe } from './haproxy/observe.ts'
import { createRuntime, type Runtime } from './haproxy/runtime.ts'
import { openPrompt } from './prompt.ts'
import { openTerminal } from './terminal.ts'

const runtimeTimeoutMs = 5000

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : ''
  return String(version)
}

function openRuntime(settings: Settings): Runtime {
  return createRuntime({ socketPath: settings.haproxy.workerSocket, timeoutMs: runtimeTimeoutMs })
}

function openTraffic(settings: Settings): TrafficReader {
  const runtime = openRuntime(settings)
  return {
    read: async (scope, signal) => {
      const { readTraffic } = await import('./haproxy/stats.ts')
      return readTraffic(runtime, scope, signal)
    },
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  }
}

/** What HAProxy runs; undefined where nobody listens on its socket. */
function observeOnce(settings: Settings, signal: AbortSignal): Promise<Observed | undefined> {
  const options = { ...settings.config, ignoreBackends: ownSections }
  return askHaproxy(settings, (runtime) => observe(runtime, options, signal))
}

/** One question over a connection of its own; undefined where nobody listens on HAProxy's socket. */
async function askHaproxy<T>(
  settings: Settings,
  question: (runtime: Runtime) => Promise<T>,
): Promise<T | undefined> {
  await using runtime = openRuntime(settings)
  try {
    return await question(runtime)
  } catch (error) {
    if (isAgentError(error, 'runtime-unreachable') && isNobodyThere(error.cause)) return undefined
    throw error
  }
}

/** The engine's libraries take longer to load than most commands take: only those that ask it pay for them. */
async function readSnapshot(settings: Settings, signal: AbortSignal): Promise<Snapshot> {
  const { readEngine } = await import('./engine.ts')
  return readEngine(settings, hostname(), signal)
}

/** What the files of certificates are written from, once they have been read. */
type Pems = { store: CertificateStore | undefined }

async function withCertificates(
  snapshot: Snapshot,
  settings: Settings,
  pems: Pems,
  signal: AbortSignal,
): Promise<Snapshot> {
  const [{ createCertificateStore }, { certificateFolders }] = await Promise.all([
    import('./certificates/store.ts'),
    import('./certificates/folders.ts'),
  ])
  pems.store = createCertificateStore({ folders: certificateFolders(settings.certificates) })
  return { ...snapshot, materials: await pems.store.look(signal) }
}

type Rendered = {
  readonly dir: string
  readonly files: ReadonlyMap<string, string>
  readonly sources: Sources
  readonly pems: Pems
}

/** With hashes that nobody's password has where they are not to be seen, and nobody where the file was not read. */
function usersFor({ store }: Pems, digest: string, isMasked: boolean): readonly User[] {
  const users = store?.users(digest) ?? []
  return isMasked ? users.map(({ name }) => ({ name, hash: '*' })) : users
}

/** The paths of the files that have changed. */
async function writeRendered(
  { dir, files, sources, pems }: Rendered,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const store = createFiles({ dir })
  const source = pems.store ?? { pem: () => undefined, retain: () => {} }
  await writeCertificates(store, source, sources.certificates, signal)
  const written = await store.write(files, signal)
  await pruneCertificates(store, source, sources)
  return written.map((name) => store.path(name))
}

/** No socket, or one that a dead HAProxy left behind; a socket that hangs or refuses is trouble to be told. */
function isNobodyThere(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return code === 'ENOENT' || code === 'ECONNREFUSED'
}

function portsOfProcess(): CliPorts {
  const pems: Pems = { store: undefined }
  return {
    argv: process.argv.slice(2),
    env: process.env,
    host: {
      hostname: hostname(),
      os: platform(),
      arch: arch(),
      version: packageVersion(),
      templatesDir: fileURLToPath(new URL('../templates', import.meta.url)),
    },
    isTerminal: {
      stdin: process.stdin.isTTY === true,
      stdout: process.stdout.isTTY === true,
      stderr: process.stderr.isTTY === true,
    },
    columns: process.stdout.columns,
    stdout: (written) => process.stdout.write(written),
    stderr: (written) => process.stderr.write(written),
    readStdin: () => text(process.stdin),
    readFile: (path, signal) => readFile(path, { encoding: 'utf8', signal }),
    writeFiles: (dir, files, sources, signal) => writeRendered({ dir, files, sources, pems }, signal),
    readSnapshot: async (settings, signal) =>
      withCertificates(await readSnapshot(settings, signal), settings, pems, signal),
    accepts: createAccepts(),
    observe: observeOnce,
    readTraffic: (settings, scope, signal) =>
      askHaproxy(settings, async (runtime) => {
        // Loaded when it is asked for, as few commands do.
        const { readTraffic } = await import('./haproxy/stats.ts')
        return readTraffic(runtime, scope, signal)
      }),
    openTraffic,
    openTerminal,
    askMaster: async ({ haproxy }, command, signal) => {
      const { askMaster } = await import('./haproxy/master.ts')
      return askMaster({ socketPath: haproxy.masterSocket, timeoutMs: runtimeTimeoutMs }, command, signal)
    },
    openPrompt,
    openRuntime,
    askAgent: ({ admin }, path, signal) => askAdmin(admin.socketPath, path, signal),
    followAgent: ({ admin }, path, signal) => followAdmin(admin.socketPath, path, signal),
    createRenderer: async ({ haproxy, config }, isMasked = false) => {
      const { createRenderer } = await import('./render/render.ts')
      return createRenderer(haproxy.templatesDir, config, (digest) => usersFor(pems, digest, isMasked))
    },
    run: async (settings, signal) => {
      // So that a bug's stack in the log names the sources; before they are loaded, as only then are their maps found.
      process.setSourceMapsEnabled(true)
      const { serve } = await import('./serve.ts')
      await serve(settings, { hostname: hostname(), version: packageVersion() }, signal)
    },
  }
}

/** The first signal ends things in order, a second one at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(1)
      stop.abort()
    })
  }
  return stop.signal
}

// `tidegate plan | head` ends in order.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await runProgram(portsOfProcess(), stopSignal())
