// The docker client, run against one engine of a test bed.
// Owns where it talks to. Refuses the caller's docker settings: contexts and credentials are for other engines.

import type { EngineLayout } from './layout.ts'
import { type RunOptions, run } from './run.ts'

/** Runs `docker ARGS` against an engine and resolves to what it printed, without the last line's end. */
export async function docker(
  engine: Pick<EngineLayout, 'socket' | 'runDir'>,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const printed = await run('docker', args, { ...options, env: { ...options.env, ...dockerEnv(engine) } })
  return printed.trimEnd()
}

/** What a program needs in its environment to reach this engine as its docker. */
export function dockerEnv({
  socket,
  runDir,
}: Pick<EngineLayout, 'socket' | 'runDir'>): Readonly<Record<string, string>> {
  return { DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: runDir, DOCKER_BUILDKIT: '0', DOCKER_CONTEXT: '' }
}
