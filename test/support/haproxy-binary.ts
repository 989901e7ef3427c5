// Which HAProxy the tests, the demo and the benches start.
// Looks where haproxy/setup.sh looks, in the same order, and refuses to download: that is the script's work.

import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { env } from 'node:process'

/** Branches that haproxy/setup.sh can unpack, newest first. */
export const haproxyBranches = ['3.4', '3.2', '3.0'] as const

/**
 * The branches that tests of version differences run on: the one that the image ships and the oldest supported, both of
 * which test/setup.sh unpacks, or those that `TIDEGATE_TEST_BRANCHES` lists.
 */
export const testedBranches: readonly string[] = (env['TIDEGATE_TEST_BRANCHES'] ?? '3.4,3.0').split(',')

const unpacked = join(import.meta.dirname, '../../haproxy/.unpacked')

/**
 * The path of an HAProxy of version 3.0 or later: of the branch asked for, else what the environment names, else the
 * newest unpacked, else the machine's own.
 *
 * @param branch what `TIDEGATE_HAPROXY_BRANCH` says unless given; it looks among the unpacked only
 * @throws an `Error` that says how to get one
 */
export function haproxyBinary(branch: string | undefined = branchAskedFor()): string {
  const binary = branch === undefined ? anyBinary() : unpackedBinary(branch)
  if (binary !== undefined) return binary
  const [which, option] = branch === undefined ? ['3.0 or later', ''] : [branch, ` -- --branch ${branch}`]
  throw new Error(`HAProxy ${which} was not found; run \`npm run setup${option}\` first.`)
}

function branchAskedFor(): string | undefined {
  const { TIDEGATE_HAPROXY_BRANCH: branch } = env
  return branch === '' ? undefined : branch
}

function anyBinary(): string | undefined {
  // Taken as it is, so that a mistyped path fails by its name and not by another HAProxy's behaviour.
  const { TIDEGATE_HAPROXY_BIN: named } = env
  if (named !== undefined && named !== '') return named
  const earlier = haproxyBranches.map(unpackedBinary).find((binary) => binary !== undefined)
  return earlier ?? installedBinary()
}

function unpackedBinary(branch: string): string | undefined {
  const binary = join(unpacked, branch, 'haproxy')
  return isExecutable(binary) ? binary : undefined
}

function installedBinary(): string | undefined {
  const { PATH = '' } = env
  const folders = [...PATH.split(delimiter).filter((folder) => folder !== ''), '/usr/local/sbin', '/usr/sbin']
  return folders
    .map((folder) => join(folder, 'haproxy'))
    .find((binary) => isExecutable(binary) && isSupported(binary))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function isSupported(binary: string): boolean {
  const { stdout } = spawnSync(binary, ['-v'], { encoding: 'utf8', timeout: 5000 })
  const major = /^HA-?Proxy version (\d+)\./.exec(stdout)?.[1]
  return Number(major) >= 3
}
