// The master process's socket: which processes there are, and reloads with their verdict.
// Owns one short exchange a question, and the parsing of its answer. Refuses to choose when to reload (the loop does).

import { connect } from 'node:net'
import { AgentError } from '../core/errors.ts'
import { quote } from '../core/text.ts'
import { deadlineFor } from './deadline.ts'
import { linesOf } from './replies.ts'
import { connectHint, errorText } from './socket-error.ts'

export type MasterOptions = {
  readonly socketPath: string
  /** How long one exchange may take. A reload's lasts as long as the new worker needs to read its configuration. */
  readonly timeoutMs: number
}

export type ReloadVerdict = {
  /** False: the new configuration was refused, and the old worker goes on as if nothing had been asked. */
  readonly done: boolean
  /** What HAProxy logged while it loaded; empty where it was built without that. */
  readonly log: readonly string[]
}

export type Process = { readonly pid: number; readonly version: string }

export type Processes = {
  readonly master: Process
  /** Empty on 3.4 after a reload that failed, which counts the running worker among the old ones. */
  readonly workers: readonly Process[]
  /** Workers that finish their last sessions after a reload. */
  readonly oldWorkers: readonly Process[]
}

/**
 * Reloads, and waits for the verdict. The master ends its other connections meanwhile.
 *
 * The reply (management guide, section 9.4.1, from 2.7 on): `Success=1` or `Success=0`, `--`, then the start-up log.
 * @throws AgentError `master-unreachable` or `master-bad-reply`; whether it reloaded is unknown then
 */
export async function reload(options: MasterOptions, signal: AbortSignal): Promise<ReloadVerdict> {
  const reply = await askMaster(options, 'reload', signal)
  const [verdict = '', separator, ...log] = linesOf(reply)
  const success = /^Success=([01])$/.exec(verdict)?.[1]
  if (success === undefined || (separator !== undefined && separator !== '--')) {
    throw badReply(options, 'reload', success === undefined ? verdict : (separator ?? ''))
  }
  return { done: success === '1', log: log.filter((line) => line !== '') }
}

/** The master and its workers. @throws AgentError `master-unreachable` or `master-bad-reply` */
export async function showProcesses(options: MasterOptions, signal: AbortSignal): Promise<Processes> {
  const reply = await askMaster(options, 'show proc', signal)
  const processes = parseProcesses(reply)
  if (processes === undefined) throw badReply(options, 'show proc', linesOf(reply)[0] ?? '')
  return processes
}

/**
 * Reads `show proc`, or gives undefined where no master is in it:
 *
 *     #<PID>          <type>          <reloads>       <uptime>        <version>
 *     8116            master          1 [failed: 0]   0d00h00m01s     3.0.11-1+deb13u4
 *     # workers
 *     8203            worker          0               0d00h00m00s     3.0.11-1+deb13u4
 *     # old workers
 *     8124            worker          1               0d00h00m01s     3.0.11-1+deb13u4
 *     # programs
 */
export function parseProcesses(reply: string): Processes | undefined {
  let section = ''
  let master: Process | undefined
  const workers: Process[] = []
  const oldWorkers: Process[] = []
  for (const line of linesOf(reply)) {
    if (line.startsWith('# ')) section = line.slice(2).trim()
    const [, pid, type, version = ''] = /^(\d+)\s+(\w+)\s.*?(\S*)\s*$/.exec(line) ?? []
    if (pid === undefined) continue
    const process = { pid: Number(pid), version }
    if (type === 'master') master = process
    if (type === 'worker') (section === 'old workers' ? oldWorkers : workers).push(process)
  }
  return master === undefined ? undefined : { master, workers, oldWorkers }
}

const replyLengthMax = 1024 * 1024

/**
 * One command on a connection of its own: the master has no end of reply but the end of the connection, which comes
 * once the agent's side is closed.
 * @throws AgentError `master-unreachable`
 */
export async function askMaster(
  { socketPath, timeoutMs }: MasterOptions,
  command: string,
  signal: AbortSignal,
): Promise<string> {
  using deadline = deadlineFor(signal, timeoutMs)
  try {
    return await exchange(socketPath, `${command}\n`, deadline.signal)
  } catch (error) {
    signal.throwIfAborted()
    throw unreachable(
      socketPath,
      error,
      deadline.isOver() ? `no answer to "${command}" within ${timeoutMs} ms` : undefined,
    )
  }
}

function unreachable(socketPath: string, cause: unknown, late: string | undefined): AgentError {
  const message = `master socket ${socketPath}: ${late ?? errorText(cause)}`
  const hint =
    late === undefined
      ? connectHint(cause)
      : 'The master is stuck, or busy loading a very large configuration.'
  return new AgentError('master-unreachable', message, { hint, cause })
}

function exchange(socketPath: string, text: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path: socketPath, signal })
    let reply = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      reply += chunk.slice(0, replyLengthMax - reply.length)
    })
    socket.once('end', () => resolve(reply))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the connection was closed')))
    socket.end(text)
  })
}

function badReply({ socketPath }: MasterOptions, command: string, line: string): AgentError {
  return new AgentError(
    'master-bad-reply',
    `master socket ${socketPath} answered ${quote(line, 200)} to "${command}"`,
    {
      hint: 'Check that the socket is the one that `haproxy -W -S` made.',
    },
  )
}
