// The guest: a machine in software (QEMU), with no network and no way out but two serial ports.
// Owns its process: it ends with the scenario, with the deadline, or with the process that started it.

import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { tempDir } from '../../support/temp-dir.ts'

export type Disks = {
  readonly kernel: string
  readonly initrd: string
  /** In the order of their names in the guest: vda is the root. Never written to: what the guest writes is dropped. */
  readonly drives: readonly string[]
}

export type GuestOptions = {
  readonly disks: Disks
  readonly timeoutMs: number
  /** Hears each line of the second serial port as it comes. */
  readonly hear: (line: string) => void
}

export type GuestEnd = {
  /** Whether it went off by itself in time. */
  readonly inTime: boolean
  /** The console: the kernel, and what the scenario says. */
  readonly console: string
  /** What QEMU itself complained about. */
  readonly complaint: string
}

/** Boots a guest and resolves when it is off, at the latest after `timeoutMs`. */
export async function runGuest({ disks, timeoutMs, hear }: GuestOptions): Promise<GuestEnd> {
  await using folder = await tempDir('tg-guest-')
  const consoleFile = join(folder.path, 'console.log')
  // The guest must not outlive a test that is killed.
  const command = ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...options(disks, consoleFile)]
  const child = spawn('setpriv', command, { stdio: ['ignore', 'pipe', 'pipe'] })
  const complaint = text(child.stderr)
  createInterface({ input: child.stdout }).on('line', hear)
  let inTime = true
  const deadline = setTimeout(() => {
    inTime = false
    child.kill('SIGKILL')
  }, timeoutMs)
  try {
    await new Promise<void>((resolve, reject) => child.once('error', reject).once('close', () => resolve()))
  } finally {
    clearTimeout(deadline)
  }
  const console = await readFile(consoleFile, 'utf8').catch(() => '')
  return { inTime, console, complaint: await complaint }
}

function options({ kernel, initrd, drives }: Disks, consoleFile: string): readonly string[] {
  // Nothing that the scenario looks at needs AppArmor or guards against other tenants, and they cost time.
  const append = 'root=/dev/vda rw init=/sbin/guest-init console=ttyS0 quiet apparmor=0 mitigations=off'
  return [
    ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '3072'],
    ...['-nodefaults', '-no-reboot', '-display', 'none', '-nic', 'none'],
    ...['-kernel', kernel, '-initrd', initrd, '-append', append],
    ...['-serial', `file:${consoleFile}`, '-serial', 'stdio'],
    ...drives.flatMap((file) => ['-drive', `file=${file},format=raw,if=virtio,snapshot=on`]),
  ]
}
