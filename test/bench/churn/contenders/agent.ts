// Tidegate as a contender: the compiled agent with its defaults, but for what the place needs.

import { type Contender, type Place, startContender } from './contender.ts'

/** Starts the agent; `flags` are further settings by name. */
export function startAgent(place: Place, flags: Readonly<Record<string, string>> = {}): Promise<Contender> {
  const settings = {
    'docker-host': `unix://${place.engine}`,
    'run-dir': place.runDir,
    'haproxy-bin': place.haproxy,
    'http-bind': `127.0.0.1:${place.port}`,
    // It runs beside the Swarm and not in it.
    'edge-networks': 'every',
    networks: 'off',
    ...flags,
  }
  const args = Object.entries(settings).flatMap(([flag, value]) => [`--${flag}`, value])
  return startContender(place, { file: place.agent, args: ['run', ...args] })
}
