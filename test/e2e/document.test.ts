// The user's document, word for word as far as images allow, on a real Swarm of three nodes with the stack as it ships:
// the default host, the VIP service with its headers, and every event of its two lists with the exact count of reloads,
// read from the agent's log and from HAProxy itself, while traffic runs.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type Stack, slowly, stackFile, startStack } from './stack.ts'

const defaultApp = 'ehazlett/interlock-default-app'
const demoApp = 'mirantiseng/docker-demo'

let stack: Stack

const docker = (...args: readonly string[]) => stack.docker(...args)
const ask = (host: string, path = '/') => stack.bed.node(0).ask({ host, path })
/** Two tasks at a time: each stop takes Swarm some three seconds. */
const update = (...options: readonly string[]) =>
  stack.update('demo', '--update-parallelism', '2', ...options)
const count = () => stack.edge(0).count()
const settled = () => stack.settled()

beforeAll(async () => {
  stack = await startStack({ name: 'tgdoc', nodes: 3 })
  await docker('network', 'create', '-d', 'overlay', 'demo')
})

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await stack.explain())
})

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]()
}, 120_000)

describe("the document's examples", () => {
  it('a default host service answers on any host that is not configured', async () => {
    await stack.create(
      'demo-default',
      defaultApp,
      ...['--network', 'demo', '--replicas=1'],
      ...['--label', 'com.docker.lb.default_backend=true', '--label', 'com.docker.lb.port=8080'],
    )
    // The edge attaches itself to the network: its only task here is replaced for that.
    await eventually(async () => (await ask('anything.local')).status === 200, slowly)
    expect(JSON.parse((await ask('whatever.example')).body)).toMatchObject({
      instance: expect.stringMatching(/^[0-9a-f]{12}$/),
    })
  })

  it('a service in VIP mode with four replicas answers with the headers shown', async () => {
    const before = await count()
    await stack.create(
      'demo',
      demoApp,
      ...['--network', 'demo', '--replicas=4'],
      ...['--label', 'com.docker.lb.hosts=demo.local', '--label', 'com.docker.lb.port=8080'],
      ...['--label', 'com.docker.lb.backend_mode=vip', '--env', 'METADATA=demo-vip-1'],
    )
    await eventually(async () => /"demo-vip-1"/.test((await ask('demo.local', '/ping')).body), slowly)
    const { status, headers, body } = await ask('demo.local', '/ping')
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{32,36}$/),
      'x-proxy-id': expect.stringMatching(/^[0-9a-f]{12}$/),
      'x-server-info': expect.stringMatching(/^tidegate\/\S+ linux\/amd64$/),
      'x-upstream-response-time': expect.stringMatching(/^\d+\.\d{3}$/),
      'set-cookie': [expect.stringMatching(/^session=/)],
    })
    expect(JSON.parse(body)).toMatchObject({ metadata: 'demo-vip-1', request_id: headers['x-request-id'] })
    const networkId = await docker('network', 'inspect', '--format', '{{.Id}}', 'demo')
    const vips: unknown = JSON.parse(
      await docker('service', 'inspect', '--format', '{{json .Endpoint.VirtualIPs}}', 'demo'),
    )
    expect(vips).toEqual([
      { NetworkID: networkId, Addr: `${String(headers['x-upstream-addr']).replace(/:8080$/, '')}/24` },
    ])
    await settled()
    expect((await count()).reloads).toBe(before.reloads + 1)
  })
})

describe('events that need no reconfiguration in VIP mode', () => {
  const events: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['more replicas', () => docker('service', 'scale', '--detach=false', 'demo=6')],
    ['fewer replicas', () => docker('service', 'scale', '--detach=false', 'demo=4')],
    ['a new image', () => update('--image', 'localhost:5000/tidegate-app:2')],
    ['a configuration', () => addConfig()],
    ['a secret', () => addSecret()],
    ['a label added', () => update('--label-add', 'com.example.team=web')],
    ['a label removed', () => update('--label-rm', 'com.example.team')],
    ['an environment variable', () => update('--env-add', 'COLOUR=blue')],
    ['a failed task rescheduled', () => failTask()],
  ]

  it.each(events)('%s: nothing is sent to HAProxy, and no request fails', async (name, event) => {
    await settled()
    const before = await count()
    const [tally] = await stack.during(['demo.local'], async () => {
      await event()
      await settled()
    })
    expect(await count()).toEqual(before)
    expect(tally?.answered).toBeGreaterThan(20)
    // A task that dies without a word takes along the POST requests that it had.
    const mayFail = name.startsWith('a failed task') ? 'POST' : 'none'
    expect(tally?.failures.filter((failure) => failure.method !== mayFail)).toEqual([])
  })

  async function addConfig() {
    await docker('config', 'create', '--template-driver', 'golang', 'demo-config', stackFile)
    await update('--config-add', 'source=demo-config,target=/tmp/demo-config')
  }

  async function addSecret() {
    await docker('secret', 'create', 'demo-secret', stackFile)
    await update('--secret-add', 'demo-secret')
  }

  async function failTask() {
    for (const node of stack.bed.nodes) {
      const [task] = (
        await node.docker('ps', '--quiet', '--filter', 'label=com.docker.swarm.service.name=demo')
      ).split('\n')
      if (task === undefined || task === '') continue
      await node.docker('kill', task)
      break
    }
    await eventually(async () => {
      const running = await docker(
        'service',
        'ps',
        'demo',
        '--filter',
        'desired-state=running',
        '--format',
        '{{.CurrentState}}',
      )
      return running.split('\n').filter((state) => state.startsWith('Running')).length === 4
    }, slowly)
  }
})

describe('events that create or remove a virtual IP', () => {
  const events: readonly (readonly [string, () => Promise<unknown>])[] = [
    [
      'a network added to the service',
      async () => {
        await docker('network', 'create', '-d', 'overlay', 'other')
        await update('--network-add', 'other')
      },
    ],
    ['a network removed from the service', () => update('--network-rm', 'other')],
    [
      'a service deployed',
      () =>
        stack.create(
          'second',
          demoApp,
          '--network',
          'demo',
          '--label',
          'com.docker.lb.hosts=second.local',
          '--label',
          'com.docker.lb.port=8080',
          '--label',
          'com.docker.lb.backend_mode=vip',
        ),
    ],
    ['a service deleted', () => docker('service', 'rm', 'second')],
  ]

  it.each(events)('%s: exactly one reload, and no request fails', async (_, event) => {
    await settled()
    const before = await count()
    const [tally] = await stack.during(['demo.local'], async () => {
      await event()
      await eventually(async () => (await count()).reloads > before.reloads, slowly)
      await settled()
    })
    const after = await count()
    expect(after.reloads).toBe(before.reloads + 1)
    expect(after.workerPid).not.toBe(before.workerPid)
    expect(tally?.failures).toEqual([])
  })
})

it('networks that nobody needs any more can be removed within seconds', async () => {
  await docker('service', 'rm', 'demo', 'demo-default')
  await eventually(() => docker('network', 'rm', 'demo'), slowly)
  await eventually(async () => (await ask('demo.local')).status === 503, slowly)
})
