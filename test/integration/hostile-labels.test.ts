// Whatever stands in services' labels, HAProxy accepts the file that is made of them without a word, and the commands that
// add their servers. Many services make one file, since a check costs as much as a thousand of them.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commandTexts } from '../../agent/core/commands.ts'
import { computeRouting } from '../../agent/core/desired.ts'
import { planChanges } from '../../agent/core/plan.ts'
import type { Routing } from '../../agent/core/routing.ts'
import { fileNames } from '../../agent/core/settings.ts'
import {
  configSettings,
  observedFrom,
  planFacts,
  rendererFor,
  routingSettings,
  service,
  snapshot,
  tasks,
} from '../support/builders.ts'
import { eventually } from '../support/eventually.ts'
import { haproxyBinary, testedBranches } from '../support/haproxy-binary.ts'
import { goodLabels, hostileLabels, strangeLabels } from '../support/hostile-labels.ts'
import { exchange } from '../support/live-state.ts'
import { tempDir } from '../support/temp-dir.ts'

type Labels = Readonly<Record<string, string>>

const runDir = '/run/tidegate'
const batch = 40
const label = { hosts: 'com.docker.lb.hosts', port: 'com.docker.lb.port' }

/** Each set of labels on a service of its own, with a host of its own beside those that the labels name. */
function routingOf(sets: readonly Labels[]): Routing {
  const services = sets.map((labels, index) => {
    const hosts = [`s${index}.local`, labels[label.hosts]].filter((text) => text !== undefined).join()
    return service({ name: `s${index}`, labels: { [label.port]: '80', ...labels, [label.hosts]: hosts } })
  })
  const world = snapshot({ services, tasks: services.flatMap(({ name }) => tasks(name, 2)) })
  return computeRouting(world, routingSettings()).routing
}

const settings = configSettings({ httpsBind: [], certificatesList: undefined })

async function write(dir: string, routing: Routing, change: (config: string) => string = (text) => text) {
  for (const [name, text] of rendererFor(settings).render(routing)) {
    const path = join(dir, name)
    await mkdir(dirname(path), { recursive: true })
    const moved = text.replaceAll(runDir, dir)
    await writeFile(path, name === fileNames.config ? change(moved) : moved)
  }
  return join(dir, fileNames.config)
}

/** What HAProxy says of the file, but for notices; empty where it has nothing to say. */
async function complaints(routing: Routing, binary: string): Promise<string> {
  await using dir = await tempDir()
  const args = ['-c', '-f', await write(dir.path, routing)]
  const { status, stdout, stderr } = spawnSync(binary, args, { encoding: 'utf8', timeout: 20_000 })
  const said = `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('[NOTICE]') && line !== 'Configuration file is valid')
  return [...(status === 0 ? [] : [`status ${status}`]), ...said].join('\n')
}

const many = (labels: fc.Arbitrary<Labels>) =>
  fc.array(labels, { minLength: batch, maxLength: batch, size: 'max' })

describe.each(testedBranches.map((branch) => ({ branch })))('HAProxy $branch', ({ branch }) => {
  const binary = haproxyBinary(branch)

  it('accepts hundreds of hostile sets of labels', async () => {
    const hostile = fc
      .tuple(strangeLabels, hostileLabels)
      .map(([others, given]): Labels => ({ ...others, ...given, [label.port]: '80' }))
    await fc.assert(
      fc.asyncProperty(many(hostile), async (sets) => {
        expect(await complaints(routingOf(sets), binary)).toBe('')
      }),
      { numRuns: 15, endOnFailure: true },
    )
  })

  it('accepts hundreds of good sets of labels, and none of them is a problem of its own', async () => {
    await fc.assert(
      fc.asyncProperty(many(goodLabels), async (sets) => {
        const routing = routingOf(sets)
        expect(routing.problems.filter(({ code }) => code.endsWith('-invalid'))).toEqual([])
        expect(await complaints(routing, binary)).toBe('')
      }),
      { numRuns: 15, endOnFailure: true },
    )
  })

  it('takes each of their servers over its socket, as its file has them', async () => {
    await fc.assert(
      fc.asyncProperty(many(goodLabels), async (sets) => {
        const routing = routingOf(sets)
        const bare = [...routing.backends].map(
          ([name, backend]) => [name, { ...backend, servers: [] }] as const,
        )
        const without = { ...routing, backends: new Map(bare) }
        const plan = planChanges(routing, observedFrom(without), planFacts())
        const actions =
          plan.kind === 'nothing' ? [] : plan.actions.filter(({ kind }) => kind === 'add-server')
        expect(actions.length).toBeGreaterThan(batch)
        await using haproxy = await start(binary, without)
        for (const action of actions) {
          const [command = ''] = commandTexts(action, settings)
          expect([command, (await haproxy.say(command)).trim()]).toEqual([command, 'New server registered.'])
        }
      }),
      { numRuns: 3, endOnFailure: true },
    )
  })
})

/** A HAProxy of its own, listening nowhere but on its socket. */
async function start(binary: string, routing: Routing) {
  const dir = await tempDir()
  const quiet = (config: string) =>
    config.replaceAll(/^(\s+bind) .*$/gm, `$1 unix@${join(dir.path, 'http.sock')}`)
  const config = await write(dir.path, routing, quiet)
  const child: ChildProcess = spawn(binary, ['-db', '-f', config], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const socket = join(dir.path, 'worker.sock')
  const say = (command: string) => exchange(socket, `${command}\n`)
  await eventually(async () => (await say('show info')).includes('Pid:'))
  return {
    say,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
      await dir[Symbol.asyncDispose]()
    },
  }
}
