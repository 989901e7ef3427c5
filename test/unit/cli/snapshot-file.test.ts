import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseSnapshot } from '../../../agent/cli/snapshot-file.ts'
import { isAgentError } from '../../../agent/core/errors.ts'
import { swarm, task } from './world.ts'

function faultsOf(json: string): readonly string[] {
  try {
    parseSnapshot(json, 'swarm.json')
  } catch (error) {
    if (!isAgentError(error, 'snapshot-invalid')) throw error
    return error.message.split('\n').map((line) => line.trim())
  }
  return []
}

/** The JSON of a good snapshot with the value at a path replaced; undefined removes it. */
function broken(path: readonly (string | number)[], value: unknown): string {
  const replace = (node: unknown, [key, ...rest]: readonly (string | number)[]): unknown => {
    if (key === undefined) return value
    if (Array.isArray(node)) return node.map((each, index) => (index === key ? replace(each, rest) : each))
    const entries = new Map(Object.entries(Object(node)))
    return Object.fromEntries(entries.set(String(key), replace(entries.get(String(key)), rest)))
  }
  return JSON.stringify(replace(swarm(), path))
}

test('a snapshot that was saved is read back as it was', () => {
  const globalTask = { ...task('shop', 1), id: 'global', slot: undefined, nodeId: '' }
  const saved = swarm({ tasks: [...swarm().tasks, globalTask], edge: { networkIds: ['net1'] } })
  expect(parseSnapshot(JSON.stringify(saved), 'swarm.json')).toEqual(saved)
})

test('certificates, secrets and configs are read back too', () => {
  const digest = 'ab'.repeat(32)
  const plain = swarm()
  const edge = { secrets: [{ id: 's1', name: 'web.crt', file: 'web.crt' }], configs: [] }
  const certificate = {
    names: ['*.example.com', 'demo.local'],
    publicKey: digest,
    notAfter: '2027-01-01T00:00:00Z',
    validity: 'good',
  } as const
  const saved = {
    ...plain,
    services: plain.services.map((each, index) => (index === 0 ? { ...each, ...edge } : each)),
    secrets: [{ id: 's1', name: 'web.crt' }],
    configs: [{ id: 'c1', name: 'shop.pem' }],
    materials: [
      { name: 'web.crt', from: 'secret', digest, certificate, key: { publicKey: digest } },
      { name: 'old', from: 'folder', digest: '', fault: 'it is larger than 1048576 bytes' },
    ],
  }
  expect(parseSnapshot(JSON.stringify(saved), 'swarm.json')).toEqual(saved)
})

test.for([
  { digest: '../../etc/passwd', fault: 'materials[0].digest: expected' },
  { name: 'a/b', fault: 'materials[0].name: expected the name of a file' },
  { name: 'a\nb', fault: 'materials[0].name: expected the name of a file' },
  { key: { publicKey: 'x' }, fault: 'materials[0].key.publicKey: expected a SHA-256 in hexadecimal' },
])('a certificate with $fault is refused', ({ fault, ...wrong }) => {
  const material = { name: 'a', from: 'folder', digest: 'ab'.repeat(32), ...wrong }
  expect(faultsOf(JSON.stringify({ ...swarm(), materials: [material] })).join()).toContain(fault)
})

test('ids of networks are sorted, each there once', () => {
  const json = JSON.stringify(swarm({ edge: { networkIds: ['b', 'a', 'b'] } }))
  expect(parseSnapshot(json, 'swarm.json').edge.networkIds).toEqual(['a', 'b'])
})

test('labels may say anything: the core judges them', () => {
  const labels = { 'com.docker.lb.hosts': "x\n'; %[src]", '': '', constructor: 'x' }
  expect(parseSnapshot(broken(['services', 0, 'labels'], labels), 'swarm.json').services[0]?.labels).toEqual(
    labels,
  )
})

test.for([
  ['', 'swarm.json is empty'],
  [' \n', 'swarm.json is empty'],
  ['{"services": [', 'swarm.json is not JSON: '],
  ['ID  NAME  MODE', 'swarm.json is not JSON: '],
] as const)('the file %j is refused as a whole', ([json, fault]) => {
  const [first] = faultsOf(json)
  expect(first?.startsWith(fault)).toBe(true)
})

