// After the tour: everything goes on, and whoever watches is told how to look around.
// Owns those words, and the wait. Refuses to end anything (demo.ts does, on its way out).

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { env } from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { count } from '../../agent/cli/paint.ts'
import type { Stage } from './stage.ts'
import type { TourParts } from './tour.ts'

/** Says how to look around, and shows what happens until the signal is aborted or the time is over. */
export async function keepRunning(parts: TourParts, forMs: number): Promise<void> {
  const { stage, screen, commits, signal } = parts
  screen.lines(lookAround(stage, isInstalled, count(forMs / 60_000, 'minute')))
  screen.watch()
  commits.forget()
  await delay(forMs, undefined, { signal }).catch(() => {})
}

/** Commands to copy; those that need a tool that is not there are left out. */
export function lookAround(
  { swarm, runDir, port }: Pick<Stage, 'swarm' | 'runDir' | 'port'>,
  has: (program: string) => boolean,
  howLong: string,
): readonly string[] {
  const docker = `docker -H unix://${swarm.socketPath}`
  const api = `curl -s --unix-socket ${swarm.socketPath} http://docker`
  const swarmLines = has('docker')
    ? [
        `${docker} service ls`,
        `${docker} service scale -d shop=10`,
        `${docker} service update -d --image tidegate/app:3 shop`,
        `${docker} service update -d --label-add com.docker.lb.hosts=a.local,shop.local shop`,
        `${docker} service rm wiki`,
      ]
    : [`${api}/services`, `${api}/tasks`]
  const worker = `${runDir}/worker.sock`
  const socat = `echo 'show servers state' | socat - ${worker}`
  const node = `node -e "net.connect('${worker}').end('show servers state\\n').pipe(process.stdout)"`
  const plan = `npm run -s tidegate -- plan --docker-host unix://${swarm.socketPath} --edge-networks every`
  return [
    'All of it goes on. In another terminal:',
    ...section(
      'Ask a service',
      ['shop', 'blog', 'wiki', 'nobody'].map((name) => curl(port, name)),
    ),
    ...section('Change the Swarm, and watch here what comes of it', swarmLines),
    ...section('Look into HAProxy', has('socat') ? [socat, node] : [node]),
    ...section('Ask the agent what it would do now', [
      `${plan} \\`,
      `  --run-dir ${runDir} --http-bind 127.0.0.1:${port}`,
    ]),
    ...section('Its files', [`less ${runDir}/haproxy.cfg ${runDir}/routes.map`]),
    '',
    `Ctrl-C ends all of it; after ${howLong} it ends by itself.`,
    '',
  ]
}

function section(title: string, commands: readonly string[]): readonly string[] {
  return ['', `  ${title}`, ...commands.map((command) => `    ${command}`)]
}

function curl(port: number, name: string): string {
  const host = name === 'nobody' ? 'nobody.example' : `${name}.local`
  return `curl -i -H 'Host: ${host}' 127.0.0.1:${port}`
}

function isInstalled(program: string): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
