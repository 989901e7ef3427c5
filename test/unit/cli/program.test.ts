import { expect, test } from 'vitest'
import { AgentError } from '../../../agent/core/errors.ts'
import { labelFamilies, labelTable } from '../../../agent/core/labels/table.ts'
import { checkKeywords, hashKeywords } from '../../../agent/core/server-keywords.ts'
import { running, service, swarm, task, tidegate } from './world.ts'

const engine = { readSnapshot: async () => swarm() }
const healthy = swarm({ services: [service('shop', { hosts: 'shop.local', port: '80' })] })

test('run hands the settings on and ends with the run', async () => {
  const seen: number[] = []
  const { exitCode, stdout, stderr } = await tidegate(['run', '--retries', '7'], {
    run: async (settings) => void seen.push(settings.config.retries),
  })
  expect({ exitCode, stdout, stderr, seen }).toEqual({ exitCode: 0, stdout: '', stderr: '', seen: [7] })
})

test('an operating error ends with 3, one message and one hint', async () => {
  const readSnapshot = async () => {
    throw new AgentError('docker-unreachable', 'the engine is away', { hint: 'Start it.' })
  }
  expect(await tidegate(['check'], { readSnapshot })).toEqual({
    exitCode: 3,
    stdout: '',
    stderr: 'tidegate: the engine is away\nhint: Start it.\n',
  })
  expect(await tidegate(['check', '--json'], { readSnapshot })).toEqual({
    exitCode: 3,
    stdout: '',
    stderr: '{"error":{"code":"docker-unreachable","message":"the engine is away","hint":"Start it."}}\n',
  })
})

test('a bug is not dressed up as an operating error', async () => {
  const readSnapshot = async () => {
    throw new TypeError('bug')
  }
  await expect(tidegate(['check'], { readSnapshot })).rejects.toThrow('bug')
})

test('an interrupted command says nothing and ends as the shell expects', async () => {
  const controller = new AbortController()
  const readSnapshot = async (_: unknown, signal: AbortSignal) => {
    controller.abort()
    signal.throwIfAborted()
    return swarm()
  }
  const told = await tidegate(['plan'], { readSnapshot }, controller.signal)
  expect(told).toEqual({ exitCode: 130, stdout: '', stderr: '' })
})

test('settings at fault end with 2 before anything is asked', async () => {
  const { exitCode, stdout, stderr } = await tidegate([
    'plan',
    '--retries',
    'x',
    '--retrys=3',
    '--painted',
    'no',
  ])
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr.split('\n')).toEqual([
    'tidegate: 3 settings are at fault:',
    '  --retries is "x"; expected a whole number from 0 to 100. Write digits only.',
    "  --painted is no flag of Tidegate's. Remove it.",
    "  --retrys is no flag of Tidegate's. Did you mean --retries?",
    'hint: `tidegate run --help` lists all settings.',
    '',
  ])
})

test.for([
  [[], 'no command was named'],
  [['plann'], "unknown command 'plann'\nhint: Did you mean plan?"],
  [['check', 'shop'], 'check takes no argument "shop"'],
  [['check', '--colour=no', 'shop'], 'check takes no argument "shop"'],
  [['check', '--retries'], "option '--retries <number>' argument missing"],
  [['labels', '--jsn'], "unknown option '--jsn'\nhint: Did you mean --json?"],
  [['labels', '--json', '--markdown'], "option '--markdown' cannot be used with option '--json'"],
  [
    ['render', '--out', 'x', '--file', 'y'],
    "option '--out <dir>' cannot be used with option '--file <name>'",
  ],
] as const)('the call %j is a mistake', async ([argv, message]) => {
  const { exitCode, stdout, stderr } = await tidegate(argv)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  if (argv.some((argument) => argument === '--json'))
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'usage', message })
  else expect(stderr.startsWith(`tidegate: ${message}\n`)).toBe(true)
})

test.for([['--help'], ['help'], ['help', 'plan'], ['plan', '--help'], ['--version'], ['version']] as const)(
  'the call %j is answered',
  async (argv) => {
    const { exitCode, stdout, stderr } = await tidegate(argv)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(
      argv.some((argument) => argument.includes('version')) ? /^tidegate 1\.2\.3\n$/ : /^Usage: tidegate /,
    )
  },
)

test('check ends with 1 at an error, and at a warning only if it is strict', async () => {
  const warned = swarm({ services: [service('api', { hosts: 'api.local', port: '80', prot: '1' })] })
  const codes = [
    await tidegate(['check'], engine),
    await tidegate(['check'], { readSnapshot: async () => healthy }),
    await tidegate(['check'], { readSnapshot: async () => warned }),
    await tidegate(['check', '--strict'], { readSnapshot: async () => warned }),
  ]
  expect(codes.map(({ exitCode }) => exitCode)).toEqual([1, 0, 0, 1])
})

