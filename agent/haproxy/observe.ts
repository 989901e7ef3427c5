// Reads what HAProxy runs now, in one exchange.
// Owns the questions and how their answers fit together. Refuses to judge what it sees (core/plan.ts).

import { parseCertificateList } from '../core/certificate-list.ts'
import type { Observed, ObservedServer } from '../core/observed.ts'
import type { LivePaths } from '../core/settings.ts'
import { capabilitiesOf, parseVersion } from './capabilities.ts'
import { parseBackends, parseInfo, parseMap, parseOptionalMap } from './replies.ts'
import type { Runtime } from './runtime.ts'
import { parseServersState } from './servers-state.ts'

export type ObserveOptions = LivePaths & {
  /** Backends of the configuration that no routing knows. One that a route leads to is observed all the same. */
  readonly ignoreBackends: readonly string[]
}

/**
 * What HAProxy runs now: its worker, its backends, their servers, and the routes that lead to them.
 *
 * A route to a backend that does not exist is given as a backend without servers, so that a plan sees what to remove.
 * `show backend` is asked because `show servers state` leaves out backends without servers.
 * @throws AgentError `runtime-unreachable`, `runtime-bad-reply`, and `haproxy-too-old` below 3.0
 */
export async function observe(
  runtime: Runtime,
  options: ObserveOptions,
  signal: AbortSignal,
): Promise<Observed> {
  const { routesMap, redirectsMap, certificatesList } = options
  const questions = [
    'show info',
    'show backend',
    'show servers state',
    `show map ${routesMap}`,
    `show map ${redirectsMap}`,
  ]
  if (certificatesList !== undefined) questions.push(`show ssl crt-list -n ${certificatesList}`)
  const replies = await runtime.send(questions, signal)
  const [info = '', backends = '', servers = '', map = '', redirects = '', list = ''] = replies
  const worker = parseInfo(info)
  capabilitiesOf(parseVersion(worker.version))
  const found = collect(parseBackends(backends))
  for (const { backend, name, server } of parseServersState(servers))
    found.of(backend).servers.set(name, server)
  for (const { key, value } of parseMap(map)) found.of(value).routes.push(key)
  const certificates = parseCertificateList(list, options).map((each) => [each.file, each] as const)
  return {
    worker,
    backends: found.finish(options.ignoreBackends),
    certificates: new Map(certificates),
    redirects: new Map(parseOptionalMap(redirects).map(({ key, value }) => [key, value])),
  }
}

type Found = { readonly routes: string[]; readonly servers: Map<string, ObservedServer> }

function collect(names: readonly string[]) {
  const backends = new Map<string, Found>()
  const of = (name: string): Found => {
    const known = backends.get(name)
    if (known !== undefined) return known
    const fresh: Found = { routes: [], servers: new Map() }
    backends.set(name, fresh)
    return fresh
  }
  names.forEach(of)
  const finish = (ignored: readonly string[]): Observed['backends'] => {
    for (const name of ignored) if (backends.get(name)?.routes.length === 0) backends.delete(name)
    return new Map(
      [...backends].map(([name, { routes, servers }]) => [
        name,
        { routes: routes.sort(), servers, source: undefined, inStep: false, closing: new Map() },
      ]),
    )
  }
  return { of, finish }
}
