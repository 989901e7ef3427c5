// The folders that must exist on the machine for an engine to mount its own over them, and for `ip netns`.
// Owns making the missing ones and removing those again that it made. Refuses folders that were there before.

import { mkdir, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BedLayout } from './layout.ts'
import { succeeds } from './run.ts'

const netns = '/run/netns'
const footholds = ['/etc/docker', netns]

/** Makes what is missing, after noting it where removeFootholds() finds it even after a crash. */
export async function makeFootholds(bed: BedLayout): Promise<void> {
  const note = noteOf(bed)
  await mkdir(dirname(note), { recursive: true })
  const there = await Promise.all(footholds.map(exists))
  const missing = footholds.filter((_, index) => there[index] === false)
  const made = new Set([...(await readNote(note)), ...missing])
  await writeFile(note, JSON.stringify([...made]))
  for (const folder of missing) await mkdir(folder, { recursive: true })
}

/** Removes what makeFootholds() made, unless another test bed still runs or somebody else uses it by now. */
export async function removeFootholds(bed: BedLayout): Promise<void> {
  const note = noteOf(bed)
  const beds = await readdir(dirname(note), { withFileTypes: true }).catch(() => [])
  if (beds.some((entry) => entry.isDirectory())) return
  for (const folder of await readNote(note)) {
    if ((await readdir(folder).catch(() => [''])).length > 0) continue
    // `ip netns add` makes its folder a mount of itself.
    if (folder === netns) await succeeds('umount', [folder])
    await rmdir(folder)
  }
  await rm(dirname(note), { recursive: true, force: true })
}

function noteOf(bed: BedLayout): string {
  return join(dirname(bed.runDir), 'made-folders.json')
}

async function readNote(note: string): Promise<readonly string[]> {
  const text = await readFile(note, 'utf8').catch(() => '[]')
  const listed: unknown = JSON.parse(text)
  return Array.isArray(listed) ? footholds.filter((folder) => listed.includes(folder)) : []
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
