import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import { isAgentError } from '../../../agent/core/errors.ts'
import type { Routing } from '../../../agent/core/routing.ts'
import { fileNames } from '../../../agent/core/settings.ts'
import { errorPages } from '../../../agent/render/error-pages.ts'
import { createRenderer } from '../../../agent/render/render.ts'
import {
  configSettings,
  routingSettings,
  service,
  snapshot,
  task,
  templatesDir,
} from '../../support/builders.ts'
import { tempDir } from '../../support/temp-dir.ts'

const settings = configSettings()
const renderer = createRenderer(templatesDir, settings)

function route(hosts = 'web.local', state: 'running' | 'starting' = 'running'): Routing {
  const world = snapshot({ services: [service({ lb: { hosts } })], tasks: [task({ state })] })
  return computeRouting(world, routingSettings()).routing
}

const text = (routing: Routing, file: string, by = renderer) => by.render(routing).get(file) ?? ''

test('a routing gives the configuration, the route map and every error page', () => {
  expect([...renderer.render(route()).keys()]).toEqual([
    'haproxy.cfg',
    'routes.map',
    'redirects.map',
    'certificates.list',
    ...errorPages.map((page) => `errors/${page.name}.html`),
  ])
})

test('a backend reads as HAProxy configuration', () => {
  const config = text(route(), fileNames.config)
  expect(config.slice(config.indexOf('\n# web (task)'))).toBe(`
# web (task)
backend web.local
    balance roundrobin
    http-request disable-l7-retry unless METH_GET || METH_OPTIONS
    server web.1.webtask1 10.0.0.11:8080 weight 1 check
`)
})

test('a server in maintenance is written disabled, so that it starts as it was left', () => {
  expect(text(route('web.local', 'starting'), fileNames.config)).toContain(
    '    server web.1.webtask1 10.0.0.11:8080 weight 1 check disabled\n',
  )
})

test('the route map has one key and one backend a line', () => {
  expect(text(route('web.local,*.web.local'), fileNames.routes)).toBe(
    '.web.local/ web.local\nweb.local/ web.local\n',
  )
})

test('the route map follows a backend that gets another name with the same routes', () => {
  const [backend] = route().backends.values()
  if (backend === undefined) return expect.unreachable('a backend')
  const named = (name: string): Routing => ({
    backends: new Map([[name, { ...backend, name }]]),
    certificates: new Map(),
    redirects: new Map(),
    problems: [],
  })
  expect(text(named('old.local'), fileNames.routes)).toBe('web.local/ old.local\n')
  expect(text(named('new.local'), fileNames.routes)).toBe('web.local/ new.local\n')
})

test('an empty routing gives a configuration without services, and an empty map', () => {
  const nothing = computeRouting(snapshot(), routingSettings()).routing
  expect(text(nothing, fileNames.config)).toContain('default_backend no-route')
  expect(text(nothing, fileNames.routes)).toBe('')
})

test('what is optional is left out, or written', () => {
  const lean = createRenderer(templatesDir, configSettings({ infoHeaders: false }))
  const full = createRenderer(
    templatesDir,
    configSettings({ maxConnections: 5000, logTarget: 'stdout', httpBind: [':80', 'unix@/run/x.sock'] }),
  )
  const [without, within] = [lean, full].map((each) => text(route(), fileNames.config, each))
  for (const part of ['x-proxy-id', 'x-upstream-addr', '    maxconn ', '    log '])
    expect(without).not.toContain(part)
  for (const part of [
    'x-proxy-id',
    '    maxconn 5000\n',
    '    log stdout ',
    '    bind :80\n    bind unix@/run/x.sock\n',
  ])
    expect(within).toContain(part)
})

test('the configuration carries the digest of its structure, the same while only servers and routes change', () => {
  const digest = renderer.structureOf(route())
  expect(digest).toMatch(/^[0-9a-f]{16}$/)
  expect(text(route(), fileNames.config)).toContain(`description 'tidegate structure=${digest}'\n`)
  expect(renderer.structureOf(route('web.local,www.local', 'starting'))).toBe(digest)
  expect(renderer.structureOf(route('www.local'))).not.toBe(digest)
})

test.for([{ retries: 7 }, { httpBind: [':81'] }, { infoHeaders: false }, { tunnelTimeoutMs: 1 }])(
  'another setting is another structure: %j',
  (given) => {
    const other = createRenderer(templatesDir, configSettings(given))
    expect(other.structureOf(route())).not.toBe(renderer.structureOf(route()))
  },
)

test('two renderers with the same settings give the same bytes', () => {
  const other = createRenderer(templatesDir, configSettings())
  expect([...other.render(route())]).toEqual([...renderer.render(route())])
})

test('only pages for requests that could be read print a request id', () => {
  const pages = [...renderer.render(route())].filter(([file]) => file.startsWith('errors/'))
  const printing = pages.filter(([, page]) => page.includes('%[unique-id]')).map(([file]) => file)
  expect(printing).toEqual(
    ['403', '413', '429', '500', '502', '503', '504', 'no-route'].map((name) => `errors/${name}.html`),
  )
})

/** A renderer with templates of one's own: the product's, but for one file. */
async function withTemplate(dir: string, name: string, change: (source: string) => string) {
  await cp(templatesDir, dir, { recursive: true })
  const path = join(dir, name)
  await writeFile(path, change(await readFile(path, 'utf8')))
  return createRenderer(dir, settings)
}

test('templates of your own are used, and make another structure', async () => {
  await using dir = await tempDir()
  const own = await withTemplate(dir.path, 'backend.cfg.ejs', (source) => `${source}    timeout server 5s\n`)
  expect(text(route(), fileNames.config, own)).toContain('    timeout server 5s\n')
  expect(own.structureOf(route())).not.toBe(renderer.structureOf(route()))
})

test.for([
  { title: 'a field that there is not', line: '<%= nosuch %>', why: 'nosuch is not defined' },
  { title: 'a field without a value', line: '<%= maxConnections %>', why: 'a template prints undefined' },
  { title: 'a list', line: '<%= httpBinds %>', why: 'a template prints :80' },
  { title: 'a truth value', line: '<%= infoHeaders %>', why: 'a template prints true' },
  { title: 'a line break', line: '<%= "a\\nb" %>', why: 'a control character in "a\\\\nb"' },
])('a template that prints $title fails, and says where and why', async ({ line, why }) => {
  await using dir = await tempDir()
  const own = await withTemplate(dir.path, 'haproxy.cfg.ejs', (source) => `${source}${line}\n`)
  const failure = caught(() => own.render(route()))
  expect(isAgentError(failure, 'template-failed') && failure.message).toMatch(
    new RegExp(`haproxy.cfg.ejs cannot be used: .*${why}`, 's'),
  )
})

test.for(['haproxy.cfg.ejs', 'backend.cfg.ejs', 'error.html.ejs'])(
  'a broken %s is refused at the start',
  async (name) => {
    await using dir = await tempDir()
    await expect(withTemplate(dir.path, name, () => '<% if (x) {')).rejects.toMatchObject({
      code: 'template-failed',
      message: expect.stringContaining(name),
    })
  },
)

test('a folder without templates is refused at the start, by the path that was looked for', async () => {
  await using dir = await tempDir()
  const failure = caught(() => createRenderer(dir.path, settings))
  expect(isAgentError(failure, 'template-failed') && failure.message).toContain(`${dir.path}/haproxy.cfg.ejs`)
})

function caught(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return expect.unreachable('it did not throw')
}
