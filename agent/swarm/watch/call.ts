// One call of the Watch method on a manager's control socket.
// Owns @grpc/grpc-js. Refuses to read messages, and to try again.

import { Client, credentials } from '@grpc/grpc-js'
import { encodeRequest, watchMethod } from './proto.ts'

/** A longer message ends the stream. One is a commit, of at most 200 objects (swarmkit store.MaxChangesPerTransaction). */
export const messageBytesMax = 64 * 1024 * 1024

/** The name in every manager's certificate (swarmkit ca.ManagerRole), whatever its host is called. */
const managerName = 'swarm-manager'

const channelOptions = {
  'grpc.ssl_target_name_override': managerName,
  'grpc.default_authority': managerName,
  'grpc.max_receive_message_length': messageBytesMax,
  // Who opens it anew has lists to ask for as well, so nobody may do it behind our back.
  'grpc.enable_retries': 0,
}

export type WatchCall = {
  readonly socketPath: string
  /** The swarm's own root certificate, as PEM: it alone is believed. */
  readonly trustRoot: string
  readonly kinds: readonly string[]
}

/**
 * The messages as bytes, from the empty one that says that the stream stands, until it ends or `signal` is aborted.
 * Throws what grpc-js does; nothing is read ahead of whoever iterates but what the socket has brought.
 */
export async function* callWatch(call: WatchCall, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const root = credentials.createSsl(Buffer.from(call.trustRoot))
  const client = new Client(`unix:${call.socketPath}`, root, channelOptions)
  const asIs = (bytes: Buffer) => bytes
  const request = Buffer.from(encodeRequest(call.kinds))
  const stream = client.makeServerStreamRequest(watchMethod, asIs, asIs, request)
  // After the loop has ended, the cancelled call still tells of its error.
  stream.on('error', () => undefined)
  const cancel = () => stream.cancel()
  signal.addEventListener('abort', cancel)
  if (signal.aborted) cancel()
  try {
    for await (const bytes of stream) yield bytes
  } finally {
    signal.removeEventListener('abort', cancel)
    cancel()
    client.close()
  }
}
