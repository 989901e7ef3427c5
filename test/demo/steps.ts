// The steps of the tour, as data: what the operator does, and what must come of it.
// Owns the story. Refuses to measure (tour.ts) and to print (screen.ts).

import { labelPrefix } from '../../agent/core/labels/row.ts'
import type { ServiceDefinition } from '../sim/definition.ts'
import { hasEnded } from '../sim/objects.ts'
import type { Stage } from './stage.ts'
import type { Evidence, Step } from './step.ts'
import { counted } from './words.ts'

/** The services' network; the edge shares it. */
export const network = 'demo'

/** Runs before the edge does: it is there for whatever host nobody claims. */
export const home: ServiceDefinition & { readonly name: string } = {
  name: 'home',
  replicas: 2,
  networks: [network],
  image: 'tidegate/app:1',
  labels: { [`${labelPrefix}default_backend`]: 'true', [`${labelPrefix}port`]: '8080' },
}

const unknownHost = 'nobody.example'

export const steps: readonly Step[] = [
  {
    title: 'Start the edge: the service `home` answers for hosts that nobody claims',
    commands: ['tidegate run'],
    act: async (stage) => {
      await stage.startAgent()
      await stage.rest()
      stage.addHost(unknownHost)
    },
    expect: { verdict: 'start', reloads: 0 },
    show: (stage) => whoAnswers(stage, unknownHost),
  },
  {
    title: 'Deploy a service: one server for each task',
    commands: [
      'docker service create --name shop --replicas 3 --network demo \\',
      `  --label ${labelPrefix}hosts=shop.local \\`,
      `  --label ${labelPrefix}port=8080 tidegate/app:1`,
    ],
    note: 'A reload waits for others to join it, so that a whole stack costs one.',
    act: (stage) => publish(stage, 'shop', { replicas: 3, hosts: ['shop.local'], port: 8080 }),
    expect: { verdict: 'reload', reloads: 1 },
    show: (stage) => whoAnswers(stage, 'shop.local'),
  },
  {
    title: 'Deploy a service in VIP mode: one server, its virtual IP',
    commands: [
      'docker service create --name blog --replicas 2 --network demo \\',
      `  --label ${labelPrefix}hosts=blog.local --label ${labelPrefix}port=8080 \\`,
      `  --label ${labelPrefix}backend_mode=vip tidegate/app:1`,
    ],
    act: (stage) =>
      publish(stage, 'blog', {
        replicas: 2,
        hosts: ['blog.local'],
        port: 8080,
        labels: { [`${labelPrefix}backend_mode`]: 'vip' },
        // Behind a virtual IP it is the application that has to finish what it began.
        env: { ON_SIGTERM: 'graceful' },
      }),
    expect: { verdict: 'reload', reloads: 1 },
    show: (stage) => whereFrom(stage, 'blog', 'blog.local'),
  },
  {
    title: 'Scale up',
    commands: ['docker service scale shop=6'],
    act: ({ swarm }) => swarm.scale('shop', 6),
    expect: { verdict: 'live', reloads: 0 },
  },
  {
    title: 'Scale down',
    commands: ['docker service scale shop=3'],
    act: ({ swarm }) => swarm.scale('shop', 3),
    expect: { verdict: 'live', reloads: 0 },
  },
  {
    title: 'Roll out a new version, task by task',
    commands: ['docker service update --image tidegate/app:2 \\', '  --update-order start-first shop'],
    act: ({ swarm }) =>
      swarm.updateService('shop', { image: 'tidegate/app:2', update: { order: 'start-first' } }),
    expect: { verdict: 'live', reloads: 0 },
    show: (stage) => whoAnswers(stage, 'shop.local'),
  },
  {
    title: 'A task dies in the middle of its work',
    commands: ['docker kill $(docker ps -qf name=shop.2)'],
    act: killTask,
    getOnly: 'shop.local',
    note: 'Shop is asked by GET alone here: what a dying task held is asked again of another, and with a POST that would not be safe.',
    expect: { verdict: 'live', reloads: 0 },
    show: whatMetTheDeadTask,
  },
  {
    title: 'Scale and update the service in VIP mode',
    commands: [
      'docker service scale blog=4',
      'docker service update --image tidegate/app:2 \\',
      '  --update-order start-first --update-parallelism 2 blog',
    ],
    act: async ({ swarm, rest }) => {
      swarm.scale('blog', 4)
      await rest()
      swarm.updateService('blog', {
        image: 'tidegate/app:2',
        update: { order: 'start-first', parallelism: 2 },
      })
    },
    getOnly: 'blog.local',
    note: 'Blog is asked by GET alone here: a kept connection to a virtual IP may end with its task as a POST is on its way.',
    expect: { verdict: 'nothing', reloads: 0 },
    because: 'the virtual IP stays',
    show: (stage) => whereFrom(stage, 'blog', 'blog.local'),
  },
  {
    title: 'Mistype a label: the port is `80a`',
    commands: [
      'docker service create --name wiki --replicas 2 --network demo \\',
      `  --label ${labelPrefix}hosts=wiki.local \\`,
      `  --label ${labelPrefix}port=80a tidegate/app:1`,
    ],
    act: ({ swarm }) => {
      const labels = { [`${labelPrefix}port`]: '80a' }
      create(swarm, 'wiki', { replicas: 2, hosts: ['wiki.local'], labels })
    },
    expect: { verdict: 'nothing', reloads: 0, problems: ['port-invalid'] },
    because: 'nobody else is disturbed',
  },
  {
    title: 'Correct it',
    commands: [`docker service update --label-add ${labelPrefix}port=8080 wiki`],
    act: async (stage) => {
      stage.swarm.updateService('wiki', { port: 8080 })
      await stage.rest()
      stage.addHost('wiki.local')
    },
    expect: { verdict: 'reload', reloads: 1 },
    show: (stage) => whoAnswers(stage, 'wiki.local'),
  },
  {
    title: 'End the agent, change the Swarm meanwhile, start the agent again',
    commands: ['kill $(pidof tidegate)', 'docker service scale shop=5', 'tidegate run'],
    act: async (stage) => {
      await stage.stopAgent()
      stage.swarm.scale('shop', 5)
      await stage.until(() => stage.swarm.runningTasksOf('shop').length === 5)
      await stage.startAgent()
    },
    expect: { verdict: 'adopt', reloads: 0 },
  },
]

