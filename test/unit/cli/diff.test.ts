// `tidegate diff`: whom it asks, and how it ends.

import { expect, test } from 'vitest'
import type { CliPorts } from '../../../agent/cli/ports.ts'
import { compared, diffSituations } from '../../golden/diff-situations.ts'
import { running, swarm, tidegate } from './world.ts'

const same = compared({ name: '' })
const apart = compared(diffSituations[0] ?? { name: '' })

const answering = (view: object): Partial<CliPorts> => ({
  askAgent: async () => ({ status: 200, body: JSON.stringify(view) }),
})

test('where all is well it prints nothing and ends with 0; to a person it says so', async () => {
  expect(await tidegate(['diff'], answering(same))).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  const terminal = {
    ...answering(same),
    isTerminal: { stdout: true, stderr: true, stdin: true },
    env: { NO_COLOR: '1' },
  }
  expect((await tidegate(['diff'], terminal)).stdout).toBe(
    'no difference: HAProxy and its files are what the services ask for\n',
  )
})

test('where sides are apart it ends with 1', async () => {
  const { exitCode, stdout } = await tidegate(['diff'], answering(apart))
  expect(exitCode).toBe(1)
  expect(stdout).toContain('1 difference, as the running agent sees it\n')
  const json = await tidegate(['diff', '--json'], answering(apart))
  expect(json.exitCode).toBe(1)
  expect(JSON.parse(json.stdout)).toEqual(apart)
})

/** What the world's renderer would write. */
const files: Readonly<Record<string, string>> = {
  '/run/tidegate/haproxy.cfg': "global\n    description 'tidegate structure=a1'\nbackend shop.local\n",
  '/run/tidegate/routes.map': 'shop.local/ shop.local\n',
}

const alone: Partial<CliPorts> = {
  askAgent: async () => undefined,
  readSnapshot: async () => swarm(),
  observe: async () => running(swarm(), 'a1'),
  readFile: async (path) => {
    const text = files[path]
    if (text === undefined) throw new Error('no such file')
    return text
  },
}

test('without an agent it compares the engine, HAProxy and the files by itself', async () => {
  const { exitCode, stdout } = await tidegate(['diff'], {
    ...alone,
    createRenderer: async () => ({
      render: () =>
        new Map(Object.entries(files).map(([path, text]) => [path.replace('/run/tidegate/', ''), text])),
      structureOf: () => 'a1',
    }),
  })
  expect(exitCode).toBe(1)
  expect(stdout).toBe(`                                  desired               HAProxy               on disk
server  shop.local/shop.1.shopt1  10.0.0.11:8080 ready  10.0.0.11:8080 ready  -
server  shop.local/shop.2.shopt2  10.0.0.12:8080 ready  10.0.0.12:8080 ready  -

2 differences, no agent answers: as the engine says
`)
})

test('an agent that answers with something else is left aside', async () => {
  for (const answer of [
    { status: 404, body: '' },
    { status: 200, body: 'x' },
    { status: 200, body: '{}' },
  ]) {
    const { stdout } = await tidegate(['diff', '--json'], { ...alone, askAgent: async () => answer })
    expect(JSON.parse(stdout)).toMatchObject({ toldBy: 'engine' })
  }
})
