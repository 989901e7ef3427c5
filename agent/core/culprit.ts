// Which services are to blame for a configuration that HAProxy refuses.
// Refuses to run HAProxy: it reads the text that was checked and the faults that came back.

import { labelProblem } from './labels/read.ts'
import type { Problem } from './problem.ts'
import type { Backend, Routing } from './routing.ts'
import { ownerOf } from './servers.ts'
import { quote } from './text.ts'

/** One fault in a checked configuration, as HAProxy reported it: by line, by section, or by neither. */
export type ConfigFault = {
  readonly line: number | undefined
  readonly section: string | undefined
  readonly text: string
}

/** The ids of services whose part of the configuration holds a fault; empty where no fault lies in a service's part. */
export function blameByPlace(
  config: string,
  faults: readonly ConfigFault[],
  routing: Routing,
): ReadonlyMap<string, string> {
  const blamed = new Map<string, string>()
  const lines = config.split('\n')
  for (const fault of faults) {
    const service =
      fault.line === undefined
        ? routing.backends.get(fault.section ?? '')?.services[0]?.id
        : serviceAt(lines, fault.line, routing)
    if (service !== undefined && !blamed.has(service)) blamed.set(service, fault.text)
  }
  return blamed
}

/** A server's line is its own service's; any other line of a backend follows from its oldest service's labels. */
function serviceAt(lines: readonly string[], line: number, routing: Routing): string | undefined {
  const backend = backendAt(lines, line, routing)
  if (backend === undefined) return undefined
  const server = /^\s*server (\S+)/.exec(lines[line - 1] ?? '')?.[1]
  const owner = server === undefined ? undefined : ownerOf(server, backend.services)
  return (owner ?? backend.services[0])?.id
}

function backendAt(lines: readonly string[], line: number, routing: Routing): Backend | undefined {
  for (let at = Math.min(line, lines.length) - 1; at >= 0; at--) {
    const section = /^(global|defaults|frontend|backend|listen)\b\s*(\S*)/.exec(lines[at] ?? '')
    if (section === null) continue
    return section[1] === 'backend' ? routing.backends.get(section[2] ?? '') : undefined
  }
  return undefined
}

/** The certificates that faults are about, by file, each with HAProxy's words. */
export function refusedByFault(
  faults: readonly ConfigFault[],
  certificates: Routing['certificates'],
): ReadonlyMap<string, string> {
  const refused = [...certificates.keys()].flatMap((file) => {
    const fault = faults.find(({ text }) => text.includes(file))
    return fault === undefined ? [] : [[file, fault.text] as const]
  })
  return new Map(refused)
}

/** The problem of a service that was set aside so that the others' routing goes on. */
export function rejectedProblem(
  service: { readonly id: string; readonly name: string },
  text: string,
): Problem {
  const { label: _, ...problem } = labelProblem(service, '', 'config-rejected', {
    found: `HAProxy refuses the configuration made from it: ${quote(text, 300)}`,
    expected: 'a configuration that HAProxy accepts',
    hint: 'The service is set aside until it is changed. If its labels are in order, this is a fault in the templates.',
  })
  return problem
}
