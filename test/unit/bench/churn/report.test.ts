import { describe, expect, it } from 'vitest'
import { churnVerdicts } from '../../../bench/churn/aims.ts'
import { partNames, readChurnFlags } from '../../../bench/churn/flags.ts'
import { churnText } from '../../../bench/churn/report.ts'
import { type ChurnResults, churnSchema } from '../../../bench/churn/results.ts'
import { goodChurn } from './results.ts'

const missed = (results: ChurnResults) =>
  churnVerdicts(results).flatMap(({ aim, measured, isMet }) => (isMet ? [] : [`${aim}: ${measured}`]))

describe('churnVerdicts', () => {
  it('tells for each aim whether it was reached', () => {
    expect(churnVerdicts(goodChurn)).toHaveLength(22)
    expect(missed(goodChurn)).toEqual([])
  })

  it('compares the watch with the floor of the same commits', () => {
    const { propagation } = goodChurn
    const [fast, slow] = propagation?.groups ?? []
    if (propagation === undefined || fast === undefined || slow === undefined) throw new Error('no groups')
    const [floor, watch, polling] = fast.contenders
    if (floor === undefined || watch === undefined || polling === undefined) throw new Error('no contenders')
    const late = { ...watch, opened: { ...watch.opened, p50: 9, never: 1 } }
    const groups = [slow, { ...fast, contenders: [floor, late, polling] }]
    expect(missed({ propagation: { ...propagation, groups } })).toEqual([
      'with the watch: a server is open within 2 times the floor (median): 2.25 times',
      'with the watch: a server is open within 50 ms (99 %): 39.0 ms, 1 never',
    ])
  })

  it('holds against Tidegate what its own rows say, and not the peers’', () => {
    const { loss } = goodChurn
    const rows = loss?.rows.map((row) =>
      row.contender === 'watch' ? { ...row, failed: 2, requests: 9000 } : row,
    )
    expect(missed({ loss: loss && { ...loss, rows: rows ?? [] } })).toEqual([
      'deploys with the watch: no failed request: 2',
      'at least 500 requests a second in each scenario: 450 in the slowest',
    ])
  })

  it('sees a process that grows', () => {
    const { soak, storm } = goodChurn
    const grown = { descriptors: 31, rssMb: 98 }
    const bigger = { rssMb: 200, peakMb: 220 }
    expect(
      missed({
        soak: soak && { ...soak, agentAfter: grown },
        storm: storm && { ...storm, agentAfter: bigger },
      }),
    ).toEqual([
      '500 of 10,000 tasks flapping: the agent’s memory stays flat (within 10 %): 180 and 200 MB',
      'soak: no descriptor and no megabyte leaked by the agent: +11 descriptors, +8 MB',
    ])
  })
})

describe('churnText', () => {
  it('leaves out what was not measured', () => {
    const { soak } = goodChurn
    const headings = (results: ChurnResults) => churnText(results).match(/^## .*$/gm)
    expect(headings({ soak })).toEqual(['## Aims', '## A soak of 10.0 minutes'])
    expect(headings(goodChurn)).toHaveLength(5)
  })

  it('shows each way of each scenario, with what failed most often', () => {
    const row = churnText(goodChurn)
      .split('\n')
      .find((line) => line.includes('| the way traefik') && line.includes('scale'))
    expect(row?.split('|').map((cell) => cell.trim())).toEqual([
      ...['', 'scale 1-20-1', 'the way traefik', '20.0', '12,000', '600', '31', '2', '0', '0', '48'],
      ...['20 × POST on a new connection: 503', ''],
    ])
  })

  it('says the same of results that were kept', () => {
    const kept = churnSchema.parse(JSON.parse(JSON.stringify(goodChurn)))
    expect(churnText(kept)).toBe(churnText(goodChurn))
  })
})

describe('readChurnFlags', () => {
  it('measures everything unless told otherwise, in the order of the report', () => {
    expect(readChurnFlags([])).toEqual({ parts: partNames, isQuick: false })
    expect(readChurnFlags(['soak', 'loss', '--quick'])).toEqual({ parts: ['loss', 'soak'], isQuick: true })
  })
})
