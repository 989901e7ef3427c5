// The program of a task that runs as a real process: the same application, in a process of its own.

import { z } from 'zod'
import { createInProcessRuntime } from './in-process-runtime.ts'
import type { ChildMessage } from './process-runtime.ts'

const options = z
  .object({
    instance: z.string(),
    service: z.string(),
    task: z.string(),
    node: z.string(),
    image: z.string(),
    env: z.record(z.string(), z.string()),
    listen: z.array(z.object({ host: z.string(), port: z.number() })),
  })
  .parse(JSON.parse(process.env['SIM_CONTAINER'] ?? ''))

const say = (message: ChildMessage) => process.send?.(message)
// Without this a simulator that is killed would leave its tasks behind.
process.once('disconnect', () => process.exit(137))

const container = await createInProcessRuntime().start(options)
let told: boolean | undefined
const tellHealth = () => {
  const healthy = container.healthy()
  if (healthy !== told) say({ healthy })
  told = healthy
}
tellHealth()
setInterval(tellHealth, 20)
process.on('SIGTERM', () => container.signal('SIGTERM'))
void container.exited.then(({ code }) => process.exit(code))
say({ listening: true })
