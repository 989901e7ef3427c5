// Makes a container of Docker's JSON: one element of `GET /containers/json`.
// Owns which members are read, and what is made of odd values. Refuses elements that could not be told apart, and names
// that must not reach HAProxy's files.

import { isIpv4, isIpv6 } from '../core/address.ts'
import { quote } from '../core/text.ts'
import {
  integerAt,
  type Json,
  Nonsense,
  neededObject,
  neededText,
  objectAt,
  textAt,
  textsAt,
} from '../docker/json-read.ts'

/** A container, in the few fields that Tidegate uses. */
export type Container = {
  /** All 64 characters. */
  readonly containerId: string
  /** Without its slash. */
  readonly name: string
  /** Seconds since 1970. */
  readonly createdAt: number
  readonly labels: Readonly<Record<string, string>>
  readonly state: ContainerState
  /** Undefined where the container has no health check. */
  readonly health: 'starting' | 'healthy' | 'unhealthy' | undefined
  /** True for a container that has no network of its own but the machine's. */
  readonly isOnHost: boolean
  readonly networks: readonly ContainerNetwork[]
}

/** `id` is empty, and there are no addresses, until the container is started. */
export type ContainerNetwork = {
  readonly id: string
  readonly name: string
  readonly addresses: readonly string[]
}

/** moby's container/state.go, StateString. */
export const containerStates = [
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
] as const

export type ContainerState = (typeof containerStates)[number]

/** What may stand in a server's name. Docker keeps its containers' names to this, compose its services'. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,117}$/

/** A container of `GET /containers/json`. Throws Nonsense. */
export function readContainer(element: unknown): Container {
  const json = neededObject(element)
  const containerId = neededText(json, 'Id')
  if (!/^[0-9a-f]{64}$/.test(containerId)) throw new Nonsense(`Id is ${quote(containerId)}`)
  return {
    containerId,
    name: readName(json),
    createdAt: Math.max(0, integerAt(json, 'Created')),
    labels: readLabels(objectAt(json, 'Labels')),
    state: readState(json),
    health: readHealth(textAt(json, 'Status')),
    isOnHost: textAt(objectAt(json, 'HostConfig'), 'NetworkMode') === 'host',
    networks: readNetworks(objectAt(objectAt(json, 'NetworkSettings'), 'Networks')),
  }
}

/** The name of its own, not one that a link has given it (`/other/alias`). */
function readName(json: Json): string {
  const names = textsAt(json, 'Names').map((name) => name.replace(/^\//, ''))
  const own = names.find((name) => !name.includes('/'))
  if (own === undefined) throw new Nonsense('it has no name')
  if (!namePattern.test(own)) throw new Nonsense(`its name is ${quote(own)}`)
  return own
}

function readLabels(json: Json): Readonly<Record<string, string>> {
  const entries = Object.entries(json).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return Object.fromEntries(entries)
}

const knownStates: ReadonlyMap<string, ContainerState> = new Map(
  containerStates.map((state) => [state, state]),
)

function readState(json: Json): ContainerState {
  const text = neededText(json, 'State')
  const state = knownStates.get(text)
  if (state === undefined) throw new Nonsense(`State is ${quote(text)}, which is no state of a container`)
  return state
}

/**
 * The list tells health within the status alone: `Up 2 seconds (health: starting)`, `Up 3 minutes (unhealthy)`
 * (moby's container/state.go, String, and container/health.go). Newer engines say it besides, in a member of its own.
 */
function readHealth(status: string): Container['health'] {
  if (status.endsWith('(health: starting)')) return 'starting'
  if (status.endsWith('(unhealthy)')) return 'unhealthy'
  return status.endsWith('(healthy)') ? 'healthy' : undefined
}

function readNetworks(json: Json): readonly ContainerNetwork[] {
  return Object.keys(json)
    .sort()
    .map((name) => {
      const network = objectAt(json, name)
      const addresses = [textAt(network, 'IPAddress'), textAt(network, 'GlobalIPv6Address')]
      return {
        id: textAt(network, 'NetworkID'),
        name,
        addresses: addresses.filter((address) => isIpv4(address) || isIpv6(address)),
      }
    })
}
