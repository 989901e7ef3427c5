// HAProxy's replies as data: pure parsers of the texts that the runtime and master sockets print.
// Owns the layouts, drawn above each parser. Refuses a reply of any other shape, and names the line at fault.

import { AgentError } from '../core/errors.ts'
import type { Worker } from '../core/observed.ts'
import { quote } from '../core/text.ts'

/** Any reply that does not have the shape that its command prints. `line` is the one at fault. */
export function badReply(command: string, line: string): AgentError {
  return new AgentError(
    'runtime-bad-reply',
    `unexpected line in the reply to "${command}": ${quote(line, 200)}`,
    {
      hint: 'Another HAProxy than the agent knows, or a socket of lower level than admin.',
    },
  )
}

export function linesOf(reply: string): readonly string[] {
  return reply === '' ? [] : reply.split('\n')
}

/** How the configuration's `description` carries the digest of everything but servers and routes. */
const structurePattern = /^tidegate structure=([0-9a-f]+)$/

/**
 * Reads `show info`:
 *
 *     Name: HAProxy
 *     Version: 3.0.11-1+deb13u4
 *     Pid: 1234
 *     Stopping: 0
 *     description: tidegate structure=5f0c…        (empty without `description` in the global section)
 */
export function parseInfo(reply: string): Worker {
  const facts = infoFacts(reply)
  const structure = structurePattern.exec(facts.get('description') ?? '')?.[1] ?? ''
  return {
    pid: infoNumber(facts, 'Pid'),
    version: infoText(facts, 'Version'),
    structure,
    stopping: infoNumber(facts, 'Stopping') !== 0,
  }
}

/** The lines of `show info` by their names. */
export function infoFacts(reply: string): ReadonlyMap<string, string> {
  const facts = new Map<string, string>()
  for (const line of linesOf(reply)) {
    const colon = line.indexOf(':')
    if (colon < 0) throw badReply('show info', line)
    facts.set(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  return facts
}

/** A line of `show info` that must be there. */
export function infoText(facts: ReadonlyMap<string, string>, name: string): string {
  const value = facts.get(name)
  if (value === undefined || value === '') throw badReply('show info', `${name}: ${value ?? 'no such line'}`)
  return value
}

/** A line of `show info` that must be there and be a whole number. */
export function infoNumber(facts: ReadonlyMap<string, string>, name: string): number {
  const value = infoText(facts, name)
  if (!/^\d+$/.test(value)) throw badReply('show info', `${name}: ${value}`)
  return Number(value)
}

/**
 * Reads `show backend`, which lists empty backends too:
 *
 *     # name
 *     web.example
 *     no-route
 */
export function parseBackends(reply: string): readonly string[] {
  const [header, ...names] = linesOf(reply)
  if (header !== '# name') throw badReply('show backend', header ?? '')
  for (const name of names) if (!/^\S+$/.test(name)) throw badReply('show backend', name)
  return names
}

export type MapEntry = { readonly key: string; readonly value: string }

/**
 * Reads `show map <file>`, in the order in which HAProxy prints it; an empty map is an empty reply:
 *
 *     0x55d0c8a3b2c0 web.example/ web.example
 */
export function parseMap(reply: string): readonly MapEntry[] {
  return linesOf(reply).map((line) => {
    const [, key, value] = /^0x[0-9a-f]+ (\S+) (\S+)$/.exec(line) ?? []
    if (key === undefined || value === undefined) throw badReply('show map', line)
    return { key, value }
  })
}

/** The same for a map that a configuration of an earlier version does not name. */
export function parseOptionalMap(reply: string): readonly MapEntry[] {
  return reply.startsWith('Unknown map identifier') ? [] : parseMap(reply)
}
