import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { explanationLines } from '../../../agent/cli/explain-text.ts'
import { createPaint, plain } from '../../../agent/cli/paint.ts'
import type { CliPorts } from '../../../agent/cli/ports.ts'
import { AgentError } from '../../../agent/core/errors.ts'
import type { Explanation } from '../../../agent/core/explain/explanation.ts'
import type { ServerFigures, Traffic } from '../../../agent/core/traffic.ts'
import { running, service, swarm, task, tidegate } from './world.ts'

const noFigures = async () => undefined

/** No agent runs; the engine and a HAProxy in step with it answer. */
const world: Partial<CliPorts> = {
  askAgent: async () => undefined,
  readSnapshot: async () => swarm(),
  observe: async () => running(swarm()),
  readTraffic: noFigures,
}

const away = async () => {
  throw new AgentError('docker-unreachable', 'the engine is away', { hint: 'Start it.' })
}

test('what is served ends with 0, and what is not with 1', async () => {
  const codes = [
    await tidegate(['explain', 'shop.local'], world),
    await tidegate(['explain', 'shop'], world),
    await tidegate(['explain', 'blog'], world),
    await tidegate(['explain', 'http://nobody.local/'], world),
    await tidegate(['explain', 'ftp://shop.local'], world),
  ]
  expect(codes.map(({ exitCode }) => exitCode)).toEqual([0, 0, 1, 1, 1])
})

test('the first line is the answer, and cures stand below the way of the request', async () => {
  const { stdout, stderr } = await tidegate(['explain', 'blog.local/1'], world)
  expect(stderr).toBe('')
  expect(stdout).toBe(`blog.local/1 is answered with 503: label com.docker.lb.port of blog: "80a".

  frontend  http, on :80
  host      blog.local
  path      /1
  route     none

error  blog  com.docker.lb.port  port-invalid
  found     "80a"
  expected  a port from 1 to 65535
  cure      Write digits only, for example 8080.

From what Swarm says and the live HAProxy 3.0.11, worker 4242.
`)
})

test('machines are told the same', async () => {
  const { exitCode, stdout } = await tidegate(['explain', 'shop.local', '--json'], world)
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    asked: 'shop.local',
    about: 'request',
    isServed: true,
    ways: [{ backend: 'shop.local', takingRequests: 2 }],
  })
})

test('a running agent is asked first, and then nobody else', async () => {
  const explanation = JSON.parse((await tidegate(['explain', 'shop.local', '--json'], world)).stdout)
  const asked: string[] = []
  const askAgent: CliPorts['askAgent'] = async (_settings, path) => {
    asked.push(path)
    return { status: 200, body: JSON.stringify({ ...explanation, verdict: 'The agent says so.' }) }
  }
  const told = await tidegate(['explain', 'shop.local/a?b=c&d'], { askAgent })
  expect(told).toMatchObject({ exitCode: 0, stderr: '' })
  expect(told.stdout).toMatch(/^The agent says so\.\n/)
  expect(asked).toEqual(['/api/explain?of=shop.local%2Fa%3Fb%3Dc%26d'])
})

test.for([
  ['does not know the question', async () => ({ status: 404, body: '{}' })],
  ['wants a token', async () => ({ status: 401, body: '{}' })],
  ['answers as another version does', async () => ({ status: 200, body: '{"answer":42}' })],
  ['answers nonsense', async () => ({ status: 200, body: '<html>' })],
  [
    'is stuck',
    async () => {
      throw new AgentError('admin-unreachable', 'no answer', { hint: 'Restart it.' })
    },
  ],
] as const)('where the agent %s, the command finds out by itself', async ([, askAgent]) => {
  const told = await tidegate(['explain', 'shop.local'], { ...world, askAgent })
  expect(told).toEqual(await tidegate(['explain', 'shop.local'], world))
})

test('a saved snapshot is explained without an agent and without an engine', async () => {
  const { exitCode, stdout } = await tidegate(['explain', 'shop.local', '--snapshot', 'swarm.json'], {
    readFile: async () => JSON.stringify(swarm()),
    observe: async () => undefined,
  })
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^shop\.local would be served by shop: all 2 servers take requests\.\n/)
  expect(stdout).toMatch(/From what Swarm says; no HAProxy answers here, so this is what one would do\.\n$/)
})

