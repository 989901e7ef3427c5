// The contenders, each with its name in the results and in words.
// The peers' ways are theirs in the one respect that is measured: when they learn of a change, and that they reload.

import { fileURLToPath } from 'node:url'
import { startAgent } from './agent.ts'
import { type Contender, type Place, startContender } from './contender.ts'
import type { PeerOptions } from './peer-options.ts'

export type ContenderSpec = {
  readonly name: string
  readonly what: string
  readonly start: (place: Place, options?: StartOptions) => Promise<Contender>
}

export type StartOptions = {
  /** Further settings of the agent, by flag name. */
  readonly flags?: Readonly<Record<string, string>>
}

const watch: ContenderSpec = {
  name: 'watch',
  what: 'Tidegate, with the watch',
  start: (place, { flags } = {}) => startAgent(place, { 'swarm-socket': place.swarmSocket, ...flags }),
}

const polling: ContenderSpec = {
  name: 'polling',
  what: 'Tidegate, polling (default cadence)',
  start: (place, { flags } = {}) => startAgent(place, flags),
}

const floor: ContenderSpec = {
  name: 'floor',
  what: 'floor: a bare watch client, one socket command',
  start: (place) => startProgram('floor.ts', place, { haproxy: place.haproxy }),
}

const peer = (name: string, what: string, way: PeerOptions['way']): ContenderSpec => ({
  name,
  what,
  start: (place) => startProgram('peer.ts', place, { haproxy: place.haproxy, way }),
})

export const contenders = {
  watch,
  polling,
  floor,
  interlock: peer('interlock', 'poll each 3 s and reload (Interlock)', { kind: 'poll', everyMs: 3000 }),
  traefik: peer('traefik', 'poll each 15 s and reload (Traefik’s cadence)', {
    kind: 'poll',
    everyMs: 15_000,
  }),
  reload: peer('reload', 'reload on each change (HAProxy-based peers), heard from the watch', {
    kind: 'watch',
  }),
} as const satisfies Readonly<Record<string, ContenderSpec>>

function startProgram(file: string, place: Place, options: object): Promise<Contender> {
  const { runDir, port, engine, swarmSocket } = place
  return startContender(place, {
    file: fileURLToPath(new URL(file, import.meta.url)),
    args: [JSON.stringify({ runDir, port, engine, swarmSocket, ...options })],
  })
}
