import { describe, expect, it } from 'vitest'
import { createLedger, isCutAlive } from '../../../bench/churn/ledger.ts'
import { mostOf } from '../../../bench/churn/most.ts'
import { createRandom } from '../../../bench/churn/random.ts'
import { createOperations } from '../../../bench/churn/soak/operations.ts'
import { isExcused } from '../../../bench/churn/soak/outages.ts'

function ledgerOf(...commits: readonly (readonly ['running' | 'stopping', string, string, number])[]) {
  const ledger = createLedger()
  for (const [is, id, address, atMs] of commits) ledger.take({ is, id, address, atMs })
  return ledger
}

describe('isCutAlive', () => {
  const ledger = ledgerOf(
    ['running', 'a', '10.0.0.1', 1000],
    ['stopping', 'a', '10.0.0.1', 5000],
    ['running', 'b', '10.0.0.1', 9000],
  )
  const cut = (openedMs: number, atMs: number) =>
    isCutAlive({ address: '10.0.0.1', openedMs, atMs }, ledger, 2100)

  it('blames nobody for what ends after its task was sent SIGTERM', () => {
    expect(cut(2000, 7100)).toBe(false)
  })

  it('blames the edge for what ends before that, decided as it may be', () => {
    expect(cut(2000, 7099)).toBe(true)
    expect(cut(2000, 4000)).toBe(true)
  })

  it('tells the task that had the address then from the one that has it now', () => {
    expect(cut(9500, 20_000)).toBe(true)
    expect(ledger.running()).toEqual(new Set(['b']))
  })
})

describe('isExcused', () => {
  it('excuses what fails while HAProxy is dead, and a moment later', () => {
    const outages = [{ fromMs: 1000, untilMs: 1500 }]
    expect([999, 1000, 1750, 1751].map((atMs) => isExcused(atMs, outages))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })
})

describe('mostOf', () => {
  it('names the most frequent', () => {
    expect(mostOf(['a', 'b', 'b'])).toBe('2 × b')
    expect(mostOf([])).toBe('')
  })
})

describe('createOperations', () => {
  it('draws the same by the same seed, and brings everything home', () => {
    const draw = (seed: number) => {
      const operations = createOperations(createRandom(seed))
      return [...Array.from({ length: 200 }, operations.next), ...operations.home(), ...operations.home()]
    }
    expect(draw(4)).toEqual(draw(4))
    expect(draw(4)).not.toEqual(draw(5))
    const kinds = draw(4).map(({ kind }) => kind)
    const times = (kind: string) => kinds.filter((each) => each === kind).length
    expect(times('drain')).toBe(times('activate'))
    expect(times('create')).toBe(times('remove'))
    expect(times('create')).toBeGreaterThan(0)
  })
})
