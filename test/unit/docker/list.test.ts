// One list kept from reply to reply: odd elements, unchanged ones, replies that are none.

import { expect, test } from 'vitest'
import type { Docker } from '../../../agent/docker/docker.ts'
import { createList, type Oddity } from '../../../agent/docker/list.ts'
import { readService } from '../../../agent/swarm/read-element.ts'

const signal = new AbortController().signal

/** A list of services from an engine that answers with each text in turn. */
function listOf(...replies: readonly string[]) {
  const left = [...replies]
  const oddities: Oddity[] = []
  const docker: Pick<Docker, 'get'> = { get: async () => Buffer.from(left.shift() ?? '[]') }
  const list = createList({
    docker,
    endpoint: { kind: 'unix', socketPath: '/run/d.sock' },
    request: { path: '/services' },
    read: readService,
    onOddity: (oddity) => oddities.push(oddity),
  })
  return { list, oddities }
}

const service = (id: string, more: object = {}) => ({
  ID: id.padEnd(25, 'x'),
  Version: { Index: 1 },
  Spec: { Name: id },
  ...more,
})
const nameless = { ID: 'nameless', Spec: {} }

test('leaves out an element that makes no sense, and tells of it once', async () => {
  const { list, oddities } = listOf(
    JSON.stringify([service('a'), nameless, 7]),
    JSON.stringify([service('a'), { ...nameless, UpdatedAt: 'later' }, 7, service('b')]),
  )
  await list.refresh(signal)
  expect(list.values()?.map((item) => item.name)).toEqual(['a'])
  await list.refresh(signal)
  expect(list.values()?.map((item) => item.name)).toEqual(['a', 'b'])
  expect(oddities).toEqual([
    { list: '/services', id: 'nameless', found: 'Spec.Name is missing' },
    { list: '/services', id: '7', found: 'it is not an object' },
  ])
})

test('keeps the array where only members changed that nobody reads', async () => {
  const { list } = listOf(
    JSON.stringify([service('a')]),
    JSON.stringify([service('a', { UpdatedAt: 'later' })]),
  )
  await list.refresh(signal)
  const before = list.values()
  await list.refresh(signal)
  expect(list.values()).toBe(before)
})

test.for(['{"message":"x"}', '[{"ID":"a"', '<html>', ''])(
  'keeps what it had when the reply is %j',
  async (reply) => {
    const { list } = listOf(JSON.stringify([service('a')]), reply, JSON.stringify([service('b')]))
    await list.refresh(signal)
    const before = list.values()
    await expect(list.refresh(signal)).rejects.toMatchObject({
      code: 'docker-bad-reply',
      message: expect.stringContaining('GET /services with what is not a whole JSON array'),
    })
    expect(list.values()).toBe(before)
    await list.refresh(signal)
    expect(list.values()?.map((item) => item.name)).toEqual(['b'])
  },
)

test('knows nothing before the first reply', () => {
  expect(listOf().list.values()).toBeUndefined()
})
