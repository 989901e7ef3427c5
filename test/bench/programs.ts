// The programs that run in processes of their own, compiled. The agent itself is built as for its users.
// Owns both builds. Refuses to run them.

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
  const agent = buildAgent()
  const tsc = join(project, 'node_modules/.bin/tsc')
  build(tsc, ['-p', join(import.meta.dirname, 'tsconfig.json')])
  const compiled = (path: string) => join(work, 'test/bench', path)
  return {
    agent,
    change: compiled('change/program.js'),
    engine: compiled('engine/program.js'),
  }
}

/** Builds the agent with `npm run build`, and gives the path of its program. */
export function buildAgent(): string {
  build('npm', ['run', '--silent', 'build'])
  return join(project, 'dist/main.js')
}

function build(command: string, args: readonly string[]): void {
  const options = { cwd: project, encoding: 'utf8', timeout: 120_000 } as const
  const { status, stdout, stderr, error } = spawnSync(command, args, options)
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`the programs do not build:\n${stdout}${stderr}`)
}