test('check tells machines the same', async () => {
  const { exitCode, stdout } = await tidegate(['check', '--json'], engine)
  expect(exitCode).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    services: 2,
    published: ['shop'],
    problems: [{ code: 'port-invalid', service: 'blog', label: 'com.docker.lb.port' }],
  })
})

test('a saved snapshot takes the place of the engine, from a file or from standard input', async () => {
  const json = JSON.stringify(swarm())
  const fromFile = await tidegate(['check', '--snapshot', 'swarm.json'], {
    readFile: async (path) => (path === 'swarm.json' ? json : ''),
  })
  const fromStdin = await tidegate(['check', '--snapshot', '-'], { readStdin: async () => json })
  expect(fromFile).toEqual(await tidegate(['check'], engine))
  expect(fromStdin).toEqual(fromFile)
})

test('a file that cannot be read, or is no snapshot, ends with 3 and names it', async () => {
  const missing = await tidegate(['check', '--snapshot', 'gone.json'], {
    readFile: async () => {
      throw new Error('ENOENT: no such file')
    },
  })
  const nonsense = await tidegate(['check', '--snapshot', 'x.json'], { readFile: async () => '[]' })
  expect([missing.exitCode, nonsense.exitCode]).toEqual([3, 3])
  expect(missing.stderr).toMatch(/^tidegate: gone\.json cannot be read: ENOENT: no such file\nhint: /)
  expect(nonsense.stderr).toMatch(/^tidegate: x\.json is no snapshot:\n {2}the whole: expected an object/)
})

test('snapshot prints what --snapshot reads', async () => {
  const { stdout } = await tidegate(['snapshot'], engine)
  expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(swarm())))
})

test('plan compares with the live HAProxy', async () => {
  const grown = swarm({ services: healthy.services, tasks: [...swarm().tasks, task('shop', 3)] })
  const ports = { readSnapshot: async () => grown, observe: async () => running(healthy) }
  const added = `add server shop.local/shop.3.shopt3 10.0.0.13:80 weight 1 check ${hashKeywords} ${checkKeywords}`
  expect((await tidegate(['plan'], ports)).stdout.split('\n')).toEqual([
    'against the live HAProxy 3.0.11, worker 4242',
    'live: 3 actions',
    '  add server shop.3.shopt3 to shop.local, at 10.0.0.13:80',
    `      ${added}`,
    '  switch on the health checks of server shop.3.shopt3 of shop.local',
    '      enable health shop.local/shop.3.shopt3',
    '  open server shop.3.shopt3 of shop.local: it takes requests',
    '      set server shop.local/shop.3.shopt3 state ready',
    '',
  ])
  expect(JSON.parse((await tidegate(['plan', '--json'], ports)).stdout)).toMatchObject({
    kind: 'live',
    worker: { pid: 4242 },
    actions: [
      { kind: 'add-server', command: added },
      { kind: 'check-server' },
      { kind: 'open-server', server: 'shop.3.shopt3' },
    ],
    problems: [],
  })
})

test('plan tells a reload with its reasons, also one that only the structure shows', async () => {
  const ports = { readSnapshot: async () => healthy, observe: async () => running(healthy, 'other') }
  expect((await tidegate(['plan'], ports)).stdout).toContain(
    '\nreload: the running configuration was made from other',
  )
  const empty = { ...ports, observe: async () => running(swarm({ services: [] })) }
  expect((await tidegate(['plan'], empty)).stdout).toContain(
    '\nreload: backend shop.local is new (service shop)\n',
  )
})

test('plan tells what a start would bring where no HAProxy answers, or none is to be asked', async () => {
  const nobody = await tidegate(['plan'], { ...engine, observe: async () => undefined })
  expect(nobody.stdout.split('\n')).toEqual([
    'no HAProxy answers at /run/tidegate/worker.sock; a start would bring this',
    'start: 1 backend, 1 route, 2 servers',
    '  shop.local  2 servers  shop (task)  shop.local/',
    '1 problem; see tidegate check',
    '',
  ])
  const cold = await tidegate(['plan', '--cold', '--json'], engine)
  expect(JSON.parse(cold.stdout)).toMatchObject({
    kind: 'start',
    backends: [{ name: 'shop.local', routes: ['shop.local/'] }],
    problems: [{ service: 'blog' }],
  })
})

