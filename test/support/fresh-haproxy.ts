// A second HAProxy, started from a copy of the files that a first one should come up from again.
// Owns the copy, with every path and address replaced, and the short life of the process. Changes nothing of the first.

import { spawn } from 'node:child_process'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { exchange, type LiveState, readLiveState } from './live-state.ts'
import { tempDir } from './temp-dir.ts'

export type FreshOptions = {
  readonly binary: string
  /** The folder with `haproxy.cfg`, `routes.map` and `errors/`. */
  readonly runDir: string
  /** Whether redirects and certificates are looked at as well. */
  readonly speaksTls?: boolean
}

/**
 * The state in which HAProxy comes up from the files in a run folder.
 *
 * The copy listens on unix sockets in a folder of its own. Rejects with HAProxy's own words where it does not start.
 */
export async function freshState({ binary, runDir, speaksTls = false }: FreshOptions): Promise<LiveState> {
  await using dir = await tempDir('tgf-')
  const configFile = await copyFiles(runDir, dir.path)
  await using haproxy = start(binary, configFile)
  const source = {
    socketPath: join(dir.path, 'worker.sock'),
    routesMap: join(dir.path, 'routes.map'),
    ...(speaksTls ? { hostsDir: dir.path } : {}),
  }
  return await Promise.race([eventually(() => readLiveState(source), { timeoutMs: 10_000 }), haproxy.failed])
}

async function copyFiles(from: string, to: string): Promise<string> {
  const config = await readFile(join(from, 'haproxy.cfg'), 'utf8')
  let binds = 0
  const moved = config
    .replaceAll(from, to)
    .replaceAll(
      /^(\s+bind) (?!unix@)\S+/gm,
      (_, bind: string) => `${bind} unix@${join(to, `b${binds++}.sock`)}`,
    )
  await cp(join(from, 'errors'), join(to, 'errors'), { recursive: true })
  await cp(join(from, 'routes.map'), join(to, 'routes.map'))
  await cp(join(from, 'redirects.map'), join(to, 'redirects.map'))
  await copyCertificates(from, to)
  await writeFile(join(to, 'haproxy.cfg'), moved)
  return join(to, 'haproxy.cfg')
}

async function copyCertificates(from: string, to: string): Promise<void> {
  const list = await readFile(join(from, 'certificates.list'), 'utf8').catch(() => undefined)
  if (list === undefined) return
  await writeFile(join(to, 'certificates.list'), list.replaceAll(from, to))
  await cp(join(from, 'certificates'), join(to, 'certificates'), { recursive: true }).catch(() => undefined)
}

function start(binary: string, configFile: string): AsyncDisposable & { readonly failed: Promise<never> } {
  const child = spawn(binary, ['-db', '-f', configFile], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const failed = ended.then(() => Promise.reject(new Error(`no HAProxy comes up from the files: ${said}`)))
  // It ends in any case, and mostly when nobody waits for it any more.
  failed.catch(() => {})
  return {
    failed,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** The certificates that it comes up with, each as `file host host`, sorted. */
export async function freshCertificates({ binary, runDir }: FreshOptions): Promise<readonly string[]> {
  await using dir = await tempDir('tgf-')
  const configFile = await copyFiles(runDir, dir.path)
  await using haproxy = start(binary, configFile)
  const ask = () =>
    exchange(join(dir.path, 'worker.sock'), `show ssl crt-list ${join(dir.path, 'certificates.list')}\n`)
  const listed = await Promise.race([eventually(ask, { timeoutMs: 10_000 }), haproxy.failed])
  return listed
    .split('\n')
    .filter((line) => line.startsWith(dir.path))
    .map((line) => line.slice(dir.path.length + 1).trim())
    .sort()
}
