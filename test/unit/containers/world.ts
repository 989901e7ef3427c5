// Containers as `GET /containers/json` lists them, for the tests of this folder.

import { type Container, readContainer } from '../../../agent/containers/read-container.ts'
import type { Network } from '../../../agent/core/snapshot.ts'

export type Element = {
  readonly id?: string
  readonly name?: string
  readonly created?: number
  readonly state?: string
  readonly status?: string
  readonly mode?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly networks?: Readonly<Record<string, unknown>>
}

/** A container's id: the given characters, filled up. */
export const idOf = (start: string) => start.padEnd(64, '0')

/** Labels as compose sets them. */
export const compose = (service: string, number = 1, project = 'shop') => ({
  'com.docker.compose.project': project,
  'com.docker.compose.service': service,
  'com.docker.compose.container-number': `${number}`,
  'com.docker.compose.oneoff': 'False',
})

export const network = (id: string, name = id): Network => ({ id, name, ingress: false })

/** On `front` with an address, running, unless told otherwise. */
export function element({
  id = 'a1',
  name = 'web',
  created = 1_800_000_000,
  state = 'running',
  status = 'Up 2 seconds',
  mode = 'front',
  labels = {},
  networks = { front: { NetworkID: 'front', IPAddress: '172.20.0.2', GlobalIPv6Address: '' } },
}: Element = {}): unknown {
  return {
    Id: idOf(id),
    Names: [`/${name}`],
    Created: created,
    State: state,
    Status: status,
    Labels: labels,
    HostConfig: { NetworkMode: mode },
    NetworkSettings: { Networks: networks },
  }
}

export const container = (like: Element = {}): Container => readContainer(element(like))
