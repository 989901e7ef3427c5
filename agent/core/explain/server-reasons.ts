// What HAProxy does with servers whose tasks may serve.
// Refuses tasks that do not run: task-reasons.ts has those.

import { logsCure, relabelCure } from '../cures.ts'
import { serverRows } from '../labels/server-rows.ts'
import type { Service } from '../snapshot.ts'
import { compareText, listText } from '../text.ts'
import type { Reason, ReasonCode, ServerLine, ServerState } from './explanation.ts'
import type { Known } from './facts.ts'

type Telling = {
  readonly states: readonly ServerState[]
  readonly code: ReasonCode
  readonly found: (servers: string) => string
  readonly expected: (service: Told) => string
  readonly cure: (service: Told) => string
}

/** Where HAProxy alone is known, a service is but a name. */
type Told = Pick<Service, 'name' | 'origin' | 'labels'>

const taskWord = ({ origin }: Told) => (origin === undefined ? 'task' : 'container')
const anAccepting = (service: Told) =>
  `a ${taskWord(service)} that accepts connections at its address and port`

const tellings: readonly Telling[] = [
  {
    states: ['down'],
    code: 'server-down',
    found: (servers) => `HAProxy's health check cannot connect to ${servers}`,
    expected: anAccepting,
    cure: (service) =>
      `Is com.docker.lb.port the port that the process listens on, on all its addresses? Look at the ${taskWord(service)}: ${logsCure(service)}. It returns within seconds of accepting again.`,
  },
  {
    states: ['held', 'unproven'],
    code: 'server-held-back',
    found: (servers) => `nothing accepts connections yet at ${servers}`,
    expected: anAccepting,
    cure: () =>
      'The agent opens it as soon as it does. If this stays: com.docker.lb.port must be the port that the process listens on, on all its addresses, not on 127.0.0.1 alone.',
  },
  {
    states: ['maintenance'],
    code: 'in-maintenance',
    found: (servers) => `the service's label keeps ${servers} out of rotation`,
    expected: () => 'no such label once the work is done',
    cure: (service) => relabelCure(service, serverRows.maintenance.label, 'false'),
  },
  {
    states: ['drain'],
    code: 'server-drained',
    found: (servers) => `somebody has set ${servers} to drain in HAProxy`,
    expected: () => 'servers in the state that the agent gives them',
    cure: () => 'The agent puts it right at its next audit (setting audit-interval).',
  },
  {
    states: ['missing'],
    code: 'server-pending',
    found: (servers) => `HAProxy does not have ${servers} yet`,
    expected: ({ origin }) =>
      origin === undefined ? 'each server that Swarm asks for' : 'a server for each container',
    cure: () =>
      'It comes within moments. If it does not: tidegate plan says what is left to do, and the log what hinders it.',
  },
]

/** Reasons why servers of running tasks get no requests: errors where no server does, warnings otherwise. */
export function serverReasons(
  servers: readonly ServerLine[],
  isServed: boolean,
  { servicesByName }: Pick<Known, 'servicesByName'>,
): readonly Reason[] {
  const runs = servers.filter(({ task }) => task === undefined || task.state === 'running')
  const services = [...new Set(runs.map(({ service }) => service))].sort(compareText)
  return tellings.flatMap((telling) =>
    services.flatMap((service) => {
      const affected = runs.filter((each) => each.service === service && telling.states.includes(each.state))
      const told = servicesByName.get(service) ?? { name: service, labels: {} }
      return affected.length === 0 ? [] : reasonOf(telling, told, affected, isServed)
    }),
  )
}

function reasonOf(
  { code, found, expected, cure }: Telling,
  service: Told,
  servers: readonly ServerLine[],
  isServed: boolean,
): Reason {
  const named = listText(
    servers.map(({ address }) => address),
    3,
  ).replaceAll('"', '')
  const severity = isServed ? 'warning' : 'error'
  return {
    code,
    severity,
    service: service.name,
    found: found(named),
    expected: expected(service),
    cure: cure(service),
  }
}
