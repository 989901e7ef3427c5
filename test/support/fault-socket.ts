// A unix socket that misbehaves as a test tells it to: half replies, hangs, closes, garbage.
// Owns the listener and its connections. Refuses to imitate HAProxy: the tests have real ones.

import { createServer, type Socket } from 'node:net'

export type FaultSocket = AsyncDisposable & {
  readonly path: string
  /** Commands that came, over all connections. */
  readonly commands: readonly string[]
  readonly connections: () => number
}

/** Listens at `path` and hands each line that comes to `onCommand`, with the connection to answer or to hurt. */
export async function faultSocket(
  path: string,
  onCommand: (command: string, connection: Socket) => void,
): Promise<FaultSocket> {
  const commands: string[] = []
  const open = new Set<Socket>()
  let connections = 0
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    connections += 1
    open.add(connection)
    let text = ''
    connection.setEncoding('utf8')
    connection.on('error', () => {})
    connection.on('close', () => open.delete(connection))
    connection.on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        commands.push(line)
        onCommand(line, connection)
      }
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  return {
    path,
    commands,
    connections: () => connections,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const connection of open) connection.destroy()
      }),
  }
}
