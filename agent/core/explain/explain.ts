// Who would serve a request or a service, step by step, or exactly why nobody does.
// Pure: the same question to the same facts gets the same answer. Refuses to look anything up in the world.

import type { Observed } from '../observed.ts'
import type { Backend, Routing } from '../routing.ts'
import type { Service } from '../snapshot.ts'
import { explainRequest } from './explain-request.ts'
import { explainService } from './explain-service.ts'
import type { Explanation } from './explanation.ts'
import {
  type ExplainFacts,
  type ExplainSettings,
  indexFacts,
  type Known,
  nameWithin,
  originOf,
} from './facts.ts'
import type { Question } from './question.ts'
import { subjectOf } from './subject.ts'
import { nothingVerdict } from './verdict.ts'

/** Explains what was asked. With `observed` the answer is what HAProxy does now; without, what it would do. */
export function explain(question: Question, facts: ExplainFacts): Explanation {
  return answer(question, indexFacts(facts, true))
}

/** The same where no engine can be asked: from routes and servers that HAProxy runs alone. */
export function explainObserved(
  question: Question,
  facts: {
    readonly observed: Observed
    readonly statuses?: ReadonlyMap<string, string>
    readonly settings: ExplainSettings
  },
): Explanation {
  const services = servicesSeen(facts.observed)
  const snapshot = {
    services: [...services.values()],
    tasks: [],
    nodes: [],
    networks: [],
    edge: { networkIds: [] },
  }
  return answer(
    question,
    indexFacts({ ...facts, snapshot, routing: routingSeen(facts.observed, services) }, false),
  )
}

/** The backends whose servers an explanation tells of, for HAProxy's own word on them (`statuses`). */
export function backendsOf({ ways }: Explanation): readonly string[] {
  return ways.map(({ backend }) => backend)
}

function answer(question: Question, known: Known): Explanation {
  const subject = subjectOf(question, known)
  switch (subject.kind) {
    case 'request':
      return explainRequest(question, subject.request, known)
    case 'service':
      return explainService(question, subject.service, known, subject.remarks)
    case 'nothing': {
      const { reasons } = subject
      const verdict = nothingVerdict(question, reasons)
      return {
        asked: question.text,
        about: 'nothing',
        isServed: false,
        verdict,
        ...originOf(known),
        ways: [],
        reasons,
      }
    }
  }
}

/** The services that servers' names speak of: `service.slot.taskid`, or the service alone for a virtual IP. */
function servicesSeen({ backends }: Observed): ReadonlyMap<string, Service> {
  const names = [...backends.values()].flatMap(({ servers }) => [...servers.keys()].map(nameWithin))
  return new Map(names.map((name) => [name, serviceSeen(name)]))
}

function serviceSeen(name: string): Service {
  return {
    id: name,
    name,
    createdAt: '',
    version: 0,
    labels: {},
    mode: 'replicated',
    networkIds: [],
    endpointMode: 'vip',
    virtualIps: [],
    hostPorts: [],
  }
}

/** What HAProxy runs, taken for what is wanted. */
function routingSeen(observed: Observed, services: ReadonlyMap<string, Service>): Routing {
  const { backends, certificates, defaultCertificate, redirects } = observed
  const seen = [...backends].map(([name, { routes, servers }]): [string, Backend] => {
    const names = [...new Set([...servers.keys()].map(nameWithin))].sort()
    const own = names.flatMap((each) => services.get(each) ?? [])
    return [
      name,
      {
        name,
        services: own.map(({ id, name: service }) => ({
          id,
          name: service,
          mode: servers.has(service) ? 'vip' : 'task',
          networkIds: [],
        })),
        routes,
        options: {},
        servers: [...servers].map(([server, { admin, ...place }]) => ({
          ...place,
          name: server,
          admin: admin === 'ready' ? 'ready' : 'maint',
        })),
      },
    ]
  })
  return { backends: new Map(seen), certificates, defaultCertificate, redirects, problems: [] }
}
