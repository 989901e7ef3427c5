// What the project aims at, and whether the measurements reach it.
// Owns the limits. Refuses to fail anything: a shared machine may miss an aim that the code reaches.

import type { Verdict } from '../aims.ts'
import { count, number } from '../table.ts'
import type { ChurnResults, Delays, Held, Propagated, PropagationResult } from './results.ts'

const limits = {
  timesFloor: 2,
  watchMs: 50,
  pollingMs: 300,
  lagMs: 500,
  /** What a heap that is not growing may still differ by between two looks. */
  memoryShare: 1.1,
  soakMb: 5,
  soakDescriptors: 2,
} as const

/** One verdict for each aim that was measured. */
export function churnVerdicts(results: ChurnResults): readonly Verdict[] {
  return [
    ...propagationVerdicts(results),
    ...lossVerdicts(results),
    ...stormVerdicts(results),
    ...soakVerdicts(results),
  ]
}

/** A contender among those that ran with the watch: the floor is that of the same commits. */
export function fastOf({ groups }: PropagationResult, name: string): Propagated | undefined {
  const fast = groups.find(({ contenders }) => contenders.some((each) => each.name === 'watch'))
  return fast?.contenders.find((each) => each.name === name)
}

function propagationVerdicts({ propagation }: ChurnResults): readonly Verdict[] {
  if (propagation === undefined) return []
  const of = (name: string) => fastOf(propagation, name)
  const [floor, watch, polling] = [of('floor'), of('watch'), of('polling')]
  if (floor === undefined || watch === undefined || polling === undefined) return []
  const both = (judge: (which: 'opened' | 'closed', word: string) => readonly Verdict[]) => [
    ...judge('opened', 'open'),
    ...judge('closed', 'closed'),
  ]
  return both((which, word) => [
    floorVerdict(word, 'median', watch[which].p50 / floor[which].p50),
    floorVerdict(word, '99 %', watch[which].p99 / floor[which].p99),
    limitVerdict(
      `with the watch: a server is ${word} within ${limits.watchMs} ms (99 %)`,
      watch[which],
      limits.watchMs,
    ),
    limitVerdict(
      `with polling: a server is ${word} within ${limits.pollingMs} ms (99 %)`,
      polling[which],
      limits.pollingMs,
    ),
  ])
}

function floorVerdict(word: string, which: string, times: number): Verdict {
  return {
    aim: `with the watch: a server is ${word} within ${limits.timesFloor} times the floor (${which})`,
    measured: `${number(times)} times`,
    isMet: times <= limits.timesFloor,
  }
}

function limitVerdict(aim: string, { p99, never }: Delays, limitMs: number): Verdict {
  const missed = never === 0 ? '' : `, ${never} never`
  return { aim, measured: `${number(p99)} ms${missed}`, isMet: p99 < limitMs && never === 0 }
}

function lossVerdicts({ loss }: ChurnResults): readonly Verdict[] {
  const own = loss?.rows.filter(({ contender }) => contender === 'watch') ?? []
  if (own.length === 0) return []
  const sum = (value: (row: (typeof own)[number]) => number) =>
    own.reduce((total, row) => total + value(row), 0)
  const leastRate = Math.min(...own.map(({ requests, durationS }) => requests / durationS))
  const none = (aim: string, found: number): Verdict => ({ aim, measured: count(found), isMet: found === 0 })
  return [
    none(
      'deploys with the watch: no failed request',
      sum(({ failed }) => failed),
    ),
    none(
      'deploys with the watch: no reload',
      sum(({ reloads }) => reloads),
    ),
    none(
      'deploys with the watch: no websocket cut while its task lives',
      sum(({ websocketsCut }) => websocketsCut),
    ),
    none(
      'deploys with the watch: no download cut while its task lives',
      sum(({ downloadsCut }) => downloadsCut),
    ),
    {
      aim: 'at least 500 requests a second in each scenario',
      measured: `${count(leastRate)} in the slowest`,
      isMet: leastRate >= 500,
    },
  ]
}

function stormVerdicts({ storm }: ChurnResults): readonly Verdict[] {
  if (storm === undefined) return []
  const grown = storm.agentAfter.rssMb / storm.agentBefore.rssMb
  const what = `${count(storm.flapping)} of ${count(storm.tasks)} tasks flapping`
  return [
    limitVerdict(`${what}: servers open within ${limits.lagMs} ms (99 %)`, storm.opened, limits.lagMs),
    limitVerdict(`${what}: servers closed within ${limits.lagMs} ms (99 %)`, storm.closed, limits.lagMs),
    {
      aim: `${what}: the agent’s memory stays flat (within 10 %)`,
      measured: `${number(storm.agentBefore.rssMb)} and ${number(storm.agentAfter.rssMb)} MB`,
      isMet: grown <= limits.memoryShare,
    },
  ]
}

function soakVerdicts({ soak }: ChurnResults): readonly Verdict[] {
  if (soak === undefined) return []
  const none = (what: string, found: number): Verdict => ({
    aim: `soak: no ${what}`,
    measured: count(found),
    isMet: found === 0,
  })
  return [
    none('request failed while HAProxy was there', soak.failedGracefully),
    none('leaked server', soak.leakedServers),
    none('difference from a fresh start', soak.differences),
    none('old worker left', soak.oldWorkers),
    leakVerdict('agent', soak.agentBefore, soak.agentAfter),
    leakVerdict('HAProxy', soak.haproxyBefore, soak.haproxyAfter),
  ]
}

/** A descriptor or two, and some megabytes, are within what two looks at the same process differ by. */
function leakVerdict(name: string, before: Held, after: Held): Verdict {
  const descriptors = after.descriptors - before.descriptors
  const grownMb = after.rssMb - before.rssMb
  return {
    aim: `soak: no descriptor and no megabyte leaked by ${name === 'agent' ? 'the agent' : name}`,
    measured: `${signed(descriptors)} descriptors, ${signed(Math.round(grownMb * 10) / 10)} MB`,
    isMet: descriptors <= limits.soakDescriptors && grownMb <= limits.soakMb,
  }
}

function signed(value: number): string {
  return value > 0 ? `+${value}` : String(value)
}
