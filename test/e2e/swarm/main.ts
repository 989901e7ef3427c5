// `npm run swarm:up` and `npm run swarm:down`: a real Swarm with the edge on it, to try things by hand.
// Usage: main.ts up [--nodes 3] [--managers 1] [--no-edge] | down; both take --name tg. Both can be repeated.

import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { eventually } from '../../support/eventually.ts'
import { projectDir } from './layout.ts'
import { run } from './run.ts'
import { createTestBed, openTestBed, removeTestBed, type TestBed } from './test-bed.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    nodes: { type: 'string', default: '3' },
    managers: { type: 'string', default: '1' },
    name: { type: 'string', default: 'tg' },
    edge: { type: 'boolean', default: true },
  },
})
const say = (line: string) => console.log(line)

async function up(): Promise<void> {
  const started = performance.now()
  const bed = (await running()) ?? (await create())
  if (values.edge) await deploy(bed)
  say(`${await bed.node(0).docker('node', 'ls')}\n`)
  say(`up after ${((performance.now() - started) / 1000).toFixed(1)} s\n`)
  say(howToReach(bed))
  await bed.letGo()
}

/** The test bed if it is whole: what a crash left is made anew. */
async function running(): Promise<TestBed | undefined> {
  const bed = await openTestBed(values.name).catch(() => undefined)
  if (bed === undefined) return undefined
  const answers = await Promise.allSettled(bed.nodes.map((node) => node.docker('info')))
  if (answers.every(({ status }) => status === 'fulfilled')) {
    if (bed.nodes.length === Number(values.nodes)) return bed
    throw new Error(`a test bed of ${bed.nodes.length} nodes is up: npm run swarm:down ends it`)
  }
  await bed.letGo()
  return undefined
}

function create(): Promise<TestBed> {
  const { name, nodes, managers, edge } = values
  return createTestBed({ name, nodes: Number(nodes), managers: Number(managers), edge, say })
}

async function deploy(bed: TestBed): Promise<void> {
  const stack = 'compose/stack.yml'
  if (!existsSync(`${projectDir}/${stack}`)) {
    say(`there is no ${stack}: the Swarm is empty`)
    return
  }
  const first = bed.node(0)
  const options = ['stack', 'deploy', '--resolve-image', 'never', '--compose-file', stack, 'edge']
  await run('docker', ['--host', `unix://${first.socket}`, ...options], { cwd: projectDir })
  await eventually(() => first.ask({ host: 'nobody.local' }), { timeoutMs: 60_000, intervalMs: 200 }).catch(
    async (error: unknown) => {
      const tasks = await first.docker('stack', 'ps', '--no-trunc', 'edge')
      throw new Error(`the edge does not answer:\n${tasks}`, { cause: error })
    },
  )
}

function howToReach(bed: TestBed): string {
  const [first] = bed.nodes
  return `The engines:
${bed.nodes.map(({ name, socket }) => `  ${name}  docker -H unix://${socket} ...`).join('\n')}
The nodes, from the network that they are in:
${bed.nodes.map(({ name, address }) => `  ${name}  ip netns exec ${bed.name}-lan curl http://${address}/`).join('\n')}
A service to begin with (the images of the document's examples are on every node):
  export DOCKER_HOST=unix://${first?.socket}
  docker network create -d overlay demo
  docker service create --name demo --network demo --replicas 4 --no-resolve-image \\
    --label com.docker.lb.hosts=demo.local --label com.docker.lb.port=8080 mirantiseng/docker-demo
  ip netns exec ${bed.name}-lan curl -H 'Host: demo.local' http://${first?.address}/ping
npm run swarm:down removes every trace.`
}

switch (positionals[0]) {
  case 'up':
    await up()
    break
  case 'down':
    await removeTestBed(values.name)
    say('every trace is removed; the images stay in .cache/swarm')
    break
  default:
    throw new Error(`up or down, got "${positionals[0] ?? ''}"`)
}
