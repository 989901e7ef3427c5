// The clients of an edge in a process of their own: requests, websockets, downloads. Ends with its parent.

import { startTraffic } from '../../../support/traffic.ts'
import { type ClientTally, clientOptions, clientRequest } from './client-messages.ts'
import { holdDownloads, holdWebsockets } from './streams.ts'

const options = clientOptions.parse(JSON.parse(process.argv[2] ?? ''))
const { port, hosts, websockets, downloads } = options
const [host = ''] = hosts
const refused: ClientTally['failures'] = []
const onRefused = (what: string) => refused.push({ atMs: Date.now(), what })
const traffic = startTraffic(options)
const sockets = holdWebsockets({ port, host, count: websockets, onRefused })
const slow = holdDownloads({ port, host, count: downloads, onRefused })

process.once('disconnect', () => process.exit(0))
process.on('message', (message) => void answer(clientRequest.parse(message).isLast))

async function answer(isLast: boolean): Promise<void> {
  if (isLast) await Promise.all([traffic.stop(), sockets.stop(), slow.stop()])
  process.send?.(tally())
}

function tally(): ClientTally {
  const { answered, failures } = traffic.tally()
  const own = failures.map(({ atMs, method, kept, what }) => ({
    atMs: performance.timeOrigin + atMs,
    what: `${method} on a ${kept ? 'kept' : 'new'} connection: ${what}`,
  }))
  return {
    answered,
    failures: [...own, ...refused].toSorted((a, b) => a.atMs - b.atMs),
    websocketsOpen: sockets.isOpen(),
    websocketCuts: [...sockets.cuts],
    downloadsDone: slow.done(),
    downloadCuts: [...slow.cuts],
  }
}
