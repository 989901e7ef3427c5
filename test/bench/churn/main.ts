// `npm run bench:churn`: measures what deploys cost, and writes what came of it.
// Owns the order, the files and Ctrl-C. A part that was not measured now stays as it was measured last.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { haproxyBinary } from '../../support/haproxy-binary.ts'
import { buildAgent } from '../programs.ts'
import type { ChurnBench } from './bench.ts'
import { type ChurnFlags, type PartName, readChurnFlags } from './flags.ts'
import { runLoss } from './loss/run.ts'
import { runPropagation } from './propagation/run.ts'
import { churnText } from './report.ts'
import { type ChurnResults, churnSchema } from './results.ts'
import { runSoak } from './soak/run.ts'
import { runStorm } from './storm/run.ts'

const resultsFile = join(import.meta.dirname, '../churn.json')
const reportFile = join(import.meta.dirname, '../CHURN.md')

const flags = flagsOrStatus()
if (typeof flags === 'number') process.exitCode = flags
else await main(flags)

function flagsOrStatus(): ChurnFlags | number {
  try {
    return readChurnFlags(process.argv.slice(2))
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    throw error
  }
}

async function main({ parts, isQuick }: ChurnFlags): Promise<void> {
  const say = (text: string) => process.stderr.write(`bench:churn: ${text}\n`)
  const signal = stopSignal(say)
  const bench: ChurnBench = { haproxy: haproxyBinary(), agent: buildAgent(), isQuick, say, signal }
  let results: ChurnResults = isQuick ? {} : await earlierResults()
  try {
    for (const part of parts) {
      results = { ...results, ...(await measure(part, bench)) }
      if (!isQuick) await write(results)
    }
  } catch (error) {
    if (!signal.aborted) throw error
    say('stopped; everything that was started is ended')
    process.exitCode = 130
    return
  }
  process.stdout.write(churnText(results))
  if (!isQuick) say('written to test/bench/CHURN.md and churn.json')
}

/** The first Ctrl-C ends what is under way and cleans up, a second one ends at once. */
function stopSignal(say: (text: string) => void): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(130)
      say('stopping')
      stop.abort()
    })
  }
  return stop.signal
}

async function measure(part: PartName, bench: ChurnBench): Promise<ChurnResults> {
  switch (part) {
    case 'propagation':
      return { propagation: await runPropagation(bench) }
    case 'loss':
      return { loss: await runLoss(bench) }
    case 'storm':
      return { storm: await runStorm(bench) }
    case 'soak':
      return { soak: await runSoak(bench) }
  }
}

async function earlierResults(): Promise<ChurnResults> {
  try {
    return churnSchema.parse(JSON.parse(await readFile(resultsFile, 'utf8')))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
}

async function write(results: ChurnResults): Promise<void> {
  await writeFile(resultsFile, `${JSON.stringify(results, undefined, 2)}\n`)
  await writeFile(reportFile, churnText(results))
}
