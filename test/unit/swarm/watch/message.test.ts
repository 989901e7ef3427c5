// Messages of the watch: those that a real engine sent, and those that make no sense.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { taskStates } from '../../../../agent/core/snapshot.ts'
import { readTask } from '../../../../agent/swarm/read-element.ts'
import { readMessage } from '../../../../agent/swarm/watch/message.ts'
import { encodeRequest, watchRequest } from '../../../../agent/swarm/watch/proto.ts'
import { encodeMessage } from '../../../sim/watch-server.ts'

const recording = z
  .object({ messages: z.array(z.string()), tasks: z.array(z.unknown()) })
  .parse(JSON.parse(readFileSync(new URL('../../../fixtures/swarmkit/watch.json', import.meta.url), 'utf8')))
const told = recording.messages.map((message) => readMessage(Buffer.from(message, 'base64')))

test('the first message tells nothing', () => {
  expect(told[0]).toEqual({ tasks: [], lists: [], removedServices: [] })
})

test('a task passes through its states as it does in the list', () => {
  const states = told.flatMap(({ tasks }) =>
    tasks.map((each) =>
      each.kind === 'removed' ? 'removed' : `${each.listed.task.state}, ${each.listed.task.desiredState}`,
    ),
  )
  expect(states).toEqual([
    'new, running',
    'pending, running',
    'assigned, running',
    'preparing, running',
    'starting, running',
    'running, running',
    'running, remove',
    'running, remove',
    'shutdown, remove',
    'removed',
  ])
})

test('a task is read as the list shows it, in every member', () => {
  const listed = recording.tasks.map(readTask)
  expect(listed).toHaveLength(1)
  const changes = told.flatMap(({ tasks }) => tasks)
  const same = changes.find((each) => each.kind === 'committed' && each.listed.version === listed[0]?.version)
  expect(same).toEqual({ kind: 'committed', listed: listed[0] })
  expect(listed[0]?.task.hostPorts).toHaveLength(1)
  expect(listed[0]?.task.attachments[0]?.addresses).toHaveLength(1)
})

test('what is not applied is a list to ask for, and the removal of a service is told', () => {
  const lists = told.flatMap((each) => each.lists)
  expect(new Set(lists)).toEqual(new Set(['services', 'nodes']))
  expect(told.flatMap((each) => each.removedServices)).toEqual([expect.stringMatching(/^[a-z0-9]{25}$/)])
  const network = { events: [{ action: 1, object: { network: { id: 'n' } } }] }
  expect(readMessage(encodeMessage(network)).lists).toEqual(['networks'])
})

test.for([
  ['without an id', { serviceId: 's', status: { state: 512 }, desiredState: 512 }],
  ['without a service', { id: 't', status: { state: 512 }, desiredState: 512 }],
  ['in a state that there is not', { id: 't', serviceId: 's', status: { state: 513 }, desiredState: 512 }],
] as const)('a task %s is left to the list', ([, task]) => {
  const message = { events: [{ action: 2, object: { task } }] }
  expect(readMessage(encodeMessage(message))).toEqual({ tasks: [], lists: ['tasks'], removedServices: [] })
})

test('every state of a task has a number', () => {
  const numbers = [0, 64, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 800, 832]
  const events = numbers.map((state) => ({
    action: 2,
    object: { task: { id: 't', serviceId: 's', status: { state }, desiredState: state } },
  }))
  const read = readMessage(encodeMessage({ events })).tasks.flatMap((each) =>
    each.kind === 'committed' ? [each.listed.task.state] : [],
  )
  expect(read).toEqual(taskStates)
})

test('bytes are a message or an error, and never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        const { tasks, lists } = readMessage(bytes)
        expect(tasks.length + lists.length).toBeLessThanOrEqual(200)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
        expect(error).not.toBeInstanceOf(TypeError)
      }
    }),
  )
})

test('a recorded message that is damaged is a message or an error', () => {
  const bytes = fc.constantFrom(...recording.messages.slice(1)).map((text) => Buffer.from(text, 'base64'))
  fc.assert(
    fc.property(bytes, fc.nat(), fc.nat(255), (message, at, byte) => {
      const damaged = Buffer.from(message)
      damaged[at % damaged.length] = byte
      try {
        readMessage(damaged)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
        expect(error).not.toBeInstanceOf(TypeError)
      }
    }),
  )
})

test('a request names each kind with every action', () => {
  expect(watchRequest.toObject(watchRequest.decode(encodeRequest(['task', 'node'])))).toEqual({
    entries: [
      { kind: 'task', action: 7 },
      { kind: 'node', action: 7 },
    ],
  })
})
