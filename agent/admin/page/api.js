// What the page asks of the agent.
// A browser adds the token by itself, once it was typed into its own prompt.

/** An agent answers from memory; longer than this means that it is gone, or stuck. */
const timeoutMs = 10_000

/**
 * Asks for JSON. What went wrong is a sentence.
 * @param {string} path
 * @returns {Promise<{ readonly value: any } | { readonly error: string }>}
 */
export async function getJson(path) {
  try {
    const response = await fetch(path, { signal: AbortSignal.timeout(timeoutMs) })
    const body = await response.json()
    if (response.ok) return { value: body }
    const { message, hint } = body.error ?? {}
    return { error: [message ?? `${path}: ${response.status}`, hint].filter(Boolean).join(' ') }
  } catch (error) {
    return { error: `The agent does not answer: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/**
 * Follows the stream. The browser connects again by itself, and tells the agent the last change that it has.
 * @param {Readonly<Record<string, (data: any) => void>>} handlers by the event's name
 * @param {(isOpen: boolean) => void} onOpen
 */
export function follow(handlers, onOpen) {
  const source = new EventSource('/api/stream')
  source.onopen = () => onOpen(true)
  source.onerror = () => onOpen(false)
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handle(JSON.parse(event.data)))
  }
}
