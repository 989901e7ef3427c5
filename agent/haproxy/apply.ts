// Carries out a plan's live actions over the runtime socket, and checks every reply.
// Owns what counts as applied. Refuses to retry or to choose an order: the loop looks again, the plan is in order.

import type { Action } from '../core/action.ts'
import { pathBeside } from '../core/certificate-list.ts'
import { type Command, commandsFor, commandTexts, judgeReplies } from '../core/commands.ts'
import { AgentError } from '../core/errors.ts'
import type { Applied } from '../core/observed.ts'
import type { LivePaths } from '../core/settings.ts'
import { quote } from '../core/text.ts'
import type { Runtime, RuntimeCommand } from './runtime.ts'

/** Turns a payload that names a certificate into the certificate with its key; undefined where it is no longer at hand. */
export type PemOf = (payload: { readonly certificate: string; readonly key: string }) => string | undefined

export type ApplyOptions = LivePaths & { readonly pemOf: PemOf }

/** What came of the actions, certificates that HAProxy refuses among them: each with its words. */
export type AppliedOrRefused = Applied & { readonly refused: ReadonlyMap<string, string> }

/**
 * Sends the actions' commands in one pipelined go and judges the replies once all are in.
 *
 * A delete right behind a close may be busy from HAProxy 3.3 on even without sessions, because idle connections close
 * a moment later; that is no fault. Nor is a certificate that HAProxy does not take: it is given back as refused.
 * @throws AgentError `apply-failed` when another reply is none of the accepted ones: the message has command and reply.
 *   The other actions were carried out, so what HAProxy runs must be observed again.
 */
export async function apply(
  runtime: Runtime,
  actions: readonly Action[],
  options: ApplyOptions,
  signal: AbortSignal,
): Promise<AppliedOrRefused> {
  const { commands, refused } = prepare(actions, options)
  const replies = await runtime.send(
    commands.flatMap(({ sent }) => sent),
    signal,
  )
  const busy: Action[] = []
  const surprises: string[] = []
  let at = 0
  for (const { action, sent } of commands) {
    const own = replies.slice(at, at + sent.length)
    at += sent.length
    const verdict = judgeReplies(action, own)
    if (verdict === 'busy') busy.push(action)
    if (verdict !== 'unexpected') continue
    if (action.kind === 'add-certificate') refused.set(action.file, refusalOf(own))
    else
      surprises.push(
        `${quote(own.join('; '), 200)} to ${quote(commandTexts(action, options).join('; '), 300)}`,
      )
  }
  if (surprises.length > 0) throw refusal(surprises, actions.length)
  await forget(runtime, refused.keys(), options, signal)
  return { actions: actions.filter((action) => !isRefused(action, refused)), busy, refused }
}

type Sent = { readonly action: Action; readonly sent: readonly RuntimeCommand[] }

function prepare(actions: readonly Action[], options: ApplyOptions) {
  const refused = new Map<string, string>()
  const commands: Sent[] = []
  for (const action of actions) {
    const sent = commandsFor(action, options).map((command) => toSend(command, options.pemOf))
    const isWhole = sent.every((command) => command !== undefined)
    if (isWhole) commands.push({ action, sent: sent.filter((command) => command !== undefined) })
    else if (action.kind === 'add-certificate')
      refused.set(action.file, 'its file is no longer there, or longer than HAProxy takes on its socket')
  }
  return { commands, refused }
}

function toSend({ line, payload }: Command, pemOf: PemOf): RuntimeCommand | undefined {
  if (payload === undefined) return line
  const text = typeof payload === 'string' ? payload : pemOf(payload)
  return text === undefined ? undefined : { line, payload: text }
}

const isRefused = (action: Action, refused: ReadonlyMap<string, string>) =>
  action.kind === 'add-certificate' && refused.has(action.file)

/** The first words that are none of success. A reply of HAProxy's never holds a key. */
function refusalOf(replies: readonly string[]): string {
  const said = replies.find(
    (reply) => !/^(New empty|Transaction created|Committing[\s\S]*Success!$)/.test(reply),
  )
  return quote((said ?? replies.join('; ')).trim(), 300)
}

/** A try that broke off leaves a transaction open, which would keep all others from beginning. */
async function forget(
  runtime: Runtime,
  files: Iterable<string>,
  options: ApplyOptions,
  signal: AbortSignal,
): Promise<void> {
  const commands = [...files].flatMap((file) => {
    const path = pathBeside(file, options)
    return [`abort ssl cert ${path}`, `del ssl cert ${path}`]
  })
  await runtime.send(commands, signal)
}

function refusal(refused: readonly string[], asked: number): AgentError {
  const [first = ''] = refused
  const more = refused.length > 1 ? `, and ${refused.length - 1} more like it` : ''
  const message = `HAProxy answered ${first}${more}; ${asked - refused.length} of ${asked} actions were done`
  return new AgentError('apply-failed', message, {
    hint: 'The agent looks at HAProxy again and plans anew; if that does not help, it reloads.',
  })
}
