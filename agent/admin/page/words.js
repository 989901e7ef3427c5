// Figures and times as people read them.

/** @param {number | undefined} perS */
export function rateText(perS) {
  if (perS === undefined) return '–'
  if (perS === 0) return '0'
  return perS < 10 ? perS.toFixed(1) : Math.round(perS).toLocaleString('en')
}

/**
 * A share of errors; empty where there were none, so that those that are stand out.
 * @param {number | undefined} share from 0 to 1
 */
export function shareText(share) {
  if (share === undefined || share === 0) return ''
  const percent = share * 100
  return percent < 0.1 ? '<0.1 %' : `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`
}

/** @param {number} ms */
export function durationText(ms) {
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
}

/** @param {number} seconds */
export function ageText(seconds) {
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}

/**
 * A moment by the clock on the wall.
 * @param {string} iso
 */
export function clockText(iso) {
  return new Date(iso).toLocaleTimeString('en-GB')
}

/**
 * @param {number} number
 * @param {string} noun
 */
export function countText(number, noun) {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}
