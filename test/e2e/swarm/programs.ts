// The programs that tests need: found, or installed from the distribution's packages after saying so.
// Owns apt-get. Refuses other package managers: there it names what to install.

import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { run, succeeds } from './run.ts'

/** Program and the packages that may bring it, the newest distribution's first. */
type Needed = readonly [program: string, ...packages: string[]]

const bed: readonly Needed[] = [
  ['dockerd', 'docker.io'],
  // Debian 13 packs the client on its own; in Debian 12 it is part of docker.io.
  ['docker', 'docker-cli', 'docker.io'],
  ['ip', 'iproute2'],
  ['iptables', 'iptables'],
  ['nsenter', 'util-linux'],
  ['busybox', 'busybox-static'],
]

/** Makes sure that every program of a test bed is there; `say` hears what is going to be installed. Needs root. */
export async function ensurePrograms(say: (line: string) => void): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error('a test bed makes network namespaces and starts engines: run it as root')
  }
  await ensureEach(bed, 'the test bed', say)
}

/** Makes sure that programs are there; `say` hears what is going to be installed before it is, and needs root then. */
export async function ensureEach(
  needed: readonly Needed[],
  purpose: string,
  say: (line: string) => void,
): Promise<void> {
  const missing = needed.filter(([program]) => !isThere(program))
  if (missing.length === 0) return
  if (!isThere('apt-get') || process.getuid?.() !== 0) {
    const packages = missing.map(([program, ...names]) => `${program} (Debian: ${names.join(' or ')})`)
    throw new Error(`${purpose} needs programs that are not here: ${packages.join(', ')}`)
  }
  say(`installing for ${purpose}: ${missing.map(([, ...packages]) => packages.at(-1)).join(', ')}`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['update', '-qq'], { env })
  const chosen = await Promise.all(
    missing.map(([program, ...packages]) => availablePackage(program, packages)),
  )
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...new Set(chosen)]
  // The packages' scripts would start an engine of the machine's own; nothing here needs one.
  await run('apt-get', install, { env: { ...env, RUNLEVEL: '1' }, timeoutMs: 300_000 })
}

async function availablePackage(program: string, packages: readonly string[]): Promise<string> {
  for (const name of packages) if (await succeeds('apt-cache', ['show', name])) return name
  throw new Error(`no package of this distribution brings ${program}; tried ${packages.join(', ')}`)
}

function isThere(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin']
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
