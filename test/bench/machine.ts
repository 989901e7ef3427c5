// Where and with what figures were taken.
// Owns the facts that a figure means nothing without. Refuses names of machines and paths.

import { spawnSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import type { Taken } from './results.ts'

/** The facts about this machine, as the measurement begins. */
export function takenHere(haproxyBinary: string): Taken {
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    commit: git('describe', '--always', '--dirty'),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    kernel: release(),
    node: process.version,
    haproxy: haproxyVersion(haproxyBinary),
    loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  }
}

function git(...args: readonly string[]): string {
  const { stdout, status } = spawnSync('git', args, { encoding: 'utf8', timeout: 10_000 })
  return status === 0 ? stdout.trim() : 'unknown'
}

function haproxyVersion(binary: string): string {
  const { stdout } = spawnSync(binary, ['-v'], { encoding: 'utf8', timeout: 10_000 })
  return /version (\S+)/.exec(stdout)?.[1] ?? 'unknown'
}
