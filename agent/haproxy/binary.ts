// The HAProxy program itself: which version it is.
// Owns the reading of `haproxy -v`. Refuses to look for a program: the settings name it.

import { AgentError } from '../core/errors.ts'
import { quote } from '../core/text.ts'
import { parseVersion, type Version } from './capabilities.ts'
import { deadlineFor } from './deadline.ts'
import { runProgram } from './spawn.ts'

const timeoutMs = 10_000

/**
 * Asks the program for its version:
 *
 *     HAProxy version 3.0.11-1+deb13u4 2026/10/15 - https://haproxy.org/
 *
 * @throws AgentError `haproxy-missing` when it is not there, or is no HAProxy
 */
export async function readBinaryVersion(binary: string, signal: AbortSignal): Promise<Version> {
  using deadline = deadlineFor(signal, timeoutMs)
  const { output } = await runProgram(binary, ['-v'], deadline.signal)
  const version = /^HA-?Proxy version (\S+)/.exec(output)?.[1]
  if (version !== undefined) return parseVersion(version)
  throw new AgentError('haproxy-missing', `${binary} -v printed ${quote(output.trim())}`, {
    hint: 'This is no HAProxy: name the program of HAProxy 3.0 or later.',
  })
}
