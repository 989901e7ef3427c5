// The loop over a HAProxy in memory: what it asks for, and what is left after each surprise.

import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import { AgentError } from '../../../agent/core/errors.ts'
import { fileNames, type LoopSettings } from '../../../agent/core/settings.ts'
import type { Snapshot } from '../../../agent/core/snapshot.ts'
import { createLoop, type Loop } from '../../../agent/reconcile/loop.ts'
import {
  liveState,
  loopSettings,
  observedFrom,
  routingSettings,
  service,
  snapshot,
  tasks,
} from '../../support/builders.ts'
import { eventually } from '../../support/eventually.ts'
import { type Faults, type ModelHaproxy, modelHaproxy } from '../../support/model-haproxy.ts'

const web = service()
const shop = service({ name: 'shop' })
const world = (count: number, ...more: (typeof web)[]): Snapshot =>
  snapshot({ services: [web, ...more], tasks: tasks('web', count) })
const routingOf = (given: Snapshot) => computeRouting(given, routingSettings()).routing
const brief: Partial<LoopSettings> = { reloadSettleMs: 1, reloadSettleMaxMs: 5, retryMs: 1, retryMaxMs: 4 }

type Running = AsyncDisposable & {
  readonly loop: Loop
  readonly haproxy: ModelHaproxy
  /** What the loop reported, a word or two each. */
  readonly reports: readonly string[]
  readonly list: (given: Snapshot) => void
  /** Lists a snapshot, and waits until HAProxy and the files are in step with it. */
  readonly settle: (given: Snapshot) => Promise<void>
}

/** A loop at work, until it is disposed of. */
function start(faults: Faults = {}, before?: Snapshot, settings: Partial<LoopSettings> = {}): Running {
  const haproxy = modelHaproxy(faults, before && routingOf(before))
  const reports: string[] = []
  const loop = createLoop({
    haproxy: haproxy.port,
    renderer: haproxy.renderer,
    configFile: fileNames.config,
    settings: { serviceCluster: '', isTlsOn: true, ...loopSettings({ ...brief, ...settings }) },
    accepts: async () => true,
    clock: { nowMs: () => performance.now() },
    report: {
      outcome: (outcome) => reports.push(outcome.kind),
      problems: (appeared, gone) =>
        reports.push(...appeared.map(({ code }) => `+${code}`), ...gone.map(({ code }) => `-${code}`)),
      trouble: (error) => reports.push(`trouble ${error.code}`),
      recovered: () => reports.push('recovered'),
      late: ({ key }) => reports.push(`late ${key}`),
      drift: (actions) => reports.push(`drift ${actions.length}`),
    },
  })
  const end = new AbortController()
  const source = listing()
  const ended = loop.run(source.snapshots(end.signal), end.signal)
  return {
    loop,
    haproxy,
    reports,
    list: source.list,
    settle: async (given) => {
      source.list(given)
      await until(() => {
        expect(loop.status().isSettled).toBe(true)
        expect(liveState(haproxy.saved())).toEqual(liveState(observedFrom(routingOf(given))))
        expect(source.isEmpty()).toBe(true)
      })
    },
    [Symbol.asyncDispose]: async () => {
      end.abort()
      await ended
    },
  }
}

/** Waits until none of the expectations fails. */
function until(expectations: () => void): Promise<true> {
  return eventually(
    () => {
      expectations()
      return true
    },
    { timeoutMs: 3000 },
  )
}

const empty = observedFrom(routingOf(snapshot()))

/** A source that lists what it is handed, one after the other. */
function listing() {
  const waiting: Snapshot[] = []
  let isIdle = false
  let wake: (() => void) | undefined
  return {
    list: (given: Snapshot) => {
      waiting.push(given)
      wake?.()
    },
    isEmpty: () => isIdle && waiting.length === 0,
    snapshots: async function* (signal: AbortSignal) {
      while (!signal.aborted) {
        const next = waiting.shift()
        isIdle = next === undefined
        if (next !== undefined) yield next
        else {
          await new Promise<void>((resolve) => {
            wake = resolve
            signal.addEventListener('abort', () => resolve(), { once: true })
          })
        }
      }
    },
  }
}

/** Throws an operating error the first so many times. */
function failing(times: number, code: ConstructorParameters<typeof AgentError>[0]): () => void {
  let left = times
  return () => {
    if (left-- > 0) throw new AgentError(code, 'asked for by the test', { hint: '' })
  }
}

test('where no HAProxy runs one is started from the files, and nothing else is asked of it', async () => {
  await using it = start()
  await it.settle(world(2))
  expect(it.haproxy.calls).toEqual(['start'])
  expect(it.reports).toEqual(['start'])
})

