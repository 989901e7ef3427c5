// The least client of a runtime socket: one connection that stays, answers in order.
// Refuses to judge answers, and to live on when HAProxy does not.

import { once } from 'node:events'
import { connect } from 'node:net'

/** What HAProxy ends each answer with once it was told `prompt` (management guide, section 9.3). */
const prompt = '\n> '

/** Opens the connection; what it resolves to sends one command and resolves to the answer. */
export async function openCommands(socketPath: string): Promise<(command: string) => Promise<string>> {
  const socket = connect(socketPath)
  await once(socket, 'connect')
  const waiting: ((answer: string) => void)[] = []
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    for (let end = text.indexOf(prompt); end >= 0; end = text.indexOf(prompt)) {
      waiting.shift()?.(text.slice(0, end))
      text = text.slice(end + prompt.length)
    }
  })
  const send = (command: string) => {
    socket.write(`${command}\n`)
    return new Promise<string>((resolve) => waiting.push(resolve))
  }
  await send('prompt')
  await send('set timeout cli 1h')
  return send
}
