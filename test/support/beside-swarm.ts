// Where an agent is put beside a simulated Swarm, and what it is told for that.
// Refuses to start it (agent-process.ts does), and settings that one test alone wants.

import { join } from 'node:path'
import { freePort } from './edge.ts'
import { haproxyBinary } from './haproxy-binary.ts'

export type AgentPlace = {
  /** Settings by flag name, for startAgentProcess and for the commands that look for the same agent. */
  readonly flags: Readonly<Record<string, string>>
  readonly runDir: string
  /** Of HAProxy, for plain HTTP on loopback. */
  readonly port: number
  /** The socket of the admin interface. */
  readonly admin: string
}

/** A place in a folder; `more` settings have the last word. */
export async function besideSwarm(
  { socketPath }: { readonly socketPath: string },
  dir: string,
  more: Readonly<Record<string, string>> = {},
): Promise<AgentPlace> {
  const [runDir, port] = [join(dir, 'run'), await freePort()]
  return {
    runDir,
    port,
    admin: join(runDir, 'admin.sock'),
    flags: {
      'docker-host': `unix://${socketPath}`,
      'edge-networks': 'every',
      'run-dir': runDir,
      'haproxy-bin': haproxyBinary(),
      'http-bind': `127.0.0.1:${port}`,
      ...more,
    },
  }
}