test('where no engine answers, HAProxy is enough, and the answer says so', async () => {
  const { exitCode, stdout } = await tidegate(['explain', 'shop.local'], { ...world, readSnapshot: away })
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^shop\.local is served by shop: all 2 servers take requests\.\n/)
  expect(stdout).toContain('no engine answers')
})

test('where neither answers, the trouble with the engine is told', async () => {
  const told = await tidegate(['explain', 'shop.local'], {
    ...world,
    readSnapshot: away,
    observe: async () => undefined,
  })
  expect(told).toEqual({
    exitCode: 3,
    stdout: '',
    stderr: 'tidegate: the engine is away\nhint: Start it.\n',
  })
})

test('HAProxy is asked how the servers are that the answer is about', async () => {
  const asked: unknown[] = []
  const down = { name: 'shop.1.shopt1', status: 'DOWN' }
  const readTraffic: CliPorts['readTraffic'] = async (_settings, scope) => {
    asked.push(scope)
    return trafficOf([down])
  }
  const { stdout } = await tidegate(['explain', 'shop.local'], { ...world, readTraffic })
  expect(asked).toEqual([{ backend: 'shop.local' }])
  expect(stdout).toMatch(/^shop\.local is served by shop: 1 of 2 servers take requests\.\n/)
  expect(stdout).toMatch(/ {2}down {2}shop\.1\.shopt1 /)
})

function trafficOf(servers: readonly Pick<ServerFigures, 'name' | 'status'>[]): Traffic {
  const nothing = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, other: 0 }
  const zeros = { sessions: 0, requests: 0, bytesIn: 0, bytesOut: 0, queued: 0, connectErrors: 0 }
  const more = { responseErrors: 0, retries: 0, redispatches: 0, statusForS: 0, weight: 1, check: undefined }
  const latency = { queueMs: 0, connectMs: 0, responseMs: 0, totalMs: 0 }
  return {
    atMs: 0,
    info: {
      pid: 1,
      version: '3.0.11',
      uptimeS: 1,
      stopping: false,
      threads: 1,
      connections: 0,
      connectionsMax: 1,
      connectionsPerS: 0,
      sessionsPerS: 0,
      requests: 0,
      idlePercent: 100,
    },
    frontends: [],
    backends: [],
    servers: servers.map((each) => ({
      ...zeros,
      ...more,
      ...each,
      latency,
      responses: nothing,
      backend: 'shop.local',
      address: '10.0.0.11:8080',
    })),
  }
}

test.for([
  [['explain'], "missing required argument 'question'"],
  [['explain', 'shop', 'blog'], 'explain takes no argument "blog"'],
  [['explain', 'shop', '--retrys', '3'], "--retrys is no flag of Tidegate's"],
  [['explain', '--retrys=3', 'shop'], 'explain takes no argument "shop"'],
] as const)('the call %j is a mistake', async ([argv, message]) => {
  const { exitCode, stdout, stderr } = await tidegate(argv, world)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toContain(message)
})

test('settings may stand before the question', async () => {
  const { exitCode } = await tidegate(['explain', '--http-bind', ':8080', 'shop.local:8080'], world)
  expect(exitCode).toBe(0)
})

test('a foreign name cannot steer the terminal, and colours do not move the columns', async () => {
  const odd = service('odd', { 'hosts\u001b[2J': 'odd.local', hosts: 'x\u001b[2J' })
  const world2 = { ...world, readSnapshot: async () => swarm({ services: [odd], tasks: [task('odd', 1)] }) }
  const { stdout } = await tidegate(['explain', 'odd'], world2)
  expect(stdout).not.toContain('\u001b')
  const { stdout: json } = await tidegate(['explain', 'shop', '--json'], world)
  const explanation: Explanation = JSON.parse(json)
  const painted = explanationLines(explanation, createPaint(true, {}))
  const bare = painted.map((line) => stripVTControlCharacters(line))
  expect(bare).toEqual(explanationLines(explanation, plain))
  expect(painted).not.toEqual(bare)
})
