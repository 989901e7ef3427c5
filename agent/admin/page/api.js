// What the page asks of the agent.
// A browser adds the token by itself, once it was typed into its own prompt.

import { refusalText } from './answers.js'

/** An agent answers from memory; longer than this means that it is gone, or stuck. */
const timeoutMs = 10_000

const otherAgent = 'The agent answers in a way that this page does not know. Load the page again.'

/**
 * Asks for JSON of a known form. What went wrong is a sentence.
 * @template T
 * @param {string} path
 * @param {(value: unknown) => value is T} isKnown
 * @returns {Promise<{ readonly value: T } | { readonly error: string }>}
 */
export async function getJson(path, isKnown) {
  try {
    const response = await fetch(path, { signal: AbortSignal.timeout(timeoutMs) })
    /** @type {unknown} */
    const body = await response.json()
    if (!response.ok) return { error: refusalText(body) ?? `${path}: ${response.status}` }
    return isKnown(body) ? { value: body } : { error: otherAgent }
  } catch (error) {
    return { error: `The agent does not answer: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/**
 * A handler of events of a known form; others are left out.
 * @template T
 * @param {(value: unknown) => value is T} isKnown
 * @param {(value: T) => void} handle
 * @returns {(text: string) => void}
 */
export function heard(isKnown, handle) {
  return (text) => {
    /** @type {unknown} */
    const value = JSON.parse(text)
    if (isKnown(value)) handle(value)
  }
}

/**
 * Follows the stream. The browser connects again by itself, and tells the agent the last change that it has.
 * @param {Readonly<Record<string, (text: string) => void>>} handlers by the event's name
 * @param {(isOpen: boolean) => void} onOpen
 */
export function follow(handlers, onOpen) {
  const source = new EventSource('/api/stream')
  source.onopen = () => onOpen(true)
  source.onerror = () => onOpen(false)
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, ({ data }) => handle(String(data)))
  }
}
