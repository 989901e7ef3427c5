// A page under the eyes of a bench: when it is full, what its main thread takes, how long a key takes, what it holds.
// Owns the questions to Chromium. Refuses to know what goes on behind the page.

import { setTimeout as wait } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { z } from 'zod'

const busy = z.object({
  /** Of one core, from 0 to 1: scripts, styles, layout and painting on the main thread. */
  busyShare: z.number(),
  scriptShare: z.number(),
  /** The longest time that the main thread could not answer for; 0 where none was 50 ms or more. */
  longestMs: z.number(),
})

export type Seen = {
  /** Milliseconds from the navigation until all hosts are known and the table has its rows. */
  readonly whenFull: (hosts: number) => Promise<number>
  readonly busyFor: (forMs: number) => Promise<z.infer<typeof busy> & { readonly shown: number }>
  /** Presses "Show more" until all rows are there. */
  readonly showAll: () => Promise<void>
  /** For each letter of some words, typed and taken back: milliseconds from the key until the table is laid out again. */
  readonly filter: () => Promise<number[]>
  /** After a collection of garbage. */
  readonly memory: () => Promise<{ readonly heapMb: number; readonly nodes: number }>
}

const words = ['s0500', '.example', '99', 'nothing like it']

export async function watchPage(page: Page): Promise<Seen> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const metrics = async () => {
    const told = await devtools.send('Performance.getMetrics')
    return new Map(told.metrics.map(({ name, value }) => [name, value]))
  }
  const figure = (told: ReadonlyMap<string, number>, name: string) => told.get(name) ?? Number.NaN
  await page.evaluate(longTasks)
  return {
    whenFull: async (hosts) => z.number().parse(await page.evaluate(fullAt(hosts))),
    busyFor: async (forMs) => {
      const [before, startedMs] = [await metrics(), performance.now()]
      await page.evaluate(longTasks)
      await wait(forMs)
      const after = await metrics()
      const tookS = (performance.now() - startedMs) / 1000
      const share = (name: string) => (figure(after, name) - figure(before, name)) / tookS
      return {
        busyShare: share('TaskDuration'),
        scriptShare: share('ScriptDuration'),
        longestMs: z.number().parse(await page.evaluate('Math.max(0, ...window.longTasks)')),
        shown: await page.locator('#rows tr.row').count(),
      }
    },
    showAll: async () => {
      const more = page.locator('#show-more')
      while (await more.isVisible()) await more.click()
    },
    filter: async () => z.array(z.number()).parse(await page.evaluate(keyTimes(words))),
    memory: async () => {
      await devtools.send('HeapProfiler.collectGarbage')
      const told = await metrics()
      return { heapMb: figure(told, 'JSHeapUsedSize') / 1e6, nodes: figure(told, 'Nodes') }
    },
  }
}

// What follows runs in the page, and is handed over as text: it may use nothing from outside.

const longTasks = `
  window.longTasks = []
  window.longTaskObserver?.disconnect()
  window.longTaskObserver = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longTasks.push(duration)
  })
  window.longTaskObserver.observe({ type: 'longtask' })`

const fullAt = (hosts: number) => `
  new Promise((resolve, reject) => {
    const look = () => {
      const isFull =
        document.getElementById('hosts-count')?.textContent === '${hosts}' &&
        document.querySelector('#rows tr.row .plot') !== null
      if (isFull) resolve(performance.now())
      else if (performance.now() > 60_000) reject(new Error('not full after a minute'))
      else requestAnimationFrame(look)
    }
    look()
  })`

const keyTimes = (typed: readonly string[]) => `
  (() => {
    const search = document.getElementById('search')
    const times = []
    const press = (text) => {
      const startedMs = performance.now()
      search.value = text
      search.dispatchEvent(new InputEvent('input', { bubbles: true }))
      document.body.getBoundingClientRect()
      times.push(performance.now() - startedMs)
    }
    for (const word of ${JSON.stringify(typed)}) {
      for (let length = 1; length <= word.length; length += 1) press(word.slice(0, length))
      for (let length = word.length - 1; length >= 0; length -= 1) press(word.slice(0, length))
    }
    return times
  })()`
