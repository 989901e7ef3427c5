import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Action } from '../../agent/core/action.ts'
import { apply } from '../../agent/haproxy/apply.ts'
import { observe } from '../../agent/haproxy/observe.ts'
import { createRuntime, type Runtime } from '../../agent/haproxy/runtime.ts'
import { testedBranches } from '../support/haproxy-binary.ts'
import { type HaproxyInstance, startHaproxy } from '../support/haproxy-instance.ts'

const signal = () => AbortSignal.timeout(20_000)

describe.each(testedBranches)('with HAProxy %s', (branch) => {
  let haproxy: HaproxyInstance
  let runtime: Runtime

  beforeAll(async () => {
    haproxy = await startHaproxy({
      branch,
      routes: 'a.example/ web\nb.example/ web\nc.example/ api\n',
      backends: `
backend web
  balance roundrobin
  server s1 127.0.0.1:8001 weight 3
  server s2 127.0.0.2:8002 weight 256 disabled
  server s3 [fd00::3]:8003
backend api
  balance roundrobin
backend empty
  balance roundrobin
`,
    })
    runtime = createRuntime({ socketPath: haproxy.workerSocket, timeoutMs: 5000 })
  })

  afterAll(async () => {
    await runtime?.[Symbol.asyncDispose]()
    await haproxy?.[Symbol.asyncDispose]()
  })

  const see = () => observe(runtime, { ...haproxy, ignoreBackends: ['no-route'] }, signal())
  const act = (...actions: readonly Action[]) =>
    apply(runtime, actions, { ...haproxy, pemOf: () => undefined }, signal())
  const serverOf = async (backend: string, server: string) =>
    (await see()).backends.get(backend)?.servers.get(server)

  test('what was configured is observed', async () => {
    const { worker, backends } = await see()
    expect(worker).toEqual({
      pid: expect.any(Number),
      version: expect.stringMatching(`^${branch}\\.`),
      structure: 'a1',
      stopping: false,
    })
    expect([...backends.keys()]).toEqual(expect.arrayContaining(['web', 'api', 'empty']))
    expect(backends.size).toBe(3)
    expect(backends.get('web')?.routes).toEqual(['a.example/', 'b.example/'])
    expect(Object.fromEntries(backends.get('web')?.servers ?? [])).toEqual({
      s1: { address: '127.0.0.1', port: 8001, weight: 3, admin: 'ready' },
      s2: { address: '127.0.0.2', port: 8002, weight: 256, admin: 'maint' },
      s3: { address: 'fd00::3', port: 8003, weight: 1, admin: 'ready' },
    })
    expect(backends.get('api')?.routes).toEqual(['c.example/'])
    expect(backends.get('empty')).toMatchObject({ routes: [], servers: new Map() })
  })

  test('a server that the configuration disabled is ready once it is opened', async () => {
    const ref = { backend: 'web', server: 's2' }
    await act({ kind: 'open-server', ...ref })
    expect(await serverOf('web', 's2')).toMatchObject({ admin: 'ready' })
    await act({ kind: 'close-server', ...ref })
    expect(await serverOf('web', 's2')).toMatchObject({ admin: 'maint' })
  })

  test('a server is added in maintenance, opened, moved, weighed, closed and deleted', async () => {
    const ref = { backend: 'api', server: 'api.1.x8k2' }
    const add: Action = { kind: 'add-server', ...ref, address: '127.0.0.9', port: 80, weight: 5 }
    await act(add)
    expect(await serverOf('api', 'api.1.x8k2')).toEqual({
      address: '127.0.0.9',
      port: 80,
      weight: 5,
      admin: 'maint',
    })

    await act(
      { kind: 'move-server', ...ref, address: 'fd00::9', port: 81 },
      { kind: 'weigh-server', ...ref, weight: 0 },
      { kind: 'open-server', ...ref },
    )
    expect(await serverOf('api', 'api.1.x8k2')).toEqual({
      address: 'fd00::9',
      port: 81,
      weight: 0,
      admin: 'ready',
    })

    const close: Action = { kind: 'close-server', ...ref }
    const applied = await act(close, { kind: 'end-sessions', ...ref }, { kind: 'delete-server', ...ref })
    expect(applied.busy).toEqual([])
    expect(await serverOf('api', 'api.1.x8k2')).toBeUndefined()
  })

  test('an address of version 6 is added as it is moved to', async () => {
    const ref = { backend: 'api', server: 'v6' }
    await act({ kind: 'add-server', ...ref, address: 'fd00::1', port: 80, weight: 1 })
    expect(await serverOf('api', 'v6')).toMatchObject({ address: 'fd00::1', port: 80 })
    await act({ kind: 'delete-server', ...ref })
  })

  test('an action that is carried out twice is done both times where HAProxy takes it', async () => {
    const ref = { backend: 'web', server: 's1' }
    const again: readonly Action[] = [
      { kind: 'move-server', ...ref, address: '127.0.0.1', port: 8001 },
      { kind: 'weigh-server', ...ref, weight: 3 },
      { kind: 'open-server', ...ref },
    ]
    expect(await act(...again, ...again)).toMatchObject({ busy: [] })
  })

  test('a route is added, moved and removed', async () => {
    await act({ kind: 'add-route', route: 'd.example/api/', backend: 'web' })
    expect((await see()).backends.get('web')?.routes).toContain('d.example/api/')
    await act({ kind: 'move-route', route: 'd.example/api/', backend: 'api' })
    expect((await see()).backends.get('api')?.routes).toEqual(['c.example/', 'd.example/api/'])
    await act({ kind: 'remove-route', route: 'd.example/api/', backend: 'api' })
    expect((await see()).backends.get('api')?.routes).toEqual(['c.example/'])
  })

  test('a route to a backend that is not there is seen, so that it can be removed', async () => {
    await act({ kind: 'add-route', route: 'gone.example/', backend: 'gone' })
    expect((await see()).backends.get('gone')).toMatchObject({
      routes: ['gone.example/'],
      servers: new Map(),
    })
    await act({ kind: 'remove-route', route: 'gone.example/', backend: 'gone' })
    expect((await see()).backends.has('gone')).toBe(false)
  })

  const known = { backend: 'web', server: 's1' }
  const unknown = { backend: 'web', server: 'nobody' }
  const refusals: readonly (readonly [string, Action])[] = [
    ['Already exists a server', { kind: 'add-server', ...known, address: '127.0.0.1', port: 1, weight: 1 }],
    [
      'No such backend.',
      { kind: 'add-server', backend: 'nowhere', server: 's', address: '127.0.0.1', port: 1, weight: 1 },
    ],
    ['Invalid addr', { kind: 'move-server', ...known, address: 'no-address', port: 1 }],
    ['Absolute weight can only be', { kind: 'weigh-server', ...known, weight: 257 }],
    ['No such server.', { kind: 'open-server', ...unknown }],
    ['No such server.', { kind: 'close-server', ...unknown }],
    ['No such server.', { kind: 'end-sessions', ...unknown }],
    ['No such server.', { kind: 'delete-server', ...unknown }],
    ['Only servers in maintenance mode can be deleted.', { kind: 'delete-server', ...known }],
    ['entry not found.', { kind: 'move-route', route: 'nobody.example/', backend: 'web' }],
    ['Key not found.', { kind: 'remove-route', route: 'nobody.example/', backend: 'web' }],
  ]

  test.for(refusals)('the refusal "%s" is told with its command: %j', async ([reply, action]) => {
    const fine: Action = { kind: 'weigh-server', backend: 'web', server: 's3', weight: 1 }
    const failure = act(fine, action, fine)
    await expect(failure).rejects.toMatchObject({ code: 'apply-failed' })
    await expect(failure).rejects.toThrow(reply)
    await expect(failure).rejects.toThrow('; 2 of 3 actions were done')
  })

  test('a map that HAProxy does not know is refused by its line', async () => {
    const options = { ...haproxy, routesMap: '/nowhere.map', ignoreBackends: [] }
    await expect(observe(runtime, options, signal())).rejects.toMatchObject({
      code: 'runtime-bad-reply',
      message: expect.stringContaining('Unknown map identifier'),
    })
  })
})
