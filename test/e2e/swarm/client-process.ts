// The program of the clients: lives in the clients' namespace, asks and makes traffic as it is told on its input.
// Owns the traffics by name. Refuses to outlive its test: it ends with its input.

import { createInterface } from 'node:readline'
import { ask } from '../../support/client.ts'
import { startTraffic, type Traffic } from '../../support/traffic.ts'
import { type Order, orderShape } from './client-messages.ts'

const traffics = new Map<string, Traffic>()

function trafficOf(name: string): Traffic {
  const found = traffics.get(name)
  if (found === undefined) throw new Error(`there is no traffic "${name}"`)
  return found
}

async function carryOut(order: Order): Promise<unknown> {
  switch (order.kind) {
    case 'ask':
      return ask(order.request)
    case 'start': {
      const { onlyGet, ...options } = order.traffic
      traffics.set(order.name, startTraffic(onlyGet ? { ...options, method: () => 'GET' } : options))
      return undefined
    }
    case 'tally':
      return trafficOf(order.name).tally()
    case 'stop': {
      const tally = await trafficOf(order.name).stop()
      traffics.delete(order.name)
      return tally
    }
  }
}

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const order = orderShape.parse(JSON.parse(line))
  const reply = (said: object) => process.stdout.write(`${JSON.stringify({ id: order.id, ...said })}\n`)
  void carryOut(order).then(
    (result) => reply({ result }),
    (error: unknown) => reply({ error: String(error) }),
  )
})
lines.on('close', () => process.exit(0))