test.for([
  [[], [], 'the whole: expected an object, found a list'],
  [[], 'text', 'the whole: expected an object, found "text"'],
  [['services'], undefined, 'services: expected a list, found nothing'],
  [['services'], { a: 1 }, 'services: expected a list, found an object'],
  [['edge'], undefined, 'edge: expected an object, found nothing'],
  [
    ['edge', 'networkIds'],
    'some',
    'edge.networkIds: expected "every" or a list of network ids, found "some"',
  ],
  [['services', 1, 'labels'], 5, 'services[1].labels: expected an object, found 5'],
  [['services', 1, 'labels'], { a: 1 }, 'services[1].labels.a: expected a text, found 1'],
  [
    ['services', 0, 'name'],
    'a b',
    'services[0].name: expected a name of letters, digits and . _ -, found "a b"',
  ],
  [
    ['services', 0, 'name'],
    'a\n  server x',
    'services[0].name: expected a name of letters, digits and . _ -, found "a\\n  server x"',
  ],
  [
    ['services', 0, 'createdAt'],
    'monday',
    'services[0].createdAt: expected a time such as "2026-01-31T12:00:00Z", found "monday"',
  ],
  [
    ['services', 0, 'mode'],
    'swarm',
    'services[0].mode: expected "replicated" or "global" or "job", found "swarm"',
  ],
  [['services', 0, 'version'], '7', 'services[0].version: expected a number, found "7"'],
  [
    ['services', 0, 'virtualIps', 0, 'address'],
    '10.0.0.2/24',
    'services[0].virtualIps[0].address: expected an IP address, found "10.0.0.2/24"',
  ],
  [['services', 0, 'port'], 80, 'services[0]: expected nothing called "port", found an object'],
  [['services', 1, 'id'], 'shop-id', 'services[1].id: expected an id that nothing else has, found "shop-id"'],
  [['tasks', 2, 'id'], 'shopt1', 'tasks[2].id: expected an id that nothing else has, found "shopt1"'],
  [['tasks', 0, 'slot'], 0.5, 'tasks[0].slot: expected a whole number, found 0.5'],
  [['tasks', 0, 'slot'], 0, 'tasks[0].slot: expected at least 1, found 0'],
  [
    ['tasks', 0, 'nodeId'],
    'a/b',
    'tasks[0].nodeId: expected a name of letters, digits and . _ -, or "", found "a/b"',
  ],
  [
    ['tasks', 0, 'attachments', 0, 'addresses', 0],
    'app.local',
    'tasks[0].attachments[0].addresses[0]: expected an IP address, found "app.local"',
  ],
  [
    ['tasks', 0, 'hostPorts'],
    [{ targetPort: 80, publishedPort: 65_536, protocol: 'tcp' }],
    'tasks[0].hostPorts[0].publishedPort: expected at most 65535, found 65536',
  ],
  [
    ['nodes', 0, 'status'],
    null,
    'nodes[0].status: expected "unknown" or "down" or "ready" or "disconnected", found null',
  ],
  [['networks', 0, 'ingress'], 'no', 'networks[0].ingress: expected true or false, found "no"'],
] as const)('%j as %j is named with its place', ([path, value, fault]) => {
  expect(faultsOf(broken(path, value))).toEqual(['swarm.json is no snapshot:', fault])
})

test('a file that is no text cannot steer the terminal that its fault is shown on', () => {
  const [fault] = faultsOf('\u001b]0;owned\u0007')
  expect(fault).toContain('?]0;owned?')
})

test('a state that is none of SwarmKit is told with those that are', () => {
  const [, fault] = faultsOf(broken(['tasks', 0, 'state'], 'runing'))
  expect(fault).toMatch(/^tasks\[0\]\.state: expected "new" or .* or "orphaned", found "runing"$/)
})

test('all faults are told, up to a bound', () => {
  const tasks = Array.from({ length: 14 }, (_, index) => ({ ...task('shop', index + 1), slot: -1 }))
  const lines = faultsOf(JSON.stringify(swarm({ tasks })))
  expect(lines.slice(1, 11).every((line, index) => line.startsWith(`tasks[${index}].slot: `))).toBe(true)
  expect(lines.slice(11)).toEqual(['and 4 more'])
})

test('no JSON makes it fail in another way', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom('services', 'tasks', 'nodes', 'networks', 'edge'),
      (value, part) => {
        expect(faultsOf(JSON.stringify(value))).not.toEqual([])
        const isEmptyList = Array.isArray(value) && value.length === 0
        if (!isEmptyList) expect(faultsOf(broken([part], value))).not.toEqual([])
      },
    ),
    { numRuns: 100 },
  )
})
