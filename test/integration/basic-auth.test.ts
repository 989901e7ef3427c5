// Basic authentication on a real HAProxy: who comes in, that nobody does without a list, and that no hash is told.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readUsers } from '../../agent/certificates/read-users.ts'
import { computeRouting } from '../../agent/core/desired.ts'
import { fileNames } from '../../agent/core/settings.ts'
import { createRenderer } from '../../agent/render/render.ts'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import {
  configSettings,
  routingSettings,
  service,
  snapshot,
  task,
  templatesDir,
} from '../support/builders.ts'
import { ask } from '../support/client.ts'
import { type Edge, startEdge } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { haproxyBinary } from '../support/haproxy-binary.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'

/** Each kind of hash that is taken, of the password `secret`, as crypt(3) made it. */
const hashes = {
  md5: '$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1',
  sha256: '$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.',
  sha512:
    '$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.',
  rounds:
    '$6$rounds=1000$abcdefgh$nhYjN017qxiYztzyUpZtPnUQcnLy62KsunSLHNeLahp2EHPlAKmFFlrjEwSXGo2kgY5hR2.peKEg2VGUqIJJu1',
  bcrypt: '$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a',
} as const
const staff = Object.entries(hashes).map(([name, hash]) => `${name}:${hash}\n`)

let dir: TempDir
let swarm: SimulatedSwarm
let edge: Edge
let folder: string

beforeAll(async () => {
  dir = await tempDir()
  folder = join(dir.path, 'certs')
  await mkdir(folder)
  await put('staff.htpasswd', `# staff\n${staff.join('')}`)
  swarm = await createSimulatedSwarm({ socketPath: join(dir.path, 'docker.sock'), timing: fastTiming })
  await swarm.createNetwork('demo')
  create('open', {})
  create('closed', { 'com.tidegate.lb.basic_auth': 'staff', 'com.tidegate.lb.health_check_path': '/' })
  edge = await startEdge({
    engine: swarm.socketPath,
    runDir: join(dir.path, 'run'),
    flags: { certificates: folder },
  })
  await edge.settled()
}, 30_000)

afterAll(async () => {
  await edge?.[Symbol.asyncDispose]()
  await swarm?.[Symbol.asyncDispose]()
  await dir?.[Symbol.asyncDispose]()
})

function create(name: string, labels: Readonly<Record<string, string>>): void {
  const hosts = { 'com.docker.lb.hosts': `${name}.local` }
  swarm.createService({ name, replicas: 2, networks: ['demo'], port: 8080, labels: { ...hosts, ...labels } })
}

async function put(name: string, text: string): Promise<void> {
  await writeFile(join(folder, `.${name}.new`), text)
  await rename(join(folder, `.${name}.new`), join(folder, name))
}

const statusOf = async (host: string, user?: string) => {
  const authorization = `Basic ${Buffer.from(user ?? '').toString('base64')}`
  const headers = user === undefined ? {} : { authorization }
  return (await ask({ port: edge.port, host, headers })).status
}

const becomes = (status: number, user?: string) =>
  eventually(async () => (await statusOf('closed.local', user)) === status, { timeoutMs: 10_000 })

const problems = () => edge.status().problems.map(({ code }) => code)

test('without name and password, or with wrong ones, 401 and a question; other services are as before', async () => {
  const asked = await ask({ port: edge.port, host: 'closed.local' })
  expect([asked.status, asked.headers['www-authenticate']]).toEqual([401, 'Basic realm="closed.local"'])
  expect(await statusOf('closed.local', 'sha512:wrong')).toBe(401)
  expect(await statusOf('closed.local', 'nobody:secret')).toBe(401)
  expect(await statusOf('closed.local', `sha512:${hashes.sha512}`)).toBe(401)
  expect(await statusOf('open.local')).toBe(200)
})

test.for(Object.keys(hashes))('a password with a hash by %s is good', async (name) => {
  expect(await statusOf('closed.local', `${name}:secret`)).toBe(200)
})

test('another list in the same file is in force by one reload', async () => {
  const { reloads } = edge.status().counters
  await put('staff.htpasswd', `carol:${hashes.sha512}\n`)
  await becomes(200, 'carol:secret')
  expect(await statusOf('closed.local', 'sha512:secret')).toBe(401)
  await edge.settled()
  expect(edge.status().counters.reloads).toBe(reloads + 1)
})