test('render prints the configuration alone on standard output', async () => {
  expect(await tidegate(['render'], engine)).toEqual({
    exitCode: 0,
    stdout: 'backends shop.local\n',
    stderr: 'tidegate: 1 problem; see tidegate check\n',
  })
})

test('render prints the file that is asked for, or names those there are', async () => {
  expect((await tidegate(['render', '--file', 'routes.map'], engine)).stdout).toBe('shop.local/ shop.local\n')
  expect(await tidegate(['render', '--file', 'x'], engine)).toEqual({
    exitCode: 2,
    stdout: '',
    stderr:
      'tidegate: --file is "x"; expected a file that is rendered\nhint: There are "haproxy.cfg", "routes.map".\n',
  })
})

test('render tells machines all files, or the one that is asked for', async () => {
  const all = await tidegate(['render', '--json'], engine)
  expect(Object.keys(JSON.parse(all.stdout).files)).toEqual(['haproxy.cfg', 'routes.map'])
  expect(JSON.parse(all.stdout).problems).toHaveLength(1)
  expect(all.stderr).toBe('')
  const one = await tidegate(['render', '--json', '--file', 'routes.map'], engine)
  expect(JSON.parse(one.stdout).files).toEqual({ 'routes.map': 'shop.local/ shop.local\n' })
})

test('render writes all files into a folder', async () => {
  const writes: string[] = []
  const told = await tidegate(['render', '--out', 'here'], {
    readSnapshot: async () => healthy,
    writeFiles: async (dir, files) => {
      writes.push(...[...files.keys()].map((name) => `${dir}/${name}`))
      return writes
    },
  })
  expect(told).toEqual({ exitCode: 0, stdout: 'here/haproxy.cfg\nhere/routes.map\n', stderr: '' })
  expect(writes).toEqual(['here/haproxy.cfg', 'here/routes.map'])
})

test('render --reachable waits for one task of each backend, and names those of which none answers', async () => {
  const asked: string[] = []
  const told = await tidegate(['render', '--out', 'here', '--reachable'], {
    readSnapshot: async () => healthy,
    writeFiles: async () => [],
    accepts: async ({ address, port }) => {
      asked.push(`${address}:${port}`)
      return false
    },
  })
  expect(asked).toEqual(['10.0.0.11:80', '10.0.0.12:80'])
  expect(told).toMatchObject({
    exitCode: 0,
    stderr: 'tidegate: no task accepts connections yet for "shop.local"\n',
  })
})

test('labels tells every label of the table, in each form', async () => {
  const [text, json, markdown] = await Promise.all([
    tidegate(['labels']),
    tidegate(['labels', '--json']),
    tidegate(['labels', '--markdown']),
  ])
  const families = Object.values(labelFamilies).map(({ label }) => `${label}<Name>`)
  const labels = [...Object.values(labelTable).map(({ label }) => label), ...families]
  expect(JSON.parse(json.stdout).map((entry: { label: string }) => entry.label)).toEqual(labels)
  for (const label of labels) {
    expect(text.stdout).toContain(label.replace('<Name>', ''))
    expect(markdown.stdout).toContain(`| \`${label}\` | `)
  }
  expect(JSON.parse(json.stdout)).toContainEqual({
    label: 'com.tidegate.lb.weight',
    type: 'number',
    default: '1',
    meaning: labelTable.weight.meaning,
    example: 'com.tidegate.lb.weight=10',
    change: 'live',
  })
})

test('settings tells what is in force, and refuses what cannot be', async () => {
  const { stdout } = await tidegate(['settings', '--json', '--retries', '4'])
  expect(JSON.parse(stdout)).toContainEqual({
    name: 'retries',
    flag: '--retries',
    variable: 'TIDEGATE_RETRIES',
    value: '4',
    source: '--retries',
  })
  expect((await tidegate(['settings'], { env: { TIDEGATE_RETRIES: 'x' } })).exitCode).toBe(2)
})

test('colour is for terminals, each stream for itself', async () => {
  const color = '\u001b['
  const seen = await tidegate(['check'], {
    ...engine,
    isTerminal: { stdin: false, stdout: true, stderr: false },
  })
  expect(seen.stdout).toContain(color)
  const failed = await tidegate(['check', 'x'], { isTerminal: { stdin: false, stdout: true, stderr: false } })
  expect(failed.stderr).not.toContain(color)
  const terminal = { isTerminal: { stdin: false, stdout: true, stderr: true } }
  expect((await tidegate(['check', 'x'], terminal)).stderr).toContain(color)
  const without = await tidegate(['check'], { ...engine, ...terminal, env: { NO_COLOR: '1' } })
  expect(without.stdout).not.toContain(color)
})
