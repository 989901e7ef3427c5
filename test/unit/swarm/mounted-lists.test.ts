// What is asked of secrets and configs, and what of a refusal.

import { expect, test } from 'vitest'
import { AgentError } from '../../../agent/core/errors.ts'
import type { Service } from '../../../agent/core/snapshot.ts'
import type { Docker, Request } from '../../../agent/docker/docker.ts'
import type { Oddity } from '../../../agent/docker/list.ts'
import { materialNames } from '../../../agent/swarm/material-names.ts'
import { createMountedLists } from '../../../agent/swarm/mounted-lists.ts'
import { service } from '../../support/builders.ts'

const signal = new AbortController().signal

/** An engine with secrets and configs, by their names; `refuse` makes it refuse to list them. */
function world(given: { secrets?: readonly string[]; configs?: readonly string[] } = {}) {
  const engine = { secrets: [], configs: [], ...given, refuse: undefined as AgentError | undefined }
  const requests: Request[] = []
  const oddities: Oddity[] = []
  const docker: Pick<Docker, 'get'> = {
    get: async (request) => {
      requests.push(request)
      if (engine.refuse !== undefined) throw engine.refuse
      const names: readonly string[] = request.path === '/secrets' ? engine.secrets : engine.configs
      return Buffer.from(JSON.stringify(names.map((Name) => ({ ID: `id-${Name}`, Spec: { Name } }))))
    },
  }
  const lists = createMountedLists({
    docker,
    endpoint: { kind: 'unix', socketPath: '/run/d.sock' },
    onOddity: (oddity) => oddities.push(oddity),
  })
  const asked = () => requests.splice(0).map(({ path, filters }) => ({ path, filters }))
  const names = () => {
    const { secrets, configs } = lists.listed()
    return { secrets: secrets?.map(({ name }) => name), configs: configs?.map(({ name }) => name) }
  }
  return { engine, lists, oddities, asked, names }
}

const labelled = (...labels: readonly Record<string, string>[]): readonly Service[] =>
  labels.map((each, index) => service({ name: `s${index}`, labels: each }))
const withCertificate = (name: string) => labelled({ 'com.docker.lb.ssl_cert': name })
const refused = (code: 'docker-refused' | 'docker-bad-reply' | 'docker-unreachable') =>
  new AgentError(code, 'no', { hint: '' })

test('the names that labels may mean, each once, and no path or other text', () => {
  const services = labelled(
    { 'com.docker.lb.ssl_cert': ' b.crt ', 'com.docker.lb.ssl_key': 'b.key' },
    { 'com.docker.lb.ssl_cert': 'b.crt', 'com.tidegate.lb.basic_auth': 'a_users' },
    { 'com.docker.lb.ssl_cert': '/run/secrets/x', 'com.docker.lb.ssl_key': '' },
    { 'com.docker.lb.ssl_cert': '"],"id":["', 'com.docker.lb.hosts': 'no-name' },
    { 'com.docker.lb.ssl_cert': 'x'.repeat(65) },
  )
  expect(materialNames(services)).toEqual(['a_users', 'b.crt', 'b.key'])
})

test('asks for nothing while no service names anything', async () => {
  const { lists, asked, names } = world({ secrets: ['a'] })
  await lists.heed(labelled({}), signal)
  expect([lists.secrets(), lists.configs(), asked(), names()]).toEqual([undefined, undefined, [], {}])
})

test('asks for what is named as soon as it is, of configs only for what is no secret', async () => {
  const { lists, asked, names } = world({ secrets: ['a', 'other'], configs: ['b', 'b-and-more'] })
  await lists.heed(withCertificate('a'), signal)
  expect(asked()).toEqual([{ path: '/secrets', filters: { names: ['a'] } }])
  expect(names()).toEqual({ secrets: ['a'], configs: [] })
  expect(lists.configs()).toBeUndefined()
  await lists.heed([...withCertificate('a'), ...withCertificate('b')], signal)
  expect(asked()).toEqual([
    { path: '/secrets', filters: { names: ['a', 'b'] } },
    { path: '/configs', filters: { name: ['b'] } },
  ])
  expect(names()).toEqual({ secrets: ['a'], configs: ['b'] })
  await lists.heed([...withCertificate('a'), ...withCertificate('b')], signal)
  expect(asked()).toEqual([])
})

test('sees what is made later, and keeps the arrays while nothing is', async () => {
  const { engine, lists, names } = world({ configs: ['b'] })
  await lists.heed(withCertificate('b'), signal)
  const before = lists.listed()
  await lists.secrets()?.refresh(signal)
  await lists.configs()?.refresh(signal)
  expect(lists.listed().secrets).toBe(before.secrets)
  expect(lists.listed().configs).toBe(before.configs)
  Object.assign(engine, { secrets: ['b'] })
  await lists.secrets()?.refresh(signal)
  expect(names()).toEqual({ secrets: ['b'], configs: [] })
})

test('forgets everything once no service names anything', async () => {
  const { lists, asked, names } = world({ secrets: ['a'] })
  await lists.heed(withCertificate('a'), signal)
  await lists.heed(labelled({}), signal)
  asked()
  expect([lists.secrets(), lists.configs(), names()]).toEqual([undefined, undefined, {}])
})

test('asks for all of them where the names would not fit into a request', async () => {
  const { lists, asked, names } = world({ configs: ['n7', 'other'] })
  const services = Array.from({ length: 51 }, (_, index) => withCertificate(`n${index}`)).flat()
  await lists.heed(services, signal)
  expect(asked()).toEqual([
    { path: '/secrets', filters: undefined },
    { path: '/configs', filters: undefined },
  ])
  expect(names()).toEqual({ secrets: [], configs: ['n7'] })
})

test.for(['docker-refused', 'docker-bad-reply'] as const)(
  '%s: the rest goes on, it is told once, and what was known stays',
  async (code) => {
    const { engine, lists, oddities, names } = world({ secrets: ['a'] })
    engine.refuse = refused(code)
    await lists.heed(withCertificate('a'), signal)
    await lists.secrets()?.refresh(signal)
    expect(names()).toEqual({ secrets: undefined, configs: undefined })
    expect(oddities).toEqual([
      { list: '/secrets', id: '', found: 'no' },
      { list: '/configs', id: '', found: 'no' },
    ])
    engine.refuse = undefined
    await lists.secrets()?.refresh(signal)
    engine.refuse = refused(code)
    await lists.secrets()?.refresh(signal)
    expect(names()).toEqual({ secrets: ['a'], configs: [] })
    expect(oddities).toHaveLength(3)
  },
)

test('an engine that is gone is gone for all lists', async () => {
  const { engine, lists } = world()
  engine.refuse = refused('docker-unreachable')
  await expect(lists.heed(withCertificate('a'), signal)).rejects.toThrow('no')
})
