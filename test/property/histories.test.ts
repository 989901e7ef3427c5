// Whatever happens to the Swarm, the engine, the agent and HAProxy: what must hold holds, in between and at rest.
//
// A failure prints fast-check's seed and path, the history, and a diary of what happened when. FC_SEED, FC_PATH and
// FC_RUNS repeat it or ask for more; FC_SHRINK=1 looks for a shorter history that fails, which takes minutes;
// FC_HISTORY plays one history, as it was printed. TIDEGATE_HAPROXY_BRANCH chooses the HAProxy.

import { env } from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeAtRest } from './at-rest.ts'
import { calm, carryOut } from './happenings.ts'
import { knownHistories } from './known.ts'
import { judgeReloads, judgeTraffic } from './reckoning.ts'
import { anyHistory, type Step } from './steps.ts'
import { openWorld, type World } from './world.ts'

const { FC_RUNS, FC_SEED, FC_PATH, FC_SHRINK, FC_HISTORY } = env
const numRuns = Number(FC_RUNS ?? 7)

test(
  'no history leaves a route empty, a file behind, or a plan undone',
  async () => {
    if (FC_HISTORY !== undefined) return play(JSON.parse(FC_HISTORY))
    await fc.assert(fc.asyncProperty(anyHistory, play), {
      numRuns,
      examples: knownHistories.map((history): [readonly Step[]] => [history]),
      endOnFailure: FC_SHRINK === undefined,
      ...(FC_SEED === undefined ? {} : { seed: Number(FC_SEED) }),
      ...(FC_PATH === undefined ? {} : { path: FC_PATH }),
      reporter: (out) => {
        if (out.failed) throw new Error(fc.defaultReportMessage(out), { cause: out.errorInstance })
      },
    })
  },
  // A history takes some ten seconds, and as long again where the engine is in trouble at its end.
  numRuns * 60_000,
)

async function play(history: readonly Step[]): Promise<void> {
  await using world = await openWorld(undefined)
  try {
    for (const step of history) {
      await carryOut(world, step)
      if (step.happening.kind === 'rest') await settle(world)
    }
    await settle(world)
    judgeTraffic(world)
    judgeReloads(world)
    expect(await world.end()).toEqual([])
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    throw new Error([what, ...world.diary, `FC_HISTORY='${JSON.stringify(history)}'`].join('\n'), {
      cause: error,
    })
  }
}

async function settle(world: World): Promise<void> {
  await calm(world)
  world.write('calm')
  await judgeAtRest(world)
  world.write('at rest')
  expect(world.breaches).toEqual([])
}
