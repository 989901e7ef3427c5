// What happens to the Swarm while clients ask, as data.
// Owns the scenarios and who goes through them. Refuses to run them (run.ts).

import { type ContenderSpec, contenders } from '../contenders/all.ts'
import type { SimCommand } from '../sim/messages.ts'

export type Scenario = {
  readonly name: string
  /** Tasks of the service `web` as it begins. */
  readonly replicas: number
  readonly steps: readonly SimCommand[]
  /** Two cores and the time do not carry all of it for everybody: `first` is for Tidegate with the watch alone. */
  readonly isFor: 'first' | 'others' | 'all'
}

/** Under traffic in every scenario; `other` is what the ten deploys are of. */
export const services = ['web', 'other'] as const

/** Every task lives on one of these; the first is the manager. */
export const nodes = 3

const scale = (replicas: number): SimCommand => ({ kind: 'scale', service: 'web', replicas })
const roll = (order: 'start-first' | 'stop-first', parallelism: number): SimCommand => ({
  kind: 'update',
  service: 'web',
  order,
  parallelism,
})

/** A new image of a service that shares the edge; its two tasks are replaced at once. */
const deploy: SimCommand = { kind: 'update', service: 'other', order: 'start-first', parallelism: 2 }

export function scenariosOf(isQuick: boolean): readonly Scenario[] {
  const [many, some, few, deploys] = isQuick ? [5, 3, 2, 2] : [20, 6, 4, 10]
  const rolling = (order: 'start-first' | 'stop-first', replicas: number, parallelism: number): Scenario => ({
    name: `rolling update, ${order}, ${replicas} replicas`,
    replicas,
    steps: [roll(order, parallelism)],
    isFor: replicas === few ? 'all' : 'first',
  })
  const scaling = (replicas: number, isFor: Scenario['isFor']): Scenario => ({
    name: `scale 1-${replicas}-1`,
    replicas: 1,
    steps: [scale(replicas), scale(1)],
    isFor,
  })
  return [
    scaling(many, 'first'),
    scaling(some, 'others'),
    rolling('start-first', few, 1),
    rolling('stop-first', few, 1),
    rolling('start-first', many, many / 5),
    rolling('stop-first', many, many / 5),
    {
      name: 'node drain',
      replicas: 6,
      steps: [
        { kind: 'drain', node: 'node-2' },
        { kind: 'activate', node: 'node-2' },
      ],
      isFor: 'first',
    },
    {
      name: `${deploys} deploys in a row of another service`,
      replicas: few,
      steps: Array.from({ length: deploys }, () => deploy),
      isFor: 'first',
    },
  ]
}

/** In this order, one after the other; the first goes through everything. */
export function contendersOf(isQuick: boolean): readonly ContenderSpec[] {
  const { watch, polling, reload, interlock, traefik } = contenders
  return isQuick ? [watch, interlock] : [watch, polling, reload, interlock, traefik]
}