test.for([
  ['with a password that is no hash', 'carol:secret\n', 'users-broken'],
  ['that is not there', undefined, 'users-missing'],
] as const)('a list %s lets nobody in, and a good one does again', async ([, text, code]) => {
  if (text === undefined) await rm(join(folder, 'staff.htpasswd'))
  else await put('staff.htpasswd', text)
  await becomes(503, 'carol:secret')
  expect(await statusOf('closed.local')).toBe(503)
  expect(problems()).toEqual([code])
  await put('staff.htpasswd', `carol:${hashes.sha512}\n`)
  await becomes(200, 'carol:secret')
  await edge.settled()
  expect(problems()).toEqual([])
})

test('the label added to a service that everybody could use closes it', async () => {
  swarm.updateService('open', { labels: { 'com.tidegate.lb.basic_auth': 'absent' } })
  await eventually(async () => (await statusOf('open.local')) === 503, { timeoutMs: 10_000 })
  swarm.updateService('open', { labels: { 'com.tidegate.lb.basic_auth': 'staff' } })
  await eventually(async () => (await statusOf('open.local')) === 401, { timeoutMs: 10_000 })
  expect(await statusOf('open.local', 'carol:secret')).toBe(200)
  await edge.settled()
})

test('a hash stands in the configuration alone, which only HAProxy and its group can read', async () => {
  const path = join(edge.settings.haproxy.runDir, fileNames.config)
  expect(await readFile(path, 'utf8')).toContain(`user carol password ${hashes.sha512}`)
  expect((await stat(path)).mode & 0o007).toBe(0)
  const told = JSON.stringify([edge.told, edge.status()], (_, value) =>
    value instanceof Map ? [...value] : value,
  )
  for (const hash of Object.values(hashes)) expect(told).not.toContain(hash)
})

describe('any file', () => {
  const evil = fc.constantFrom(
    ':',
    '$',
    '\n',
    '\r',
    ' ',
    '#',
    '"',
    "'",
    '\\',
    '\0',
    '$6$',
    '$1$',
    'backend x',
    'é',
  )
  const hash = fc.constantFrom(...Object.values(hashes), '$apr1$', 'plain')
  const good = fc
    .tuple(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,9}$/), fc.constantFrom(...Object.values(hashes)))
    .map(([name, of]) => `${name}:${of}`)
  const bad = fc
    .tuple(
      fc.oneof(fc.constantFrom('anna', 'b@c', 'x+1'), evil),
      fc.constantFrom(':', '', '::'),
      hash,
      fc.option(evil),
    )
    .map(([name, colon, text, tail]) => `${name}${colon}${text}${tail ?? ''}`)
  const line = fc.oneof({ weight: 3, arbitrary: good }, { weight: 1, arbitrary: bad })
  const file = fc.oneof(
    fc.array(line, { maxLength: 4 }).map((lines) => lines.join('\n')),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(fc.oneof(evil, hash, fc.constant('anna')), { maxLength: 8 }).map((parts) => parts.join('')),
  )
  const asking = service({ lb: { 'com.tidegate.lb.basic_auth': 'staff' } })

  test('is no list, or one that HAProxy takes, each user on a line of his own', async () => {
    await using place = await tempDir()
    let lists = 0
    fc.assert(
      fc.property(file, (text) => {
        const { users } = readUsers(Buffer.from(text))
        if (users === undefined) return
        lists += 1
        const config = configOf(users)
        const section = config.split('\nuserlist ')[1]?.split('\n\n')[0]?.split('\n').slice(1)
        expect(section).toEqual(users.map(({ name, hash: of }) => `    user ${name} password ${of}`))
        if (lists <= 20) expect(check(place.path, config)).toBe(0)
      }),
      { numRuns: 2000 },
    )
    expect(lists).toBeGreaterThan(20)
  })

  function configOf(users: readonly { readonly name: string; readonly hash: string }[]): string {
    const material = { name: 'staff', from: 'secret', digest: 'a1'.repeat(32), users: ['anna'] } as const
    const world = snapshot({ services: [asking], tasks: [task()], materials: [material] })
    const renderer = createRenderer(templatesDir, configSettings(), () => users)
    return renderer.render(computeRouting(world, routingSettings()).routing).get(fileNames.config) ?? ''
  }

  function check(path: string, config: string): number | null {
    // What else HAProxy reads is other tests' affair: the users alone, and one who asks for them.
    const userlist = `userlist ${config.split('\nuserlist ')[1]?.split('\n\n')[0]}\n`
    const name = /userlist (\S+)/.exec(userlist)?.[1]
    const proxy = `listen x\n  mode http\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\n  bind unix@${path}/x.sock\n  http-request auth realm a unless { http_auth(${name}) }\n`
    writeFileSync(join(path, 'x.cfg'), userlist + proxy)
    return spawnSync(haproxyBinary(), ['-c', '-f', join(path, 'x.cfg')]).status
  }
})
