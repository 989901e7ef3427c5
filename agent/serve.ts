// The running agent: settings in, log lines out, until a signal.
// Owns what is logged about the engine and HAProxy. Refuses the process's signals (main.ts).

import { createHistory } from './admin/history.ts'
import { type AgentReport, createAgent, type Engine } from './agent.ts'
import { certificateFolders } from './certificates/folders.ts'
import { withMaterials } from './certificates/merge.ts'
import { createCertificateStore } from './certificates/store.ts'
import type { Settings } from './cli/settings.ts'
import type { MountChange } from './core/edge-mounts.ts'
import { type DockerEndpoint, endpointText } from './docker/endpoint.ts'
import type { DockerSource } from './docker/source.ts'
import { createEngineSource, dockerEndpoint, sourceOptions } from './engine.ts'
import { gatherFacts } from './facts.ts'
import { type Chronicle, createChronicle } from './history.ts'
import { openInterface } from './interface.ts'
import { createLog, createReport, errorFacts, type Log } from './log.ts'
import { updateEdge } from './swarm/attach.ts'
import { createTallies, type Tally } from './tallies.ts'

/** Runs the agent until the signal aborts, and ends a managed HAProxy then, its sessions first. */
export async function serve(
  settings: Settings,
  { hostname, version }: { readonly hostname: string; readonly version: string },
  signal: AbortSignal,
): Promise<void> {
  const tally = createTallies()
  const history = createHistory(Date.now)
  const chronicle = createChronicle({ history, files: settings.config, nowMs: () => performance.now() })
  const log = createLog({ level: settings.log.level })
  const endpoint = dockerEndpoint(settings)
  const source = createLoggedSource(settings, endpoint, hostname, log.child('docker'), { tally, chronicle })
  const attach: Engine['attach'] = (plan, until) =>
    updateEdge(endpoint, plan, settings.docker.timeoutMs, until)
  const certificates = createCertificateStore({
    folders: certificateFolders(settings.certificates),
    onTrouble: (error) => {
      tally.failed(error)
      log.error(errorFacts(error), 'certificates not readable')
    },
  })
  const engine = {
    snapshots: withMaterials(source.snapshots, certificates),
    attach,
    pems: certificates,
    users: certificates.users,
  }
  const report = chronicle.recorded(tally.counted(createAgentReport(log)))
  await using agent = await createAgent(settings, engine, report)
  const sources = {
    version,
    agent: agent.status,
    source: source.status,
    tallies: tally.tallies,
    isTlsOn: settings.routing.isTlsOn,
  }
  const facts = () => gatherFacts(sources)
  {
    // Closed before HAProxy ends: whoever follows its figures would keep it from that.
    await using _admin = await openInterface({ settings, agent, facts, history, log: log.child('admin') })
    log.info(
      { engine: endpointText(endpoint), haproxy: settings.haproxy.mode, runDir: settings.haproxy.runDir },
      'agent started',
    )
    await agent.run(signal)
  }
  log.info({}, 'agent stopping')
  await agent.stopHaproxy(new AbortController().signal)
  log.info({}, 'agent stopped')
}

function createLoggedSource(
  settings: Settings,
  endpoint: DockerEndpoint,
  hostname: string,
  log: Log,
  { tally, chronicle }: { readonly tally: Tally; readonly chronicle: Chronicle },
): DockerSource {
  const { swarmSocket } = settings.docker
  return createEngineSource(settings, {
    ...sourceOptions(settings, endpoint, hostname),
    onChosen: (source) => log.info({ source }, 'source chosen'),
    onTrouble: (error) => {
      tally.failed(error)
      chronicle.engineFailed(error)
      log.error(errorFacts(error), 'engine not usable, routing stands')
    },
    onRecovery: (troubledMs) => {
      chronicle.engineRecovered(troubledMs)
      log.info({ troubledMs: Math.round(troubledMs) }, 'engine usable again')
    },
    onOddity: (oddity) =>
      log.warn({ ...oddity }, oddity.id === '' ? 'list left out' : 'element of a list left out'),
    onWatched: () => log.info({ swarmSocket }, 'tasks are followed'),
    onUnwatched: (error) => log.warn(errorFacts(error), 'tasks not followed, they are polled'),
  })
}

function createAgentReport(log: Log): AgentReport {
  const haproxyLog = log.child('haproxy')
  return {
    ...createReport(log),
    haproxy: (event) => {
      if (event.kind === 'output') haproxyLog.debug({ lines: event.lines }, 'haproxy said')
      if (event.kind === 'died')
        haproxyLog.error({ pid: event.pid, restartMs: event.restartMs }, 'haproxy died')
      if (event.kind === 'restarted') haproxyLog.warn({ pid: event.pid }, 'haproxy restarted')
      if (event.kind === 'restart-failed') {
        haproxyLog.error(
          { ...errorFacts(event.error), restartMs: event.restartMs },
          'haproxy did not restart',
        )
      }
    },
    attached: ({ add, remove, secrets, configs }) =>
      log.info({ add, remove, ...mountFacts([secrets, configs]) }, 'service of the edge changed'),
    notAttached: (error, retryMs) =>
      log.error({ ...errorFacts(error), retryMs }, 'service of the edge not changed'),
    lowered: (setting, from, to) =>
      log.warn({ setting, from, to }, 'setting lowered to what the limit on open files allows'),
    notResumed: (error) => log.warn(errorFacts(error), 'haproxy not resumed from the files on disk'),
  }
}

/** Secrets and configs by their names, where there are any. */
function mountFacts(changes: readonly MountChange[]): Readonly<Record<string, readonly string[]>> {
  const mount = changes.flatMap(({ add }) => add.map(({ name }) => name))
  const unmount = changes.flatMap(({ remove }) => remove.map(({ name }) => name))
  return { ...(mount.length > 0 && { mount }), ...(unmount.length > 0 && { unmount }) }
}
