// Who is awaited, for how long, and how many at most.

import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import { createDoorkeeper, type DoorkeeperOptions } from '../../../agent/reconcile/doorkeeper.ts'
import { routingSettings, service, snapshot, tasks } from '../../support/builders.ts'
import { eventually } from '../../support/eventually.ts'

const route = (count: number) =>
  computeRouting(snapshot({ services: [service()], tasks: tasks('web', count) }), routingSettings()).routing

const ready = (routing: ReturnType<typeof route>) =>
  [...routing.backends.values()].flatMap(({ servers }) => servers.filter(({ admin }) => admin === 'ready'))
    .length

/** A doorkeeper, the answers that its asking waits for, and what it told. */
function keep(options: Partial<DoorkeeperOptions> = {}) {
  const answers: ((isThere: boolean) => void)[] = []
  const told: string[] = []
  const keeper = createDoorkeeper({
    accepts: () => new Promise((resolve) => answers.push(resolve)),
    graceMs: 1000,
    onLetIn: () => told.push('let in'),
    onLate: ({ server }) => told.push(`late ${server}`),
    ...options,
  })
  return { keeper, answers, told }
}

const never = new AbortController().signal

test('a newcomer is held until it answers', async () => {
  const { keeper, answers, told } = keep()
  keeper.meet(route(1), route(2), never)
  expect([keeper.awaited(), ready(keeper.hold(route(2), route(2), 0))]).toEqual([1, 1])
  answers[0]?.(true)
  await eventually(() => told.length > 0)
  expect([keeper.awaited(), ready(keeper.hold(route(2), route(2), 0))]).toEqual([0, 2])
  expect(told).toEqual(['let in'])
})

test('one that does not answer in its time is let in all the same, and told of', async () => {
  const { keeper, answers, told } = keep()
  keeper.meet(route(1), route(2), never)
  answers[0]?.(false)
  await eventually(() => told.includes('let in'))
  expect(told).toEqual(['late web.2.webtask2', 'let in'])
})

test('one is asked once, however often it is met', () => {
  const { keeper, answers } = keep()
  keeper.meet(route(1), route(2), never)
  keeper.meet(route(1), route(2), never)
  expect(answers).toHaveLength(1)
})

test('without a grace nobody is asked', () => {
  const { keeper, answers } = keep({ graceMs: 0 })
  keeper.meet(route(1), route(3), never)
  expect([keeper.awaited(), answers.length]).toEqual([0, 0])
})

test('ten thousand are awaited at most', () => {
  const { keeper } = keep()
  const [backend] = route(1).backends.values()
  const [server] = backend?.servers ?? []
  if (backend === undefined || server === undefined) throw new Error('no server')
  const servers = Array.from({ length: 10_050 }, (_, slot) => ({ ...server, name: `web.${slot}.many` }))
  keeper.meet(
    route(1),
    {
      backends: new Map([[backend.name, { ...backend, servers }]]),
      certificates: new Map(),
      redirects: new Map(),
      problems: [],
    },
    never,
  )
  expect(keeper.awaited()).toBe(10_000)
})

test('nobody is told of anything once the agent ends', async () => {
  const { keeper, answers, told } = keep()
  const end = new AbortController()
  keeper.meet(route(1), route(2), end.signal)
  end.abort()
  answers[0]?.(false)
  await eventually(() => keeper.awaited() === 0)
  expect(told).toEqual([])
})
