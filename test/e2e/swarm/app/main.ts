// The program of the test application's image: the simulator's application on port 8080, as the only process.
// Owns what the container tells it. Refuses routes of its own: test/sim/app.ts has them.

import { hostname } from 'node:os'
import { env, exit } from 'node:process'
import { createInProcessRuntime } from '../../../sim/in-process-runtime.ts'

const settings = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value ?? '']))

const container = await createInProcessRuntime().start({
  // The container's short id, unless the service says otherwise (`--hostname '{{.Task.Name}}'`).
  instance: hostname(),
  service: settings['SERVICE'] ?? '',
  task: settings['TASK'] ?? hostname(),
  node: settings['NODE'] ?? '',
  image: '',
  env: settings,
  listen: [{ host: '0.0.0.0', port: 8080 }],
})
process.on('SIGTERM', () => container.signal('SIGTERM'))
void container.exited.then(({ code }) => exit(code))
