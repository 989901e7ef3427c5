// The compose demo as a newcomer brings it up: a real engine without a Swarm, a real compose, the images as they ship.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { Tally } from '../support/traffic.ts'
import { createDemo, type Demo, slowly } from './compose-demo/demo.ts'

const hosts = ['web.localhost', 'api.localhost', 'shop.localhost']
const quickly = ['--detach', '--pull', 'never', '--no-build', '--no-recreate']

let demo: Demo

beforeAll(async () => {
  demo = await createDemo('tgdemo')
  await demo.compose('up', ...quickly)
})

afterAll(async () => {
  await demo?.[Symbol.asyncDispose]()
})

/** Brings `web` to so many containers, and waits until they all answer. */
async function scaleWeb(count: number): Promise<void> {
  await demo.compose('up', ...quickly, '--scale', `web=${count}`)
  await eventually(async () => (await demo.tasksOf('web.localhost')).length === count, slowly)
}

/** Traffic to all three hosts while the work is done, and a moment longer. */
async function underTraffic(work: () => Promise<unknown>): Promise<Tally> {
  await using traffic = await demo.node.startTraffic({ hosts, clients: 6, pauseMs: 10, maxMs: 120_000 })
  await work()
  await demo.settled()
  return await traffic.stop()
}

test('docker compose up brings up an edge that answers for three hosts, each with its own service', async () => {
  for (const host of hosts) {
    const { body } = await eventually(async () => {
      const answer = await demo.node.ask({ host, path: '/json' })
      expect(answer.status).toBe(200)
      return answer
    }, slowly)
    expect(JSON.parse(body)).toMatchObject({ service: host.replace('.localhost', '') })
  }
  const { status, headers, body } = await demo.node.ask({ host: 'web.localhost' })
  expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  expect(body).toContain('This page came from')
  expect((await demo.node.ask({ host: 'nobody.localhost' })).status).toBe(503)
})

test("the edge's page is on loopback, for whoever has the demo's token", async () => {
  await eventually(async () => expect(await demo.askPage('/healthz')).toMatch(/^200/), slowly)
  expect(await demo.askPage('/')).toMatch(/^401/)
  expect(await demo.askPage('/', 'demo:wrong')).toMatch(/^401/)
  expect(await demo.askPage('/', 'demo:tidegate-demo-token')).toMatch(/^200 [\s\S]*<html/i)
  expect(await demo.askPage('/api/status', 'demo:tidegate-demo-token')).toMatch(
    /^200 [\s\S]*tidegate-demo-web/,
  )
})

describe('while requests come in', () => {
  test('scaling from 1 to 4 and back fails none of them, and needs no reload', async () => {
    await scaleWeb(1)
    await demo.settled()
    const before = await demo.count()
    const { answered, failures } = await underTraffic(async () => {
      await scaleWeb(4)
      await scaleWeb(1)
    })
    expect(failures).toEqual([])
    expect(answered).toBeGreaterThan(200)
    const after = await demo.count()
    expect(after).toMatchObject({ reloads: before.reloads, workerPid: before.workerPid })
    expect(after.lives).toBeGreaterThan(before.lives)
  })

  test('a container that is told to stop is out of rotation before it ends, and nothing fails', async () => {
    await scaleWeb(2)
    const [task = ''] = await demo.tasksOf('web.localhost')
    const { failures } = await underTraffic(() => demo.docker('stop', task))
    expect(failures).toEqual([])
    const finishedAt = await demo.docker('inspect', '--format', '{{.State.FinishedAt}}', task)
    const drained = (await demo.log()).filter(
      ({ msg, text }) =>
        msg === 'change applied live' && text.includes('close-server') && text.includes(task),
    )
    expect(drained).toHaveLength(1)
    expect(Date.parse(drained[0]?.time ?? '')).toBeLessThan(Date.parse(finishedAt))
    expect(await demo.tasksOf('web.localhost')).not.toContain(task)
    await demo.docker('start', task)
    await eventually(async () => (await demo.tasksOf('web.localhost')).includes(task), slowly)
  })

  test('a container that is unhealthy gets none until it is well again', async () => {
    await scaleWeb(2)
    const { reloads } = await demo.count()
    const { body } = await demo.node.ask({ host: 'web.localhost', path: '/sick', method: 'POST' })
    const [task = ''] = body.split(' ')
    const { failures } = await underTraffic(async () => {
      await eventually(async () => !(await demo.tasksOf('web.localhost')).includes(task), slowly)
      await eventually(async () => (await demo.tasksOf('web.localhost')).includes(task), slowly)
    })
    expect(failures).toEqual([])
    expect((await demo.count()).reloads).toBe(reloads)
  })
})

test('behind a socket proxy the edge does the same, and has no socket of the engine', async () => {
  await demo.composeBehindProxy('up', '--detach', '--pull', 'never', '--no-build', 'edge', 'engine')
  await eventually(async () => (await demo.node.ask({ host: 'web.localhost' })).status === 200, slowly)
  await scaleWeb(3)
  const socket = await demo.docker('exec', 'tidegate-demo-edge-1', 'stat', '-c', '%F', '/var/run/docker.sock')
  expect(socket).toBe('character special file')
  const refused = (await demo.docker('logs', 'tidegate-demo-engine-1'))
    .split('\n')
    .filter((line) => / 403 /.test(line))
  expect(refused).toEqual([])
})

test('docker compose down leaves nothing behind', async () => {
  await demo.composeBehindProxy('down')
  expect(await demo.docker('ps', '--all', '--quiet')).toBe('')
  const networks = await demo.docker('network', 'ls', '--format', '{{.Name}}')
  expect(networks.split('\n').sort()).toEqual(['bridge', 'host', 'none'])
  expect(await demo.docker('volume', 'ls', '--quiet')).toBe('')
})
