// Figures as people read them: times, rates, sizes, and tables with numbers under one another.
// Pure. Refuses to know what a figure is of.

import { alignRows } from './paint.ts'

/** `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`. */
export function durationText(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  if (minutes === 0) return `${Math.floor(seconds)} s`
  if (hours === 0) return `${minutes} min`
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** `1.2 s` below ten seconds, and as a duration from there on. */
export function secondsText(milliseconds: number): string {
  return milliseconds < 9950 ? `${(milliseconds / 1000).toFixed(1)} s` : durationText(milliseconds / 1000)
}

/** `0`, `0.3`, `12`, `4.1k`, `2.5M`: a number in at most five characters, below a thousand million. */
export function shortNumber(value: number): string {
  if (value === 0) return '0'
  if (value < 9.95) return value.toFixed(1)
  if (value < 9999.5) return `${Math.round(value)}`
  return value < 999_950 ? `${shortened(value / 1000)}k` : `${shortened(value / 1_000_000)}M`
}

function shortened(value: number): string {
  return value < 99.95 ? value.toFixed(1) : `${Math.round(value)}`
}

/** `0 %`, `0.4 %`, `12 %` of a share from 0 to 1. */
export function percentText(share: number): string {
  const percent = share * 100
  return `${percent > 0 && percent < 9.95 ? percent.toFixed(1) : Math.round(percent)} %`
}

/** Lines of cells, those from a column on with their ends under one another, as numbers are. */
export function alignFigures(rows: readonly (readonly string[])[], fromColumn: number): readonly string[] {
  return alignRows(rows, undefined, fromColumn)
}
