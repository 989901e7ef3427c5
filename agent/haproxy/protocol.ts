// Framing of HAProxy's runtime socket in prompt mode: bytes in, whole replies out.
// Owns where a reply ends, and how long it may grow. Refuses sockets, and what a reply means (replies.ts).

import { AgentError } from '../core/errors.ts'

/**
 * In prompt mode every reply, a silent success too, ends with this (management guide, section 9.3, `prompt`).
 * No reply that the agent asks for has a line that begins with `> `.
 */
const prompt = '\n> '

/** What has arrived of a reply that is not whole yet. Changed by `feed` alone. */
export type Framing = {
  readonly parts: string[]
  length: number
  /** The last characters, kept apart because they may be the beginning of a prompt. */
  tail: string
}

export function createFraming(): Framing {
  return { parts: [], length: 0, tail: '' }
}

/**
 * Takes the next piece from the socket and returns the replies that are whole with it, in order, without their
 * trailing newlines; a silent success is the empty string.
 * Each character is looked at once, however the reply was cut, so a reply of megabytes costs no more than its length.
 * @throws AgentError `runtime-bad-reply` once a reply exceeds `replyLengthMax` characters
 */
export function feed(framing: Framing, chunk: string, replyLengthMax: number): readonly string[] {
  const replies: string[] = []
  const text = framing.tail + chunk
  let from = 0
  for (let end = text.indexOf(prompt); end >= 0; end = text.indexOf(prompt, from)) {
    replies.push(takeReply(framing, text.slice(from, end)))
    from = end + prompt.length
  }
  const keep = Math.max(from, text.length - (prompt.length - 1))
  framing.parts.push(text.slice(from, keep))
  framing.length += keep - from
  framing.tail = text.slice(keep)
  refuseLongReply(framing, replyLengthMax)
  return replies
}

/** Put together once: a reply of half a megabyte is as dear to copy as to read. */
function takeReply(framing: Framing, end: string): string {
  framing.parts.push(end)
  const reply = framing.parts.join('')
  framing.parts.length = 0
  framing.length = 0
  let length = reply.length
  while (reply[length - 1] === '\n') length -= 1
  return reply.slice(0, length)
}

function refuseLongReply(framing: Framing, replyLengthMax: number): void {
  if (framing.length <= replyLengthMax) return
  throw new AgentError('runtime-bad-reply', `the reply is longer than ${replyLengthMax} characters`, {
    hint: 'Check that the socket is an HAProxy runtime socket.',
  })
}
