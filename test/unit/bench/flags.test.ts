import { describe, expect, it } from 'vitest'
import { readFlags } from '../../bench/flags.ts'

describe('readFlags', () => {
  it('measures everything unless something is named', () => {
    expect(readFlags([])).toEqual({
      names: ['change', 'start', 'throughput', 'watch', 'page', 'tls'],
      isQuick: false,
    })
  })

  it('measures what is named, in its own order and once', () => {
    expect(readFlags(['throughput', 'change', 'change', '--quick'])).toEqual({
      names: ['change', 'throughput'],
      isQuick: true,
    })
  })
})
