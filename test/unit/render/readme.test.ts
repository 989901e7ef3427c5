import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import { backendView, configView } from '../../../agent/core/view.ts'
import { errorPages } from '../../../agent/render/error-pages.ts'
import {
  configSettings,
  routingSettings,
  service,
  snapshot,
  task,
  templatesDir,
} from '../../support/builders.ts'

const readme = readFileSync(join(templatesDir, 'README.md'), 'utf8')

/** The fields in the table below a heading. */
function listed(heading: string): readonly string[] {
  const section = readme.split(`\n### ${heading}\n`)[1]?.split(/\n##/)[0] ?? ''
  return [...section.matchAll(/^\| `([^`]+)` +\|/gm)].map((match) => match[1] ?? '')
}

/** The fields of a view, those of the objects inside with it: `timeouts.connect`, `servers[].name`. */
function fieldsOf(view: object, prefix = ''): readonly string[] {
  return Object.entries(view).flatMap(([field, value]) => {
    const name = prefix + field
    if (!Array.isArray(value)) return isObject(value) ? fieldsOf(value, `${name}.`) : [name]
    const [first]: readonly unknown[] = value
    return [name, ...(isObject(first) ? fieldsOf(first, `${name}[].`) : [])]
  })
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const own = (labels: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(labels).map(([label, text]) => [`com.tidegate.lb.${label}`, text]))
const labelled = service({
  lb: {
    context_root: '/app',
    context_root_rewrite: 'true',
    ...own({
      health_check_path: '/health',
      rate_limit: '100/s',
      basic_auth: 'demo-users',
      'request_header.X-A': 'a',
      'response_header.X-B': 'b',
    }),
  },
})
const world = snapshot({ services: [labelled], tasks: [task()] })
const [backend] = computeRouting(world, routingSettings()).routing.backends.values()

test.for([
  {
    view: 'ConfigView',
    example: configView(configSettings(), '', { passesThrough: true, defaultFile: undefined }, [
      { name: 'users-1', users: [{ name: 'anna', password: '*' }] },
    ]),
  },
  { view: 'BackendView', example: backend && backendView(backend, configSettings()) },
  { view: 'ErrorPage', example: errorPages[0] },
])('the README lists the fields of $view, each once and no other', ({ view, example }) => {
  expect(listed(view)).toEqual(fieldsOf(example ?? {}))
})

test("the README names every error page's file", () => {
  for (const { name } of errorPages) expect(readme).toContain(`\`${name}\``)
})
