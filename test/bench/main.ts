// `npm run bench`: measures, and writes what came of it.
// Owns the order and the files. A part that was not measured now stays as it was measured last.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { templatesDir } from '../support/builders.ts'
import { haproxyBinary } from '../support/haproxy-binary.ts'
import type { Bench } from './bench.ts'
import { runChange } from './change/run.ts'
import { type BenchName, type Flags, readFlags } from './flags.ts'
import { runPage } from './page/run.ts'
import { buildPrograms } from './programs.ts'
import { reportText } from './report.ts'
import { type Results, resultsSchema } from './results.ts'
import { runStart } from './start/run.ts'
import { runThroughput } from './throughput/run.ts'
import { runTls } from './tls/run.ts'
import { runWatch } from './watch/run.ts'

const resultsFile = join(import.meta.dirname, 'results.json')
const reportFile = join(import.meta.dirname, 'RESULTS.md')

const flags = flagsOrStatus()
if (typeof flags === 'number') process.exitCode = flags
else await main(flags)

function flagsOrStatus(): Flags | number {
  try {
    return readFlags(process.argv.slice(2))
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    throw error
  }
}

async function main({ names, isQuick }: Flags): Promise<void> {
  const say = (text: string) => process.stderr.write(`bench: ${text}\n`)
  const bench: Bench = {
    haproxy: haproxyBinary(),
    templatesDir,
    fixtures: join(import.meta.dirname, '../fixtures/docker-api'),
    programs: buildPrograms(),
    isQuick,
    say,
  }
  let results: Results = isQuick ? {} : await earlierResults()
  for (const name of names) {
    results = { ...results, ...(await measure(name, bench)) }
    if (!isQuick) await write(results)
  }
  process.stdout.write(reportText(results))
  if (!isQuick) say('written to test/bench/RESULTS.md and results.json')
}

async function measure(name: BenchName, bench: Bench): Promise<Results> {
  switch (name) {
    case 'change':
      return { change: await runChange(bench) }
    case 'start':
      return { start: await runStart(bench) }
    case 'throughput':
      return { throughput: await runThroughput(bench) }
    case 'watch':
      return { watch: await runWatch(bench) }
    case 'page':
      return { page: await runPage(bench) }
    case 'tls':
      return { tls: await runTls(bench) }
  }
}

async function earlierResults(): Promise<Results> {
  try {
    return resultsSchema.parse(JSON.parse(await readFile(resultsFile, 'utf8')))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
}

async function write(results: Results): Promise<void> {
  await writeFile(resultsFile, `${JSON.stringify(results, undefined, 2)}\n`)
  await writeFile(reportFile, reportText(results))
}
