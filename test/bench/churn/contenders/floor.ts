// The floor: the least that anybody can do, and nothing else. A bare watch client that sends one socket command.
// A server is added in maintenance once its address is known, opened by one command at RUNNING, closed by one at the
// decision to stop. It also tells each of these commits and when it heard of it: the clock that all contenders are read by.

import { writeFile } from 'node:fs/promises'
import { openCommands } from './commands.ts'
import { followCommits, type TaskCommit, taskStates } from './commits.ts'
import { peerConfig } from './haproxy-config.ts'
import { programOptions } from './peer-options.ts'
import { startPlainHaproxy } from './plain-haproxy.ts'
import { tell } from './tell.ts'

const options = programOptions.parse(JSON.parse(process.argv[2] ?? ''))
await writeFile(
  `${options.runDir}/haproxy.cfg`,
  peerConfig(options, [{ name: 'app', hosts: ['app.local'], servers: [] }]),
)
const { workerSocket } = await startPlainHaproxy(options.haproxy, options.runDir)
const command = await openCommands(workerSocket)
tell('haproxy started')

const added = new Map<string, Promise<unknown>>()
const told = new Set<string>()

for await (const commit of followCommits(options.engine, options.swarmSocket)) heed(commit)

function heed(commit: TaskCommit): void {
  const server = `app/task.${commit.slot}.${commit.id}`
  const isWanted = commit.desiredState <= taskStates.running
  if (commit.address !== undefined && isWanted && !added.has(server)) {
    added.set(server, command(`add server ${server} ${commit.address}:8080`))
  }
  if (isWanted && commit.state === taskStates.running) {
    once(commit, 'running', () => change(server, 'ready', 'open-server'))
  }
  if (!isWanted && told.has(`running ${commit.id}`)) {
    once(commit, 'stopping', () => change(server, 'maint', 'close-server'))
  }
}

/** Later commits of the same task say it again. */
function once({ id, begunAtMs }: TaskCommit, is: 'running' | 'stopping', act: () => Promise<void>): void {
  if (told.has(`${is} ${id}`)) return
  told.add(`${is} ${id}`)
  const heardAtMs = Date.now()
  void act().then(() => tell('commit', { id, is, begunAtMs, heardAtMs }))
}

async function change(server: string, state: string, kind: string): Promise<void> {
  await added.get(server)
  await command(`set server ${server} state ${state}`)
  tell('change applied live', { actions: 1, changes: [`${kind} ${server}`] })
}
