// The programs that run in processes of their own, compiled by tsc as the product is.
// Owns the build. The agent itself is built as for its users (`npm run build`).

import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'

export type Programs = {
  /** The agent, as its users run it. */
  readonly agent: string
  readonly change: string
  readonly engine: string
}

const project = join(import.meta.dirname, '../..')
const work = join(import.meta.dirname, '.work')

/** Compiles everything anew. Throws with the compiler's words where it does not compile. */
export function buildPrograms(): Programs {
  rmSync(work, { recursive: true, force: true })
  compile(join(project, 'tsconfig.build.json'))
  compile(join(import.meta.dirname, 'tsconfig.json'))
  const compiled = (path: string) => join(work, 'test/bench', path)
  return {
    agent: join(project, 'dist/main.js'),
    change: compiled('change/program.js'),
    engine: compiled('engine/program.js'),
  }
}

function compile(config: string): void {
  const tsc = join(project, 'node_modules/.bin/tsc')
  const { status, stdout, error } = spawnSync(tsc, ['-p', config], { encoding: 'utf8', timeout: 120_000 })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`the programs do not compile:\n${stdout}`)
}
