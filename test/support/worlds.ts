// Random Swarms for property tests: few names, so that services meet on hosts, networks and nodes again and again.
// Owns the generators. Refuses hostile text: every world here is one that Swarm and its users could make.

import fc from 'fast-check'
import type { Service, Snapshot, Task, TaskState } from '../../agent/core/snapshot.ts'
import { lb, network, node, service, snapshot, task } from './builders.ts'

/** One service with its tasks. */
export type Deployment = { readonly service: Service; readonly tasks: readonly Task[] }

/** A Swarm before it is listed: what is deployed under each name, if anything is. */
export type World = ReadonlyMap<string, Deployment | undefined>

const names = ['a', 'b', 'c', 'd'] as const
type Name = (typeof names)[number]

const hosts = ['a.local', 'b.local', 'c.local', '*.wild.local'] as const
const addressOf = (name: Name, network: string, slot: number) =>
  `10.${network === 'demo' ? 1 : 2}.${names.indexOf(name)}.${slot + 10}`

const states: readonly (readonly [TaskState, TaskState])[] = [
  ['running', 'running'],
  ['starting', 'running'],
  ['running', 'shutdown'],
  ['ready', 'ready'],
  ['failed', 'shutdown'],
]

function anyTasks(name: Name): fc.Arbitrary<readonly Task[]> {
  const fact = fc.record({
    number: fc.nat({ max: 5 }),
    state: fc.oneof({ arbitrary: fc.constant(states[0]), weight: 4 }, fc.constantFrom(...states)),
    node: fc.constantFrom('n1', 'n2'),
    networks: fc.subarray(['demo', 'back'], { minLength: 1 }),
  })
  return fc.uniqueArray(fact, { selector: (each) => each.number, maxLength: 4 }).map((facts) =>
    facts.map(({ number, state, node: nodeId, networks }) =>
      task({
        id: `${name}${number}`,
        service: name,
        slot: (number % 3) + 1,
        nodeId,
        state: state?.[0] ?? 'running',
        desiredState: state?.[1] ?? 'running',
        attachments: networks.map((each) => ({
          networkId: `net-${each}`,
          addresses: [addressOf(name, each, number)],
        })),
      }),
    ),
  )
}

function anyDeployment(name: Name): fc.Arbitrary<Deployment> {
  return fc
    .record({
      hosts: fc.shuffledSubarray([...hosts]),
      path: fc.constantFrom('', '', '', '/app'),
      isDefault: fc.constantFrom(false, false, true),
      mode: fc.constantFrom('task', 'task', 'vip'),
      endpointMode: fc.constantFrom('vip' as const, 'vip' as const, 'dnsrr' as const),
      networks: fc.subarray(['demo', 'back'], { minLength: 1 }),
      age: fc.nat({ max: 3 }),
      tasks: anyTasks(name),
    })
    .map((given) => ({
      service: service({
        name,
        createdAt: `2026-11-24T10:00:0${given.age}Z`,
        networkIds: given.networks.map((each) => `net-${each}`).sort(),
        endpointMode: given.endpointMode,
        virtualIps: given.networks.map((each) => ({
          networkId: `net-${each}`,
          address: addressOf(name, each, 200),
        })),
        labels: lb({
          hosts: given.hosts.join(','),
          port: 8080,
          backend_mode: given.mode,
          default_backend: String(given.isDefault),
          context_root: given.path,
        }),
      }),
      tasks: given.tasks,
    }))
}

const slot = (name: Name) => fc.option(anyDeployment(name), { nil: undefined, freq: 4 })
const anyEdit = fc
  .constantFrom(...names)
  .chain((name) => slot(name).map((deployment) => ({ name, deployment })))

/** A Swarm, whole. */
export const anyWorld: fc.Arbitrary<World> = fc
  .tuple(...names.map(slot))
  .map((deployments) => new Map(names.map((name, index) => [name, deployments[index]])))

/** A Swarm and what it becomes, one or two services at a time. */
export const anyHistory: fc.Arbitrary<readonly World[]> = fc
  .tuple(
    anyWorld,
    fc.array(fc.array(anyEdit, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 6 }),
  )
  .map(([first, steps]) => {
    const worlds = [first]
    for (const edits of steps) {
      const next = new Map(worlds.at(-1))
      for (const { name, deployment } of edits) next.set(name, deployment)
      worlds.push(next)
    }
    return worlds
  })

const nodes = [node('n1'), node('n2', { address: '192.0.2.2' })]
const networks = [network('demo'), network('back')]
const edge = { networkIds: 'every' } as const

/** A world as Swarm lists it. Services and tasks that did not change keep their objects, as with the real source. */
export function listed(world: World): Snapshot {
  const deployments = [...world.values()].filter((each) => each !== undefined)
  return snapshot({
    services: deployments.map((each) => each.service),
    tasks: deployments.flatMap((each) => each.tasks),
    nodes,
    networks,
    edge,
  })
}
