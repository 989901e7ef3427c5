// How the text of a label becomes a time, a size, a rate or a number.
// Refuses knowledge of which label holds what (the *-rows.ts).

import { bad, good, type Parsed } from './values.ts'

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const dayMs = 86_400_000

type Range = { readonly least: number; readonly most: number }

/** A whole number within bounds. */
export const parseNumber =
  ({ least, most }: Range, example: string) =>
  (text: string): Parsed<number> => {
    const trimmed = text.trim()
    const expected = `a whole number from ${least} to ${most}`
    if (!/^\d{1,10}$/.test(trimmed)) return bad(text, expected, `Write digits only, as ${example}.`)
    const value = Number(trimmed)
    return value >= least && value <= most ? good(value) : bad(text, expected, 'Check the number.')
  }

/** A time with its unit, as HAProxy writes it, in milliseconds; the bounds as well. */
export const parseTime =
  ({ least, most }: Range) =>
  (text: string): Parsed<number> => {
    const expected = `a time from ${shown(least)} to ${shown(most)}`
    const [, digits = '', unit = ''] = /^(\d{1,10})(ms|s|m|h|d)$/.exec(text.trim().toLowerCase()) ?? []
    const factor = unitMs[unit]
    if (factor === undefined) {
      return bad(text, expected, 'Write a whole number and its unit (ms, s, m, h or d), as 30s.')
    }
    const value = Number(digits) * factor
    return value >= least && value <= most
      ? good(value)
      : bad(text, expected, 'Check the number and its unit.')
  }

function shown(timeMs: number): string {
  const [unit = 'ms', factor = 1] = Object.entries(unitMs).findLast(([, each]) => timeMs % each === 0) ?? []
  return `${timeMs / factor}${unit}`
}

/** A time as nginx writes it, in milliseconds: `10` for seconds, `10s`, `1m 30s`. At most a day. */
export function parseNginxTime(text: string): Parsed<number> {
  const trimmed = text.trim().toLowerCase()
  const expected = 'a time of at most one day, as nginx writes it'
  if (!/^(?:\d{1,9}|\d{1,9}(?:ms|s|m|h|d)(?: ?\d{1,9}(?:ms|s|m|h|d))*)$/.test(trimmed)) {
    return bad(text, expected, 'Write for example 10s, or 1m.')
  }
  const parts = trimmed.matchAll(/(\d+)(ms|s|m|h|d)?/g)
  const value = [...parts].reduce(
    (sum, [, digits, unit = 's']) => sum + Number(digits) * (unitMs[unit] ?? 0),
    0,
  )
  return value <= dayMs ? good(value) : bad(text, expected, 'Check the number and its unit.')
}

const unitBytes: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** A size in bytes, or with k, m or g behind it. */
export function parseSize(text: string): Parsed<number> {
  const expected = 'a size from 1 byte to 1024g'
  const [, digits = '', unit = ''] = /^(\d{1,13})([kmg]?)b?$/.exec(text.trim().toLowerCase()) ?? []
  const value = Number(digits || undefined) * (unitBytes[unit] ?? 0)
  if (Number.isNaN(value))
    return bad(text, expected, 'Write a whole number with k, m or g behind it, as 10m.')
  return value >= 1 && value <= 1024 ** 4
    ? good(value)
    : bad(text, expected, 'Check the number and its unit.')
}

/** So many requests in a time. */
export type Rate = { readonly requests: number; readonly periodMs: number }

/** Requests for a time, as `100/s` or `600/10m`. */
export function parseRate(text: string): Parsed<Rate> {
  const expected = 'a number of requests for a time of one second to one day'
  const [, requests = '', count = '', unit = ''] =
    /^(\d{1,9})\/(\d{0,5})(s|m|h|d)$/.exec(text.trim().toLowerCase().replaceAll(' ', '')) ?? []
  const factor = unitMs[unit]
  if (factor === undefined) return bad(text, expected, 'Write for example 100/s, or 600/10m.')
  const periodMs = (count === '' ? 1 : Number(count)) * factor
  const isInRange = periodMs >= 1000 && periodMs <= dayMs && Number(requests) >= 1
  return isInRange
    ? good({ requests: Number(requests), periodMs })
    : bad(text, expected, 'Check the numbers.')
}

/** Statuses of HTTP and ranges of them, `200-299,304`, without blanks. */
export function parseStatuses(text: string): Parsed<string> {
  const parts = text.trim().split(',', 21)
  const expected = 'at most 20 statuses or ranges of them, from 100 to 599'
  const isGood = parts.length <= 20 && parts.every((part) => isStatusRange(part.trim()))
  if (!isGood) return bad(text, expected, 'Write for example 200-399, or 200,204.')
  return good(parts.map((part) => part.trim()).join(','))
}

function isStatusRange(text: string): boolean {
  const [, first = '', last = first] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? []
  return first !== '' && first <= last
}
