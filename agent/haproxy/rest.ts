// A pause that a signal cuts short.
// Refuses to be an error: whoever rests looks at the signal afterwards.

import { setTimeout as delay } from 'node:timers/promises'

export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {})
}