test('what comes while a change goes out goes out next, and the files are written for both', async () => {
  let onApply = () => {}
  await using it = start({ beforeApply: () => onApply() })
  await it.settle(world(2))
  const more = [world(3), world(4)]
  onApply = () => {
    const next = more.shift()
    if (next !== undefined) it.list(next)
  }
  const before = { calls: it.haproxy.calls.length, saves: it.haproxy.saves() }
  it.list(world(5))
  await until(() => expect(it.loop.status().routing).toEqual(routingOf(world(4))))
  await until(() => expect(it.loop.status().isSettled).toBe(true))
  expect(it.haproxy.calls.slice(before.calls)).toEqual(['apply 9', 'apply 4', 'apply 3'])
  expect(it.haproxy.saves() - before.saves).toBe(1)
})

test('files are written at last, however much goes on coming', async () => {
  let count = 0
  let isOver = false
  const feed: { on: (() => void) | undefined } = { on: undefined }
  await using it = start({ beforeApply: () => feed.on?.() })
  await it.settle(world(2))
  feed.on = () => {
    if (!isOver) it.list(world(2 + (count++ % 5)))
  }
  const before = it.haproxy.saves()
  it.list(world(7))
  await until(() => expect(it.haproxy.saves()).toBeGreaterThan(before + 1))
  isOver = true
  await it.settle(world(2))
})

test('a HAProxy that runs what is wanted is adopted without a word to it', async () => {
  await using it = start({}, world(2))
  await it.settle(world(2))
  expect(it.haproxy.calls).toEqual([])
  expect(it.reports).toEqual(['adopt'])
})

test('tasks come and go live, and the files say the same', async () => {
  await using it = start({}, world(1))
  await it.settle(world(3))
  await it.settle(world(2))
  expect(it.haproxy.calls).toEqual(['apply 6', 'apply 2'])
  expect(it.loop.status().counters).toMatchObject({ reloads: 0, liveChanges: 2, actions: 8 })
})

test('a listing that changes nothing costs nothing', async () => {
  await using it = start({}, world(1))
  await it.settle(world(1))
  await it.settle(structuredClone(world(1)))
  expect(it.haproxy.calls).toEqual([])
})

test('a new service takes one reload, however many listings it comes in', async () => {
  await using it = start({}, world(1), { reloadSettleMs: 40, reloadSettleMaxMs: 400 })
  await it.settle(world(1))
  it.list(world(1, shop))
  await eventually(() => it.loop.status().pendingReload.length > 0)
  await it.settle(world(1, shop, service({ name: 'more' })))
  expect(it.haproxy.calls).toEqual(['reload'])
  expect(it.loop.status().pendingReload).toEqual([])
})

test('a live change goes out while a reload waits', async () => {
  await using it = start({}, world(1), { reloadSettleMs: 60_000, reloadSettleMaxMs: 60_000 })
  it.list(world(2, shop))
  await until(() => expect(it.haproxy.calls).toEqual(['apply 3']))
  expect(it.loop.status().isSettled).toBe(false)
  expect(it.loop.status().pendingReload.map((reason) => reason.kind)).toEqual(['backend-added'])
  await until(() =>
    expect(liveState(it.haproxy.saved())).toEqual(liveState(observedFrom(routingOf(world(2))))),
  )
})

test('a reload that is wanted no more does not happen', async () => {
  await using it = start({}, world(1), { reloadSettleMs: 60_000, reloadSettleMaxMs: 60_000 })
  it.list(world(1, shop))
  await eventually(() => it.loop.status().pendingReload.length > 0)
  await it.settle(world(1))
  expect(it.haproxy.calls).toEqual([])
})

test('one unexpected reply is answered by looking again', async () => {
  await using it = start({ beforeApply: failing(1, 'apply-failed') }, world(1))
  await it.settle(world(2))
  expect(it.haproxy.calls).toEqual(['apply 3'])
  expect(it.reports).toEqual(['trouble apply-failed', 'adopt', 'live', 'recovered'])
})

test('two unexpected replies in a row are answered by a reload', async () => {
  await using it = start({ beforeApply: failing(2, 'apply-failed') }, world(1))
  await it.settle(world(2))
  expect(it.haproxy.calls).toEqual(['reload'])
})

test('a change whose reply was lost is in the files all the same', async () => {
  await using it = start({ afterApply: failing(1, 'runtime-unreachable') }, world(1))
  await it.settle(world(2))
  expect(it.haproxy.calls).toEqual(['apply 3'])
})

test('a HAProxy that cannot be read keeps what it has, and is put in step once it can', async () => {
  await using it = start({ beforeObserve: failing(3, 'runtime-unreachable') }, world(1))
  await it.settle(world(2))
  expect(it.haproxy.calls).toEqual(['apply 3'])
  expect(it.reports.filter((report) => report.startsWith('trouble'))).toHaveLength(3)
  expect(it.reports).toContain('recovered')
})

test('a reload that fails leaves the files as what runs', async () => {
  await using it = start({ beforeReload: failing(1, 'reload-failed') }, world(1), {
    retryMs: 60_000,
    retryMaxMs: 60_000,
  })
  await it.settle(world(1))
  it.list(world(1, shop))
  await until(() => expect(it.reports).toContain('trouble reload-failed'))
  expect(liveState(it.haproxy.saved())).toEqual(liveState(observedFrom(routingOf(world(1)))))
})

