// Containers as real child processes, killed with real signals.
// Owns the children. Refuses to outlive them or to be outlived: a child ends when its channel to the simulator closes.

import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { z } from 'zod'
import type { Container, ContainerOptions, Exit, Runtime } from './runtime.ts'

const mainFile = fileURLToPath(new URL('./process-main.ts', import.meta.url))
const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

/** What a child says: it listens, or its health changed. */
const message = z.union([z.object({ listening: z.literal(true) }), z.object({ healthy: z.boolean() })])
export type ChildMessage = z.infer<typeof message>

export function createProcessRuntime(): Runtime {
  const children = new Map<ChildProcess, Promise<Exit>>()
  return {
    start: async (options) => {
      const child = fork(mainFile, [], {
        execArgv: ['--import', loader],
        env: { SIM_CONTAINER: JSON.stringify(options satisfies ContainerOptions) },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
      const exited = exitOf(child)
      children.set(child, exited)
      void exited.then(() => children.delete(child))
      return await started(child, exited)
    },
    [Symbol.asyncDispose]: async () => {
      for (const child of children.keys()) child.kill('SIGKILL')
      await Promise.all(children.values())
    },
  }
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 143) }))
    child.once('error', () => resolve({ code: 127 }))
  })
}

function started(child: ChildProcess, exited: Promise<Exit>): Promise<Container> {
  let healthy = false
  const container: Container = {
    pid: child.pid ?? 0,
    exited,
    healthy: () => healthy,
    signal: (name) => void child.kill(name),
  }
  return new Promise((resolve, reject) => {
    child.on('message', (raw) => {
      const said = message.parse(raw)
      if ('healthy' in said) healthy = said.healthy
      else resolve(container)
    })
    void exited.then(({ code }) =>
      reject(new Error(`the task's process ended with code ${code} before it listened`)),
    )
  })
}
