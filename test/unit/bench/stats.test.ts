import { describe, expect, it } from 'vitest'
import { median, pairedRatio, percentile, spread } from '../../bench/stats.ts'

describe('percentile', () => {
  it('is always a value that was measured', () => {
    expect(percentile([30, 10, 20, 40], 0.5)).toBe(20)
    expect(percentile([1], 0.95)).toBe(1)
  })

  it('is exceeded by no more than the rest of the measurements', () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1)
    expect(percentile(values, 0.95)).toBe(95)
    expect(percentile(values, 1)).toBe(100)
    expect(percentile(values, 0)).toBe(1)
  })

  it('refuses to make a figure of nothing', () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError)
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('median', () => {
  it('lies between the two in the middle of an even number', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(median([3, 1, 2])).toBe(2)
  })

  it('leaves the measurements in their order', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })
})

describe('spread', () => {
  it('tells how many measurements it stands for', () => {
    expect(spread([5, 1, 3])).toEqual({ count: 3, p50: 3, p95: 5, max: 5 })
  })
})

describe('pairedRatio', () => {
  it('is not moved by what slows a whole round down', () => {
    expect(pairedRatio([100, 10, 100], [200, 20, 200])).toBe(0.5)
  })

  it('refuses measurements without their counterpart', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow('2 and 1 rounds')
  })
})
