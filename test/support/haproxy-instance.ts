// A real HAProxy for one test: in a folder of its own, on unix sockets, gone at the end.
// Owns the smallest configuration that the HAProxy edge can be tried against. Refuses the product's templates.

import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { waitForHaproxy } from '../../agent/haproxy/launch.ts'
import { haproxyBinary } from './haproxy-binary.ts'
import { type TempDir, tempDir } from './temp-dir.ts'

export type Paths = {
  readonly configFile: string
  readonly routesMap: string
  readonly redirectsMap: string
  /** It speaks no TLS. */
  readonly certificatesList: undefined
  readonly workerSocket: string
  readonly masterSocket: string
  readonly httpSocket: string
  readonly logFile: string
}

export type HaproxyInstance = AsyncDisposable &
  Paths & { readonly binary: string; readonly child: ChildProcess }

export function pathsIn(dir: string): Paths {
  return {
    configFile: join(dir, 'haproxy.cfg'),
    routesMap: join(dir, 'routes.map'),
    redirectsMap: join(dir, 'redirects.map'),
    certificatesList: undefined,
    workerSocket: join(dir, 'worker.sock'),
    masterSocket: join(dir, 'master.sock'),
    httpSocket: join(dir, 'http.sock'),
    logFile: join(dir, 'haproxy.log'),
  }
}

/** A configuration with one frontend, routed by the Host header, and the given backends. */
export function configFor(paths: Paths, backends: string, structure = 'a1'): string {
  return `
global
    stats socket ${paths.workerSocket} mode 600 level admin
    description tidegate structure=${structure}
    hard-stop-after 10s
defaults
    mode http
    timeout connect 1s
    timeout client 20s
    timeout server 20s
    timeout tunnel 1h
frontend http
    bind unix@${paths.httpSocket}
    use_backend %[req.hdr(host),map_str(${paths.routesMap})]
    default_backend no-route
backend no-route
    http-request return status 503
${backends}
`
}

/** Starts HAProxy, in a process group that is killed as a whole at the end. */
export async function startHaproxy(options: {
  readonly branch?: string
  readonly backends?: string
  readonly routes?: string
}): Promise<HaproxyInstance> {
  const binary = haproxyBinary(options.branch)
  const dir: TempDir = await tempDir()
  const paths = pathsIn(dir.path)
  await writeFile(paths.routesMap, options.routes ?? '')
  await writeFile(paths.configFile, configFor(paths, options.backends ?? ''))
  const child = startMaster(binary, paths)
  const instance = { ...paths, binary, child, [Symbol.asyncDispose]: () => killAll(child, dir) }
  try {
    await waitForHaproxy(paths, 10_000, AbortSignal.timeout(15_000))
    return instance
  } catch (error) {
    await instance[Symbol.asyncDispose]()
    throw error
  }
}

/** Starts HAProxy as a person would; the caller ends it. */
export function startMaster(binary: string, paths: Paths): ChildProcess {
  const args = ['-W', '-S', paths.masterSocket, '-f', paths.configFile]
  return spawn(binary, args, { stdio: 'ignore', detached: true })
}

async function killAll(child: ChildProcess, dir: TempDir): Promise<void> {
  await killProcess(child)
  await dir[Symbol.asyncDispose]()
}

/** Kills the process and its group, and waits until it is gone. */
export async function killProcess(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(undefined)
    child.once('exit', resolve)
  })
  killGroupOf(child.pid)
  await gone
}

/** Kills what is left of a process group, if anything is. */
export function killGroupOf(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}
