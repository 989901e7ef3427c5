// The engine's lists as bytes, made of recorded elements.
// Owns a Swarm of a given size, and its lists of tasks from one change to the next. Refuses sockets.
//
//   lists   L0  L1  L2 … L7      each differs from its neighbours by one task: gone, and another one there instead.
//   walk    0 1 2 … 7 6 … 1 0    so every step is one task's change, in another service than the step before.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { createIdentity } from '../../sim/identity.ts'
import { hostOf, nameOf } from '../engine/commands.ts'

export type SwarmBytes = {
  readonly services: Buffer
  readonly networks: Buffer
  readonly nodes: Buffer
  readonly taskLists: readonly Buffer[]
}

const element = z.record(z.string(), z.unknown())
const attachments = z.array(z.looseObject({ Network: z.unknown(), Addresses: z.array(z.string()) }))
type Element = z.infer<typeof element>

/** `fixtures` is the folder of recorded lists (test/fixtures/docker-api); their service `lonely` is the pattern of all. */
export function swarmBytes(fixtures: string, size: { tasks: number; services: number }): SwarmBytes {
  const read = (name: string) => readFileSync(join(fixtures, `${name}.json`))
  const pattern = patternIn(read)
  const identity = createIdentity(7)
  const services = Array.from({ length: size.services }, (_, index) =>
    serviceLike(pattern.service, identity.id(), index),
  )
  const ids = services.map((service) => String(service['ID']))
  const taskOf = (index: number): Element =>
    taskLike(pattern.task, {
      id: identity.id(),
      serviceId: ids[index % size.services] ?? '',
      slot: Math.floor(index / size.services) + 1,
      index,
    })
  let tasks = Array.from({ length: size.tasks }, (_, index) => taskOf(index))
  const taskLists = [listBytes(tasks)]
  for (let step = 1; step < lists; step += 1) {
    const index = (step * 7) % size.tasks
    tasks = tasks.with(index, taskOf(index))
    taskLists.push(listBytes(tasks))
  }
  return {
    services: listBytes(services),
    networks: read('networks'),
    nodes: read('nodes'),
    taskLists,
  }
}

const lists = 8

/** Which list is in force after so many steps. */
export function listAfter(steps: number): number {
  const at = steps % (2 * (lists - 1))
  return at < lists ? at : 2 * (lists - 1) - at
}

function patternIn(read: (name: string) => Buffer): { readonly service: Element; readonly task: Element } {
  const parse = (name: string) => z.array(element).parse(JSON.parse(read(name).toString()))
  const service = parse('services').find(({ Spec }) => element.parse(Spec)['Name'] === 'lonely')
  const task = parse('tasks').find(({ ServiceID }) => ServiceID === service?.['ID'])
  if (service === undefined || task === undefined)
    throw new Error('the recorded lists lack the service "lonely"')
  return { service, task }
}

function serviceLike(pattern: Element, id: string, index: number): Element {
  const Spec = {
    ...element.parse(pattern['Spec']),
    Name: nameOf(index),
    Labels: { 'com.docker.lb.hosts': hostOf(index), 'com.docker.lb.port': '8080' },
  }
  return { ...pattern, ID: id, Spec }
}

function taskLike(
  pattern: Element,
  { id, serviceId, slot, index }: { id: string; serviceId: string; slot: number; index: number },
): Element {
  const address = `127.64.${(index >> 8) & 255}.${index & 255}/16`
  return {
    ...pattern,
    ID: id,
    ServiceID: serviceId,
    Slot: slot,
    NetworksAttachments: attachments
      .parse(pattern['NetworksAttachments'])
      .map((each) => ({ ...each, Addresses: [address] })),
  }
}

/** In the order of ids, as moby's memdb lists. */
function listBytes(elements: readonly Element[]): Buffer {
  const texts = elements
    .toSorted((a, b) => (String(a['ID']) < String(b['ID']) ? -1 : 1))
    .map((each) => JSON.stringify(each))
  return Buffer.from(`[${texts.join(',')}]\n`)
}
