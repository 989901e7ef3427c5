// A plain HAProxy for a bench: one process, in the foreground, killed at the end.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ask } from '../../support/client.ts'
import { eventually } from '../../support/eventually.ts'
import { configName, type VariantFiles } from './configs.ts'

export type PlainHaproxy = AsyncDisposable & { readonly pid: number }

/** Starts HAProxy from files in a folder and resolves when it answers 200 for the host. Rejects with HAProxy's own words. */
export async function startPlain(
  binary: string,
  dir: string,
  files: VariantFiles,
  answering: { readonly port: number; readonly host: string },
): Promise<PlainHaproxy> {
  for (const [name, content] of files) {
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), content)
  }
  const child = spawn(binary, ['-db', '-f', join(dir, configName)], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  const failed = text(child.stderr).then((said) => Promise.reject(new Error(`HAProxy ended: ${said}`)))
  failed.catch(() => {})
  const end = async () => {
    child.kill('SIGKILL')
    await ended
  }
  try {
    const answers = eventually(async () => (await ask(answering)).status === 200, { timeoutMs: 20_000 })
    await Promise.race([answers, failed])
  } catch (error) {
    await end()
    throw error
  }
  return { pid: child.pid ?? 0, [Symbol.asyncDispose]: end }
}