test('a reload that fails is tried again', async () => {
  await using it = start({ beforeReload: failing(2, 'reload-failed') }, world(1))
  await it.settle(world(1, shop))
  expect(it.haproxy.calls).toEqual(['reload'])
})

test('a service whose part HAProxy refuses is set aside; the others go on, and so does it once it changes', async () => {
  const isBad = (config: string) => config.includes('backend shop.local')
  const onCheck: NonNullable<Faults['onCheck']> = async (files) => {
    const config = files.get(fileNames.config) ?? ''
    const line = config.split('\n').findIndex((text) => text.startsWith('backend shop.local')) + 1
    return isBad(config) ? [{ line, section: undefined, text: 'unknown keyword' }] : []
  }
  await using it = start({ onCheck }, world(1))
  it.list(world(2, shop))
  await until(() => expect(it.loop.status().isSettled).toBe(true))
  expect(liveState(it.haproxy.live() ?? empty)).toEqual(liveState(observedFrom(routingOf(world(2)))))
  expect(it.loop.status().problems.map(({ code, service: name }) => [code, name])).toEqual([
    ['config-rejected', 'shop'],
  ])
  expect(it.haproxy.calls).toEqual(['apply 3'])
  const cured = service({ name: 'shop', version: 2, lb: { hosts: 'cured.local' } })
  await it.settle(world(2, cured))
  expect(it.reports).toContain('-config-rejected')
})

test('problems are told when they appear, and when they are gone, and not in between', async () => {
  await using it = start({}, world(1))
  const mistyped = { ...world(1), services: [service({ lb: { hsots: 'x' } })] }
  await it.settle(mistyped)
  await it.settle(structuredClone(mistyped))
  await it.settle(world(1))
  expect(it.reports).toEqual(['+label-unknown', 'adopt', '-label-unknown'])
})

test('a HAProxy that died is started again from the files', async () => {
  await using it = start({}, world(2))
  await it.settle(world(2))
  it.haproxy.die(false)
  it.loop.doubt()
  await until(() => expect(it.haproxy.calls).toEqual(['start']))
  await it.settle(world(2))
})

test('a HAProxy that somebody else restarted is in step at once', async () => {
  await using it = start({}, world(1))
  await it.settle(world(2))
  it.haproxy.die(true)
  it.loop.doubt()
  await it.settle(world(2))
  expect(it.haproxy.calls).toEqual(['apply 3'])
  expect(it.reports).not.toContain('drift 1')
})

test('what somebody else changed is told as drift, and put right', async () => {
  await using it = start({}, world(2), { auditMs: 5 })
  await it.settle(world(2))
  it.haproxy.meddle([{ kind: 'close-server', backend: 'web.local', server: 'web.1.webtask1' }])
  await until(() => expect(it.reports).toContain('drift 1'))
  await it.settle(world(2))
  expect(liveState(it.haproxy.live() ?? empty)).toEqual(liveState(observedFrom(routingOf(world(2)))))
})

test('a server with open sessions is asked for until it goes, and the files forget it at once', async () => {
  let asked = 0
  await using it = start({ isBusy: () => asked++ < 3 }, world(2))
  await it.settle(world(1))
  expect(asked).toBe(4)
  expect(it.haproxy.calls).toEqual(['apply 2', 'apply 1', 'apply 1', 'apply 1'])
  expect(it.loop.status().counters.liveChanges).toBe(1)
})

test('before the first snapshot nothing is asked of HAProxy', async () => {
  await using it = start({}, world(1))
  it.loop.doubt()
  expect(it.loop.status()).toMatchObject({ routing: undefined, observed: undefined, isSettled: false })
  expect(it.haproxy.calls).toEqual([])
})

test('a source that ends leaves the loop at work', async () => {
  const haproxy = modelHaproxy({}, routingOf(world(2)))
  const end = new AbortController()
  const loop = createLoop(optionsFor(haproxy))
  const ended = loop.run(once(world(2)), end.signal)
  await eventually(() => loop.status().isSettled)
  haproxy.die(false)
  loop.doubt()
  await until(() => expect(haproxy.calls).toEqual(['start']))
  end.abort()
  await ended
})

test('a bug ends the loop with its own error', async () => {
  const haproxy = modelHaproxy({ beforeObserve: () => expect.unreachable('a bug') }, routingOf(world(1)))
  const loop = createLoop(optionsFor(haproxy))
  await expect(loop.run(once(world(1)), new AbortController().signal)).rejects.toThrow('a bug')
})

async function* once(given: Snapshot) {
  yield given
}

function optionsFor(haproxy: ModelHaproxy): Parameters<typeof createLoop>[0] {
  const deaf = () => {}
  return {
    haproxy: haproxy.port,
    renderer: haproxy.renderer,
    configFile: fileNames.config,
    settings: { serviceCluster: '', isTlsOn: true, ...loopSettings(brief) },
    accepts: async () => true,
    clock: { nowMs: () => performance.now() },
    report: { outcome: deaf, problems: deaf, trouble: deaf, recovered: deaf, late: deaf, drift: deaf },
  }
}
