// What the agent's answers look like, as far as the page relies on it.
// Looks at the outermost members alone: the page comes from the same agent, unless that was replaced under an open tab.

/**
 * @typedef {import('./model.js').Entry} Entry
 * @typedef {import('./model.js').News} News
 * @typedef {import('./model.js').Status} Status
 * @typedef {import('../../core/explain/explanation.ts').Explanation} Explanation
 * @typedef {import('../../core/rates.ts').Flows} Flows
 * @typedef {import('../status-head.ts').StatusHead} Head
 * @typedef {{ readonly entries: readonly Entry[] }} Changes
 * @typedef {{ readonly servers: Flows['servers'] }} Servers
 * @typedef {{ readonly run: string }} Hello
 */

/**
 * Whether a value has these members, and arrays where `[]` says so.
 * @param {unknown} value
 * @param {Readonly<Record<string, 'string' | 'number' | 'boolean' | 'object' | '[]'>>} members
 */
function has(value, members) {
  if (typeof value !== 'object' || value === null) return false
  const found = new Map(Object.entries(value))
  return Object.entries(members).every(([name, type]) => {
    const member = found.get(name)
    return type === '[]' ? Array.isArray(member) : typeof member === type
  })
}

/** @param {unknown} value @returns {value is Status} */
export const isStatus = (value) => has(value, { backends: '[]', problems: '[]' })

/** @param {unknown} value @returns {value is Changes} */
export const isChanges = (value) => has(value, { entries: '[]' })

/** @param {unknown} value @returns {value is Servers} */
export const isServers = (value) => has(value, { servers: '[]' })

/** @param {unknown} value @returns {value is Explanation} */
export const isExplanation = (value) =>
  has(value, { isServed: 'boolean', verdict: 'string', ways: '[]', reasons: '[]' })

/** @param {unknown} value @returns {value is Hello} */
export const isHello = (value) => has(value, { run: 'string' })

/** @param {unknown} value @returns {value is Entry} */
export const isEntry = (value) => has(value, { seq: 'number', kind: 'string', reasons: '[]', commands: '[]' })

/** @param {unknown} value @returns {value is News} */
export const isNews = (value) => has(value, { info: 'object', frontends: '[]', backends: '[]', gone: '[]' })

/** @param {unknown} value @returns {value is Head} */
export const isHead = (value) => has(value, { isReady: 'boolean', reasons: '[]', servers: 'object' })

/** What an answer that is no success says, in a sentence; undefined where it says nothing. @param {unknown} value */
export function refusalText(value) {
  if (!isRefusal(value)) return undefined
  const { message, hint } = value.error
  return hint === undefined ? message : `${message} ${hint}`
}

/** @param {unknown} value @returns {value is { readonly error: { readonly message: string, readonly hint?: string } }} */
const isRefusal = (value) =>
  has(value, { error: 'object' }) && has(Object(value).error, { message: 'string' })
