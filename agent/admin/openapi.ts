// The description of the API (OpenAPI 3.1), made from the schemas that answers are held against.
// Owns the words for paths and parameters. Refuses shapes (schemas.ts).

import { z } from 'zod'
import { historyKinds } from '../core/history.ts'
import { limits } from '../core/settings.ts'
import * as schemas from './schemas.ts'

type Parameter = {
  readonly name: string
  readonly in: 'query' | 'path' | 'header'
  readonly required?: boolean
  readonly description: string
  readonly schema: object
}

type Path = {
  readonly summary: string
  readonly answer: object
  readonly parameters?: readonly Parameter[]
  /** Answers besides 200, 401 and 503. */
  readonly others?: Readonly<Record<string, object>>
  readonly isOpen?: true
}

/** The shapes by the names that the description refers to. */
const components = {
  Status: schemas.status,
  Explanation: schemas.explanation,
  History: schemas.history,
  HistoryEntry: schemas.historyEntry,
  Diff: schemas.diff,
  Traffic: schemas.traffic,
  Backend: schemas.backend,
  TrafficNews: schemas.trafficNews,
  StatusChange: schemas.statusChange,
  Hello: schemas.hello,
  Gap: schemas.gap,
  Health: schemas.health,
  Readiness: schemas.readiness,
  Error: schemas.error,
} as const

const ref = (name: keyof typeof components) => ({ $ref: `#/components/schemas/${name}` })
const jsonOf = (name: keyof typeof components) => ({ content: { 'application/json': { schema: ref(name) } } })
const answerOf = (name: keyof typeof components, description: string) => ({ description, ...jsonOf(name) })
const textOf = (type: string, description: string) => ({
  description,
  content: { [type]: { schema: { type: 'string' } } },
})

const badRequest = { '400': answerOf('Error', 'The query is at fault.') }

const paths: Readonly<Record<string, Path>> = {
  '/healthz': {
    summary: 'The agent is there.',
    answer: answerOf('Health', 'It answers.'),
    isOpen: true,
  },
  '/readyz': {
    summary: 'Whether HAProxy runs what the Swarm says, and the view of the Swarm is fresh.',
    answer: answerOf('Readiness', 'It is so.'),
    others: { '503': answerOf('Readiness', 'It is not, for these reasons.') },
    isOpen: true,
  },
  '/metrics': {
    summary: "The agent's figures and HAProxy's, for Prometheus.",
    answer: textOf('text/plain', 'Text exposition format 0.0.4.'),
  },
  '/api/status': {
    summary: 'Services, routes, servers and problems, and how sure the view is.',
    answer: answerOf('Status', 'As `tidegate status --json`.'),
  },
  '/api/explain': {
    summary: 'Who would serve a request or a service, or exactly why nobody does.',
    parameters: [
      query('of', 'A URL, a host, or the name of a service.', { type: 'string', maxLength: 2048 }, true),
    ],
    answer: answerOf('Explanation', 'As `tidegate explain --json`.'),
    others: badRequest,
  },
  '/api/history': {
    summary: 'What has changed, oldest first.',
    parameters: [
      query('after', 'Entries after this number; without it, the newest.', { type: 'integer', minimum: 0 }),
      query('limit', 'How many at most.', {
        type: 'integer',
        minimum: 1,
        maximum: limits.historyEntries,
        default: 100,
      }),
      query('kind', `Of these kinds, separated by commas: ${historyKinds.join(', ')}.`, { type: 'string' }),
    ],
    answer: answerOf('History', 'As `tidegate history --json`.'),
    others: badRequest,
  },
  '/api/diff': {
    summary: 'Where what should be, what HAProxy runs and what is on disk differ.',
    answer: answerOf('Diff', 'Without rows where all is well.'),
  },
  '/api/traffic': {
    summary: "HAProxy's figures by frontend and backend, with the rates since the reading before.",
    answer: answerOf('Traffic', 'At most a second old.'),
  },
  '/api/backends/{name}': {
    summary: 'The figures of one backend and its servers.',
    parameters: [
      { name: 'name', in: 'path', required: true, description: 'Its name.', schema: { type: 'string' } },
    ],
    answer: answerOf('Backend', 'At most a second old.'),
    others: { '404': answerOf('Error', 'HAProxy has no such backend.') },
  },
  '/api/stream': {
    summary:
      'Server-sent events: `hello` (Hello) first; `change` (HistoryEntry), with an id to resume from; `gap` (Gap) where changes were missed; `traffic` (TrafficNews) each second; `status` (StatusChange) when it changes.',
    parameters: [
      query('events', 'Of change, traffic and status, separated by commas; all of them unless given.', {
        type: 'string',
      }),
      query('after', 'Changes after this number first.', { type: 'integer', minimum: 0 }),
      {
        name: 'Last-Event-ID',
        in: 'header',
        description: 'The id of the last change that came.',
        schema: { type: 'string' },
      },
    ],
    answer: textOf('text/event-stream', 'Until either side ends it.'),
    others: badRequest,
  },
  '/api/openapi.json': {
    summary: 'This description.',
    answer: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } },
  },
}

function query(name: string, description: string, schema: object, required = false): Parameter {
  return { name, in: 'query', required, description, schema }
}

/** The whole description, for a version of Tidegate. */
export function describeApi(version: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tidegate',
      version,
      description:
        'Everything here is read; nothing changes anything. Over TCP all but health takes the token.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ bearer: [] }, { basic: [] }],
    paths: Object.fromEntries(
      Object.entries(paths).map(([path, each]) => [path, { get: operationOf(path, each) }]),
    ),
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        basic: {
          type: 'http',
          scheme: 'basic',
          description: 'The token is the password; the user does not matter.',
        },
      },
      schemas: Object.fromEntries(
        Object.entries(components).map(([name, schema]) => [name, schemaOf(schema)]),
      ),
    },
  }
}

function operationOf(path: string, { summary, parameters = [], answer, others = {}, isOpen }: Path): object {
  const closed = {
    '401': answerOf('Error', 'Over TCP: the token is missing, or is another.'),
    '503': answerOf('Error', 'HAProxy, or the engine, does not answer at the moment.'),
  }
  const operationId = path.replaceAll(/[^a-z]+/g, '-').replaceAll(/^-|-$/g, '')
  return {
    operationId,
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(isOpen ? { security: [] } : {}),
    responses: { '200': answer, ...(isOpen ? {} : closed), ...others },
  }
}

function schemaOf(schema: z.ZodType): object {
  const { $schema: _, ...shape } = z.toJSONSchema(schema)
  return shape
}
