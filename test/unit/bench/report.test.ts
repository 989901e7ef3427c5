import { describe, expect, it } from 'vitest'
import { verdicts } from '../../bench/aims.ts'
import { reportText } from '../../bench/report.ts'
import { resultsSchema } from '../../bench/results.ts'
import { goodResults } from './results.ts'

describe('verdicts', () => {
  it('tells for each aim whether it was reached', () => {
    expect(verdicts(goodResults).map(({ isMet }) => isMet)).toEqual(Array.from({ length: 15 }, () => true))
  })

  it('says no where the cost of a change grows past its limit', () => {
    const { change } = goodResults
    const cases = change?.cases.map((each) => ({
      ...each,
      inHand: { ...each.inHand, cpuMs: { ...each.inHand.cpuMs, p50: 5 } },
    }))
    const missed = verdicts({ change: change && { ...change, cases: cases ?? [] } }).filter(
      ({ isMet }) => !isMet,
    )
    expect(missed.map(({ aim }) => aim)).toEqual([
      "one task's change at 10,000 tasks takes less than 5 ms of agent CPU",
    ])
  })

  it('judges throughput within each round, not across rounds', () => {
    const { throughput } = goodResults
    const slow = throughput?.variants.map((variant) =>
      variant.name === 'default' ? { ...variant, requestsPerS: [18_000, 9000] } : variant,
    )
    const judged = verdicts({ throughput: throughput && { ...throughput, variants: slow ?? [] } })
    expect(judged.map(({ measured }) => measured)).toEqual([
      '90.0 %',
      '90.0 %',
      '90.0 %',
      '90.0 %',
      '100.0 %',
    ])
    expect(judged.map(({ isMet }) => isMet)).toEqual([false, false, false, false, true])
  })

  it('says no where looking slows HAProxy down', () => {
    const { watch } = goodResults
    const slow = watch?.beside.map((round) => ({ ...round, requestsPerS: round.requestsPerS * 0.9 }))
    const judged = verdicts({ watch: watch && { ...watch, beside: slow ?? [] } })
    expect(judged.map(({ isMet }) => isMet)).toEqual([true, true, false])
  })

  it('says nothing about what was not measured', () => {
    expect(verdicts({})).toEqual([])
  })
})

describe('reportText', () => {
  it('names the machine and the versions of each part', () => {
    const line =
      'Taken 2026-11-24 11:00 UTC at abc1234: A CPU, 2 cores, 8 GB, Linux 6.1, Node v20.19.0, HAProxy 3.4.7;'
    expect(reportText(goodResults).split(line)).toHaveLength(6)
  })

  it('has a table for each part, and none for what was not measured', () => {
    const { start } = goodResults
    expect(reportText(goodResults).match(/^## .*/gm)).toEqual([
      '## Aims',
      '## What one change costs',
      '## Start and memory at 10,000 tasks',
      '## Throughput with 1,000 hosts',
      '## Looking at 1,000 hosts and 10,000 servers',
      '## The page at 1,000 hosts and 10,000 servers',
    ])
    expect(reportText({ start }).match(/^## .*/gm)).toEqual([
      '## Aims',
      '## Start and memory at 10,000 tasks',
    ])
  })

  it('is the same for results that were written and read again', () => {
    const again = resultsSchema.parse(JSON.parse(JSON.stringify(goodResults)))
    expect(reportText(again)).toBe(reportText(goodResults))
  })
})
