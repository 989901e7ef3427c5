// The edge's image, from the project's own Dockerfile on the bases that haproxy/base-images.sh provides.
// Owns how it is built here. Refuses what is in it: haproxy/ has that.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { docker, dockerEnv } from './docker.ts'
import { fileKey } from './file-key.ts'
import { type EngineLayout, projectDir } from './layout.ts'
import { run } from './run.ts'

/** The name under which the stack file asks for the edge. */
export const edgeImage = 'tidegate:latest'

const dockerfile = 'haproxy/Dockerfile'
const baseImages = 'haproxy/base-images.sh'

/** Differs whenever the image would. */
export function edgeKey(): Promise<string> {
  return fileKey(['agent', 'templates', 'haproxy', 'package.json', 'package-lock.json', 'tsconfig.json'])
}

/** Builds the bases and the edge, which `say` hears about; without a Dockerfile there is nothing to build. */
export async function buildEdge(builder: EngineLayout, say: (line: string) => void): Promise<void> {
  if (!existsSync(join(projectDir, dockerfile))) {
    say(`there is no ${dockerfile}: the nodes get no image of the edge`)
    return
  }
  const options = { cwd: projectDir, timeoutMs: 600_000 }
  await run('sh', [baseImages], { ...options, env: dockerEnv(builder), hear: say })
  // The builder has no bridge, so that it leaves the machine's network alone.
  await docker(builder, ['build', '--network=host', '--file', dockerfile, '--tag', edgeImage, '.'], options)
}
