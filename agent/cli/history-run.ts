// What `tidegate history` does: it asks the running agent, as nobody else remembers.
// Refuses flags (history.ts) and wording (history-text.ts).

import { AgentError } from '../core/errors.ts'
import type { HistoryEntry } from '../core/history.ts'
import { limits } from '../core/settings.ts'
import { type Call, type ExitCode, exitCodes, printJson, printLines } from './commands.ts'
import { parseEntry, parseGap, parseHistory } from './history-answer.ts'
import { entryLines, followedLine, gapLine, historyLines } from './history-text.ts'
import type { Settings } from './settings.ts'

export type HistoryOptions = {
  /** One entry, in detail. */
  readonly seq: number | undefined
  /** How many entries at most; undefined: 20, or all where `sinceMs` is given. */
  readonly limit: number | undefined
  /** Entries that are no older than this. */
  readonly sinceMs: number | undefined
  readonly isFollowed: boolean
}

/**
 * `tidegate history`
 * @throws AgentError `admin-unreachable` where no agent runs, `settings-invalid` for an entry that is not there
 */
export async function history(call: Call, options: HistoryOptions): Promise<ExitCode> {
  if (options.seq !== undefined) return tellOne(call, options.seq)
  const { limit = options.sinceMs === undefined ? 20 : limits.historyEntries, sinceMs } = options
  const part = parseHistory(await askAgent(call, `/api/history?limit=${limit}`))
  const oldest = sinceMs === undefined ? '' : new Date(Date.now() - sinceMs).toISOString()
  const entries = part.entries.filter(({ at }) => at >= oldest)
  if (options.isFollowed) return follow(call, entries, part.lastSeq)
  if (call.isJson) printJson(call, { ...part, entries })
  else printLines(call, historyLines(entries, call.paint))
  return exitCodes.ok
}

async function tellOne(call: Call, seq: number): Promise<ExitCode> {
  const { entries, lastSeq, missed } = parseHistory(
    await askAgent(call, `/api/history?after=${seq - 1}&limit=1`),
  )
  const entry = entries.find((each) => each.seq === seq)
  if (entry === undefined) throw noEntry(seq, missed > 0, lastSeq)
  if (call.isJson) printJson(call, entry)
  else printLines(call, entryLines(entry, call.paint))
  return exitCodes.ok
}

/** Ends with the agent, or when it is told to. */
async function follow(call: Call, entries: readonly HistoryEntry[], lastSeq: number): Promise<ExitCode> {
  const { ports, settings, signal, paint, isJson } = call
  const print = (entry: HistoryEntry) => {
    if (isJson) ports.stdout(`${JSON.stringify(entry)}\n`)
    else printLines(call, [followedLine(entry, paint)])
  }
  for (const entry of entries) print(entry)
  const path = `/api/stream?events=change&after=${lastSeq}`
  const events = await ports.followAgent(settings, path, signal)
  if (events === undefined) throw noAgent(settings)
  for await (const { name, data } of events) {
    if (name === 'change') print(parseEntry(data))
    if (name === 'gap' && !isJson) printLines(call, [gapLine(parseGap(data), paint)])
  }
  if (!signal.aborted) ports.stderr('tidegate: the agent has ended, and its history with it\n')
  return exitCodes.ok
}

async function askAgent({ ports, settings, signal }: Call, path: string): Promise<string> {
  const answer = await ports.askAgent(settings, path, signal)
  if (answer === undefined) throw noAgent(settings)
  if (answer.status === 200) return answer.body
  throw new AgentError('admin-unreachable', `the agent answered ${path} with status ${answer.status}`, {
    hint: 'An agent of another version may run. Use its own program: docker exec <container> tidegate history.',
  })
}

function noAgent({ admin }: Settings): AgentError {
  const where =
    admin.socketPath === undefined
      ? 'the admin socket is switched off'
      : `no agent listens on ${admin.socketPath}`
  return new AgentError(
    'admin-unreachable',
    `${where}, and only a running agent remembers what has changed`,
    {
      hint: 'Run this in the container of the edge, or name the socket with --admin-socket.',
    },
  )
}

function noEntry(seq: number, isForgotten: boolean, lastSeq: number): AgentError {
  const what = isForgotten ? 'is forgotten already' : `is not there yet; the newest is ${lastSeq}`
  return new AgentError('settings-invalid', `change ${seq} ${what}`, {
    hint: `The agent remembers the last ${limits.historyEntries}; \`tidegate history\` lists them by number.`,
  })
}
