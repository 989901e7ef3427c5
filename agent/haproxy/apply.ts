// Carries out a plan's live actions over the runtime socket, and checks every reply.
// Owns what counts as applied. Refuses to retry or to choose an order: the loop looks again, the plan is in order.

import type { Action } from '../core/action.ts'
import { commandFor, judgeReply } from '../core/commands.ts'
import { AgentError } from '../core/errors.ts'
import type { Applied } from '../core/observed.ts'
import { quote } from '../core/text.ts'
import type { Runtime } from './runtime.ts'

/**
 * Sends the actions' commands in one pipelined go and judges each reply once all are in.
 *
 * A delete right behind a close may be busy from HAProxy 3.3 on even without sessions, because idle connections close
 * a moment later; that is no fault.
 * @throws AgentError `apply-failed` when a reply is none of the accepted ones: the message has command and reply.
 *   The other actions were carried out, so what HAProxy runs must be observed again.
 */
export async function apply(
  runtime: Runtime,
  actions: readonly Action[],
  files: { readonly routesMap: string },
  signal: AbortSignal,
): Promise<Applied> {
  const commands = actions.map((action) => commandFor(action, files))
  const replies = await runtime.send(commands, signal)
  const busy: Action[] = []
  const refused: string[] = []
  for (const [index, action] of actions.entries()) {
    const reply = replies[index] ?? ''
    const verdict = judgeReply(action, reply)
    if (verdict === 'busy') busy.push(action)
    if (verdict === 'unexpected') refused.push(`${quote(reply, 200)} to ${quote(commands[index] ?? '', 300)}`)
  }
  if (refused.length > 0) throw refusal(refused, actions.length)
  return { actions, busy }
}

function refusal(refused: readonly string[], asked: number): AgentError {
  const [first = ''] = refused
  const more = refused.length > 1 ? `, and ${refused.length - 1} more like it` : ''
  const message = `HAProxy answered ${first}${more}; ${asked - refused.length} of ${asked} actions were done`
  return new AgentError('apply-failed', message, {
    hint: 'The agent looks at HAProxy again and plans anew; if that does not help, it reloads.',
  })
}