type Swarm = Stage['swarm']

function create(swarm: Swarm, name: string, definition: ServiceDefinition): void {
  swarm.createService({ name, networks: [network], image: 'tidegate/app:1', ...definition })
}

async function publish(stage: Stage, name: string, definition: ServiceDefinition): Promise<void> {
  create(stage.swarm, name, definition)
  await stage.rest()
  for (const host of definition.hosts ?? []) stage.addHost(host)
}

/** Waits until Swarm knows: before that it looks as if nothing had happened. */
async function killTask({ swarm, until }: Stage): Promise<void> {
  const victim = swarm.runningTasksOf('shop')[1]
  if (victim === undefined) throw new Error('shop has no second task to kill')
  swarm.killTask(victim.ID, 'SIGKILL')
  await until(() => {
    const now = swarm.tasksOf('shop').find((task) => task.ID === victim.ID)
    return now === undefined || hasEnded(now)
  })
}

async function whatMetTheDeadTask(stage: Stage): Promise<Evidence> {
  const requests = counted(await stage.triedAgain('shop.local'), 'request')
  return { lines: [`${requests} met the dead task, and went to another`] }
}

async function whoAnswers(stage: Stage, host: string): Promise<Evidence> {
  const { status, body } = await stage.ask(host)
  const { instance, version, node } = readBody(body)
  return {
    command: curl(stage, host),
    lines: [`${status}  from ${shortName(instance)}, version ${version}, on ${node}`],
  }
}

async function whereFrom(stage: Stage, service: string, host: string): Promise<Evidence> {
  const { headers } = await stage.ask(host)
  const vip = stage.swarm.service(service).Endpoint.VirtualIPs?.[0]?.Addr ?? 'no VIP'
  return {
    command: `${curl(stage, host)} -i`,
    lines: [
      `x-upstream-addr: ${String(headers['x-upstream-addr'])}`,
      `x-request-id: ${String(headers['x-request-id'])}`,
      `(docker service inspect ${service}: virtual IP ${vip})`,
    ],
  }
}

function curl({ port }: Stage, host: string): string {
  return `curl -H 'Host: ${host}' 127.0.0.1:${port}`
}

function readBody(text: string): Readonly<Record<string, string>> {
  const parsed: unknown = JSON.parse(text)
  if (typeof parsed !== 'object' || parsed === null) return {}
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)]))
}

/** `shop.2.6c4rofpqis9tb9tya23276xby` to `shop.2`. */
function shortName(instance = ''): string {
  return instance.split('.').slice(0, 2).join('.')
}
