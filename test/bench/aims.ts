// What the project aims at, and whether the measurements reach it.
// Owns the limits. Refuses to fail anything: a shared machine may miss an aim that the code reaches.

import type { PageResult, Results, ThroughputResult, TopRound, Variant, WatchResult } from './results.ts'
import { median, pairedRatio, spread } from './stats.ts'
import { number, percent } from './table.ts'

export type Verdict = { readonly aim: string; readonly measured: string; readonly isMet: boolean }

const limits = {
  changeCpuMs: 5,
  startMs: 3000,
  memoryMb: 200,
  throughput: 0.97,
  statusMs: 300,
  topCpu: 0.05,
  pageOpenMs: 2000,
  pageBusy: 0.25,
  pageKeyMs: 100,
} as const

/** One verdict for each aim that was measured. */
export function verdicts(results: Results): readonly Verdict[] {
  return [
    ...changeVerdicts(results),
    ...startVerdicts(results),
    ...throughputVerdicts(results),
    ...watchVerdicts(results),
    ...pageVerdicts(results),
  ]
}

function changeVerdicts({ change }: Results): readonly Verdict[] {
  const [least] = change?.cases ?? []
  const most = change?.cases.at(-1)
  if (least === undefined || most === undefined) return []
  const { p50 } = most.inHand.cpuMs
  return [
    {
      aim: `one task's change at ${number(most.tasks)} tasks takes less than ${limits.changeCpuMs} ms of agent CPU`,
      measured: `${number(p50)} ms (median)`,
      isMet: p50 < limits.changeCpuMs,
    },
    {
      aim: `no more commands than at ${least.tasks} tasks`,
      measured: `${most.inHand.commands.max} and ${least.inHand.commands.max}`,
      isMet: most.inHand.commands.max <= least.inHand.commands.max,
    },
  ]
}

function startVerdicts({ start }: Results): readonly Verdict[] {
  if (start === undefined) return []
  const firstMs = median(start.firstAnswerMs)
  const { rssMb } = start.memoryAfterChanges
  return [
    {
      aim: `cold start at ${number(start.tasks)} tasks in less than ${limits.startMs / 1000} s`,
      measured: `${number(firstMs / 1000)} s (median)`,
      isMet: firstMs < limits.startMs,
    },
    {
      aim: `less than ${limits.memoryMb} MB of agent memory`,
      measured: `${number(rssMb)} MB resident`,
      isMet: rssMb < limits.memoryMb,
    },
  ]
}

function throughputVerdicts({ throughput }: Results): readonly Verdict[] {
  if (throughput === undefined) return []
  const pairs = [
    ['default', 'alike', 'with the same headers and retries'],
    ['default', 'headers', 'with the same headers, that sends nothing again'],
    ['default', 'rules', 'with a rule for each host'],
    ['default', 'map', 'with one map lookup and nothing else'],
    ['plain', 'map', 'with one map lookup and nothing else, information headers off'],
  ] as const
  return pairs.flatMap(([ours, other, words]) => {
    const ratio = throughputRatio(throughput, ours, other)
    if (ratio === undefined) return []
    const aim = `at least ${percent(limits.throughput)} of the throughput of a configuration by hand ${words}`
    return [{ aim, measured: percent(ratio), isMet: ratio >= limits.throughput }]
  })
}

function watchVerdicts({ watch }: Results): readonly Verdict[] {
  if (watch === undefined) return []
  const statusMs = median(watch.statusMs)
  const topCpu = Math.max(watch.quiet.topCpuShare, median(watch.beside.map(({ topCpuShare }) => topCpuShare)))
  const ratio = besideRatio(watch)
  const size = `at ${number(watch.servers)} tasks`
  return [
    {
      aim: `\`tidegate status\` ${size} in less than ${limits.statusMs} ms`,
      measured: `${number(statusMs)} ms (median)`,
      isMet: statusMs < limits.statusMs,
    },
    {
      aim: `\`tidegate top\` ${size}, one picture a second, takes less than ${percent(limits.topCpu)} of a core`,
      measured: percent(topCpu),
      isMet: topCpu < limits.topCpu,
    },
    {
      aim: `at least ${percent(limits.throughput)} of the throughput beside \`tidegate top\``,
      measured: percent(ratio),
      isMet: ratio >= limits.throughput,
    },
  ]
}

/** Usable: it opens in two seconds, has its main thread for whoever reads, and answers a key before one waits for it. */
function pageVerdicts({ page }: Results): readonly Verdict[] {
  if (page === undefined) return []
  const openedMs = median(page.openedMs)
  const busy = Math.max(...usualRounds(page).map(({ busyShare }) => busyShare))
  const { p95 } = spread(page.filterMs)
  const size = `at ${number(page.servers)} servers`
  return [
    {
      aim: `the page ${size} stands in less than ${limits.pageOpenMs / 1000} s`,
      measured: `${number(openedMs / 1000)} s (median)`,
      isMet: openedMs < limits.pageOpenMs,
    },
    {
      aim: `it takes less than ${percent(limits.pageBusy)} of a core while changes stream in`,
      measured: percent(busy),
      isMet: busy < limits.pageBusy,
    },
    {
      aim: `and a key in its filter less than ${limits.pageKeyMs} ms`,
      measured: `${number(p95)} ms (95 %)`,
      isMet: p95 < limits.pageKeyMs,
    },
  ]
}

/** Those with as many rows as the page shows by itself. */
function usualRounds({ rounds }: PageResult): PageResult['rounds'] {
  return rounds.filter(({ rows }) => rows === 'some')
}

/** How much of its throughput HAProxy has left while top watches, round by round. */
export function besideRatio({ beside, without }: WatchResult): number {
  const rates = (rounds: readonly TopRound[]) => rounds.map(({ requestsPerS }) => requestsPerS)
  return pairedRatio(rates(beside), rates(without))
}

/** How much of another variant's throughput a variant reaches, round by round; undefined where one was not measured. */
export function throughputRatio(result: ThroughputResult, name: string, other: string): number | undefined {
  const [ours, theirs] = [find(result, name), find(result, other)]
  if (ours === undefined || theirs === undefined) return undefined
  return pairedRatio(ours.requestsPerS, theirs.requestsPerS)
}

/** How much of another variant's CPU time for each request a variant takes. */
export function cpuRatio(result: ThroughputResult, name: string, other: string): number | undefined {
  const [ours, theirs] = [find(result, name), find(result, other)]
  if (ours === undefined || theirs === undefined) return undefined
  return pairedRatio(ours.cpuUsPerRequest, theirs.cpuUsPerRequest)
}

function find({ variants }: ThroughputResult, name: string): Variant | undefined {
  return variants.find((variant) => variant.name === name)
}
