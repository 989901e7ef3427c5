// Finds the services whose part of a configuration HAProxy refuses.
// Refuses to change anything: it only has candidates checked.

import { blameByPlace, type ConfigFault } from '../core/culprit.ts'
import { AgentError } from '../core/errors.ts'
import { type Backend, emptyRouting, type Routing } from '../core/routing.ts'
import type { Files } from './ports.ts'

export type Trial = {
  readonly render: (routing: Routing) => Files
  readonly check: (files: Files) => Promise<readonly ConfigFault[]>
  /** The name of the configuration file among the files. */
  readonly configFile: string
}

/**
 * Tells who is to blame for faults in a routing's configuration: service ids, each with HAProxy's words.
 *
 * The faults' places tell at once as a rule. Where they do not, backends are halved until one is left, at the price of a
 * check for each halving.
 * @throws AgentError `config-rejected` where the configuration is refused even without any service
 */
export async function findCulprits(
  routing: Routing,
  faults: readonly ConfigFault[],
  trial: Trial,
): Promise<ReadonlyMap<string, string>> {
  const config = trial.render(routing).get(trial.configFile) ?? ''
  const blamed = blameByPlace(config, faults, routing)
  if (blamed.size > 0) return blamed
  const withoutServices = await trial.check(trial.render(only([])))
  if (withoutServices.length > 0) throw rejected(withoutServices)
  let suspects = [...routing.backends.values()]
  while (suspects.length > 1) {
    const half = suspects.slice(0, suspects.length >> 1)
    const isGuilty = (await trial.check(trial.render(only(half)))).length > 0
    suspects = isGuilty ? half : suspects.slice(half.length)
  }
  const culprit = suspects[0]?.services[0]
  if (culprit === undefined) throw rejected(faults)
  return new Map([[culprit.id, faults[0]?.text ?? 'no reason given']])
}

function only(backends: readonly Backend[]): Routing {
  return { ...emptyRouting, backends: new Map(backends.map((backend) => [backend.name, backend])) }
}

function rejected(faults: readonly ConfigFault[]): AgentError {
  const texts = faults.map((fault) => fault.text).join('; ')
  return new AgentError('config-rejected', `HAProxy refuses the configuration: ${texts}`, {
    hint: 'No service is at fault: look at the settings (bind addresses, limits) and at the templates. What runs goes on.',
  })
}
