// One reading a second for everybody, and none for nobody.

import { expect, test } from 'vitest'
import { createBackendFeeds, createTrafficFeed } from '../../../agent/admin/traffic-feed.ts'
import { createTrafficNews } from '../../../agent/admin/traffic-news.ts'
import { AgentError } from '../../../agent/core/errors.ts'
import type { Flows } from '../../../agent/core/rates.ts'
import type { Traffic, TrafficScope } from '../../../agent/core/traffic.ts'
import { eventually } from '../../support/eventually.ts'
import { backendFigures, trafficReading } from '../../support/traffic-reading.ts'

const signal = new AbortController().signal

function world(answer: (reading: number) => Traffic = (reading) => trafficReading({ atMs: reading * 1000 })) {
  const asked: TrafficScope[] = []
  const read = async (scope: TrafficScope) => {
    asked.push(scope)
    return answer(asked.length)
  }
  return { asked, read }
}

test('those who ask at the same time, or soon after, share a reading', async () => {
  const { asked, read } = world()
  const feed = createTrafficFeed(read, { scope: 'backends', intervalMs: 60_000, signal })
  const flows = await Promise.all([feed.latest(), feed.latest(), feed.latest()])
  expect(await feed.latest()).toBe(flows[0])
  expect(asked).toEqual(['backends'])
})

test('a reading that is too old is taken anew, with the rates since', async () => {
  const { read } = world((reading) =>
    trafficReading({
      atMs: reading * 1000,
      backends: [backendFigures({ name: 'a', requests: reading * 10 })],
    }),
  )
  const feed = createTrafficFeed(read, { scope: 'backends', intervalMs: 0, signal })
  expect((await feed.latest()).backends[0]?.rates).toBeUndefined()
  expect((await feed.latest()).backends[0]?.rates?.requests).toBe(10)
})

test('it reads on while somebody follows, and stops with the last one', async () => {
  const { asked, read } = world()
  const feed = createTrafficFeed(read, { scope: 'backends', intervalMs: 5, signal })
  const heard: Flows[] = []
  const leave = feed.follow((flows) => heard.push(flows))
  const leaveToo = feed.follow(() => undefined)
  await eventually(() => heard.length >= 3)
  expect(asked.length).toBeLessThanOrEqual(heard.length + 1)
  leave()
  const told = heard.length
  await eventually(() => asked.length >= told + 3)
  expect(heard.length).toBe(told)
  leaveToo()
  const last = asked.length
  await feed.latest()
  expect(asked.length).toBeLessThanOrEqual(last + 1)
})

test('HAProxy being away ends nothing: the next reading is told', async () => {
  let tries = 0
  const read = async () => {
    tries += 1
    if (tries < 3) throw new AgentError('runtime-unreachable', 'away', { hint: '' })
    return trafficReading({ atMs: tries })
  }
  const feed = createTrafficFeed(read, { scope: 'backends', intervalMs: 1, signal })
  let heard = 0
  const leave = feed.follow(() => {
    heard += 1
  })
  await eventually(() => heard > 0)
  leave()
  expect(tries).toBeGreaterThanOrEqual(3)
})

test('backends have feeds of their own, of which a bounded number is kept', async () => {
  const { asked, read } = world()
  const feeds = createBackendFeeds(read, { intervalMs: 60_000, signal })
  const names = Array.from({ length: 40 }, (_, index) => `b${index}`)
  for (const name of names) await feeds(name).latest()
  await feeds('b39').latest()
  expect(asked).toEqual(names.map((backend) => ({ backend })))
  await feeds('b0').latest()
  expect(asked).toHaveLength(41)
})

test('news are what differs, and a backend whose status only lasts longer is none', () => {
  const newsOf = createTrafficNews()
  const flows = (requests: number, statusForS: number, names = ['a', 'b']): Flows => ({
    ...trafficReading({ atMs: 1 }),
    spanMs: undefined,
    isOtherWorker: false,
    frontends: [],
    servers: [],
    backends: names.map((name) => ({
      ...backendFigures({ name, requests: name === 'a' ? requests : 0, statusForS }),
      rates: undefined,
    })),
  })
  const told = (news: { readonly changed: () => string }) => {
    const { backends, gone } = Object(JSON.parse(news.changed()))
    return [backends.map(({ name }: { name: string }) => name), gone]
  }
  newsOf(flows(1, 1))
  expect(told(newsOf(flows(1, 2)))).toEqual([[], []])
  const changed = newsOf(flows(2, 3))
  expect(told(changed)).toEqual([['a'], []])
  expect(Object(JSON.parse(changed.whole())).backends).toHaveLength(2)
  expect(told(newsOf(flows(2, 4, ['a'])))).toEqual([[], ['b']])
})
