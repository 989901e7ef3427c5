import { expect, test } from 'vitest'
import { validityAt } from '../../../agent/certificates/validity.ts'

const day = 24 * 3600 * 1000
const lifetime = { notBeforeMs: 10 * day, notAfterMs: 100 * day }

test.for([
  { at: 10 * day - 1, validity: 'not-yet' },
  { at: 10 * day, validity: 'good' },
  { at: 86 * day, validity: 'good' },
  { at: 86 * day + 1, validity: 'expiring' },
  { at: 100 * day, validity: 'expiring' },
  { at: 100 * day + 1, validity: 'expired' },
] as const)('at $at a certificate from day 10 to day 100 is $validity', ({ at, validity }) => {
  expect(validityAt(lifetime, at)).toBe(validity)
})
