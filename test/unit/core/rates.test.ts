import { describe, expect, test } from 'vitest'
import { flowsBetween } from '../../../agent/core/rates.ts'
import type { BackendFigures, ProcessInfo, Traffic } from '../../../agent/core/traffic.ts'
import { backendFigures, trafficReading } from '../../support/traffic-reading.ts'

const { info } = trafficReading()

function backend(changes: Partial<BackendFigures> & { readonly errors?: number } = {}): BackendFigures {
  const { errors = 0, ...figures } = changes
  const quiet = backendFigures({ name: 'web' })
  return { ...quiet, responses: { ...quiet.responses, '5xx': errors }, ...figures }
}

function reading(
  atMs: number,
  backends: readonly BackendFigures[],
  worker: Partial<ProcessInfo> = {},
): Traffic {
  return trafficReading({ atMs, info: { ...info, pid: 1, uptimeS: 100, ...worker }, frontends: [], backends })
}

const ratesOf = (before: Traffic | undefined, now: Traffic) => flowsBetween(before, now).backends[0]?.rates

describe('rates', () => {
  test('the first reading has none', () => {
    const flows = flowsBetween(undefined, reading(0, [backend({ requests: 7 })]))
    expect(flows.spanMs).toBeUndefined()
    expect(flows.backends[0]).toMatchObject({ name: 'web', requests: 7, rates: undefined })
  })

  test('counts grow by their difference, in the time between the readings', () => {
    const before = reading(1000, [backend({ requests: 100, errors: 4, bytesOut: 1000, retries: 1 })])
    const now = reading(3000, [backend({ requests: 140, errors: 6, bytesOut: 5000, retries: 5 })])
    expect(ratesOf(before, now)).toEqual({
      requests: 20,
      errors: 1,
      errorShare: 0.05,
      bytesIn: 0,
      bytesOut: 2000,
      connectErrors: 0,
      responseErrors: 0,
      retries: 2,
    })
  })

  test('a backend that is new has done everything since', () => {
    expect(ratesOf(reading(0, []), reading(1000, [backend({ requests: 5 })]))?.requests).toBe(5)
  })

  test('a count that became smaller has begun anew', () => {
    const before = reading(0, [backend({ requests: 900 })])
    expect(ratesOf(before, reading(1000, [backend({ requests: 5 })]))?.requests).toBe(5)
  })

  test('another worker has counted from nothing, larger though its count may be', () => {
    const before = reading(0, [backend({ requests: 3 })])
    const flows = flowsBetween(before, reading(1000, [backend({ requests: 8 })], { pid: 2, uptimeS: 0 }))
    expect(flows.isOtherWorker).toBe(true)
    expect(flows.backends[0]?.rates?.requests).toBe(8)
  })

  test('another worker that has lived longer than the time between the readings did so in its life', () => {
    const now = reading(1000, [backend({ requests: 50 })], { pid: 2, uptimeS: 10 })
    expect(ratesOf(reading(0, [backend()]), now)?.requests).toBe(5)
  })

  test('without requests there is no share of errors', () => {
    expect(ratesOf(reading(0, [backend()]), reading(1000, [backend()]))?.errorShare).toBeUndefined()
  })

  test('errors whose requests were counted before make a share of 1, not more', () => {
    const before = reading(0, [backend({ requests: 9 })])
    expect(ratesOf(before, reading(1000, [backend({ requests: 9, errors: 3 })]))?.errorShare).toBe(1)
  })

  test('two readings at one moment have no rates', () => {
    expect(ratesOf(reading(5, [backend()]), reading(5, [backend()]))).toBeUndefined()
  })
})
