// The admin interface of a test's edge, wired as serve.ts wires it: the page, its figures, its history.
// Owns where it listens. Refuses to log: whoever watches has the page.

import { readFile } from 'node:fs/promises'
import { createHistory } from '../../agent/admin/history.ts'
import type { Agent, AgentReport } from '../../agent/agent.ts'
import type { Settings } from '../../agent/cli/settings.ts'
import type { DockerSource } from '../../agent/docker/source.ts'
import { gatherFacts } from '../../agent/facts.ts'
import { createChronicle } from '../../agent/history.ts'
import { openInterface } from '../../agent/interface.ts'
import { createLog } from '../../agent/log.ts'
import { createTallies } from '../../agent/tallies.ts'

export type EdgePage = {
  /** The report that the agent has to be given, so that the page has a history. */
  readonly report: AgentReport
  /** Opens the interface; it must be closed before HAProxy ends. */
  readonly open: (agent: Agent, source: Pick<DockerSource, 'status'>) => Promise<AsyncDisposable>
}

/** The settings must name a TCP address and leave the token to the agent. */
export function createEdgePage(settings: Settings, version: string, report: AgentReport): EdgePage {
  const history = createHistory(Date.now)
  const tally = createTallies()
  const chronicle = createChronicle({ history, files: settings.config, nowMs: () => performance.now() })
  return {
    report: chronicle.recorded(tally.counted(report)),
    open: (agent, source) => {
      const sources = {
        version,
        agent: agent.status,
        source: source.status,
        tallies: tally.tallies,
        isTlsOn: settings.routing.isTlsOn,
      }
      const facts = () => gatherFacts(sources)
      return openInterface({ settings, agent, facts, history, log: createLog({ level: 'error' }) })
    },
  }
}

/** Where a browser finds the page, the token included. */
export async function pageAddress({ admin }: Settings): Promise<string> {
  const token = (await readFile(admin.tokenFile, 'utf8')).trim()
  return `http://tidegate:${token}@127.0.0.1:${admin.tcp?.port}/`
}
