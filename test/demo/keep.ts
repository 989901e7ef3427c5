// After the tour: everything goes on, and whoever watches is told how to look around.
// Owns those words, and the wait. Refuses to end anything (demo.ts does, on its way out).

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { env } from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { count } from '../../agent/cli/paint.ts'
import { labelPrefix } from '../../agent/core/labels/row.ts'
import { problemText } from '../../agent/core/problem.ts'
import type { Stage } from './stage.ts'
import type { TourParts } from './tour.ts'

/** Problems that are over sooner are no news: a service has no virtual IP yet in the first moment of its life. */
const problemsLookMs = 1000

/** Says how to look around, and shows what happens until the signal is aborted or the time is over. */
export async function keepRunning(parts: TourParts, forMs: number): Promise<void> {
  const { stage, screen, signal } = parts
  const page = await stage.pageAddress()
  screen.lines(lookAround({ ...stage, page }, isInstalled, count(forMs / 60_000, 'minute')))
  screen.watch()
  const end = AbortSignal.any([signal, AbortSignal.timeout(forMs)])
  let known = new Set(stage.problems().map(problemText))
  while (!end.aborted) {
    await delay(problemsLookMs, undefined, { signal: end }).catch(() => {})
    const problems = stage.problems()
    for (const problem of problems) if (!known.has(problemText(problem))) screen.problem(problem)
    known = new Set(problems.map(problemText))
  }
}

/** Commands to copy; those that need a tool that is not there are left out. */
export function lookAround(
  {
    swarm,
    runDir,
    port,
    page,
  }: Pick<Stage, 'swarm' | 'runDir' | 'port'> & { readonly page: string | undefined },
  has: (program: string) => boolean,
  howLong: string,
): readonly string[] {
  const hosts = ['shop.local', 'blog.local', 'wiki.local', 'nobody.example']
  return [
    'All of it goes on.',
    ...(page === undefined ? [] : section('Look at it in a browser', [page])),
    '',
    'In another terminal:',
    ...section('Where it is', [
      `export DOCKER_HOST=unix://${swarm.socketPath}`,
      `export TIDEGATE_RUN_DIR=${runDir}`,
      `export TIDEGATE_HTTP_BIND=127.0.0.1:${port} TIDEGATE_EDGE_NETWORKS=every`,
    ]),
    ...section(
      'Ask a service',
      hosts.map((host) => `curl -i -H 'Host: ${host}' 127.0.0.1:${port}`),
    ),
    ...section(
      'Change the Swarm, and watch here what comes of it',
      has('docker') ? dockerCommands : [`curl -s --unix-socket ${swarm.socketPath} http://docker/services`],
    ),
    ...section('Look into HAProxy', [...(has('socat') ? [socatCommand] : []), ...nodeCommand]),
    ...section('Ask the agent what it would do now, and read its files', [
      'npm run -s tidegate -- status',
      'npm run -s tidegate -- top',
      'npm run -s tidegate -- plan',
      'less $TIDEGATE_RUN_DIR/haproxy.cfg $TIDEGATE_RUN_DIR/routes.map',
    ]),
    '',
    `Ctrl-C ends all of it; after ${howLong} it ends by itself.`,
    '',
  ]
}

const dockerCommands = [
  'docker service ls',
  'docker service scale -d shop=10',
  'docker service update -d --image tidegate/app:3 shop',
  'docker service update -d --label-add \\',
  `  ${labelPrefix}hosts=shop.local,new.local shop`,
  'docker service rm wiki',
]

const socatCommand = "echo 'show servers state' | socat - $TIDEGATE_RUN_DIR/worker.sock"

const nodeCommand = [
  "node -e \"net.connect('$TIDEGATE_RUN_DIR/worker.sock') \\",
  "  .end('show servers state\\n').pipe(process.stdout)\"",
]

function section(title: string, commands: readonly string[]): readonly string[] {
  return ['', `  ${title}`, ...commands.map((command) => `    ${command}`)]
}

function isInstalled(program: string): boolean {
  const { PATH = '' } = env
  return PATH.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
