// The image of compose's demo application, on the base that haproxy/base-images.sh provides.
// Owns how it is built here. Refuses what is in it: compose/demo-app has that.

import { docker, dockerEnv } from './docker.ts'
import { fileKey } from './file-key.ts'
import { type EngineLayout, projectDir } from './layout.ts'
import { run } from './run.ts'

/** The name under which compose/demo.yml asks for it. */
const image = 'tidegate-demo-app'
const folder = 'compose/demo-app'

/** Differs whenever the image would. */
export function demoKey(): Promise<string> {
  return fileKey([folder])
}

/** Builds the base and the application, which `say` hears about. */
export async function buildDemo(builder: EngineLayout, say: (line: string) => void): Promise<void> {
  const options = { cwd: projectDir, timeoutMs: 600_000 }
  await run('sh', ['haproxy/base-images.sh'], { ...options, env: dockerEnv(builder), hear: say })
  await docker(builder, ['build', '--network=host', '--tag', image, folder], options)
}
