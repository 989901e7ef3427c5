// What `tidegate explain` does, from a question to an exit code.
// Owns who is asked: the running agent, else the engine and HAProxy, else HAProxy alone. Refuses wording (explain-text.ts).

import { computeRouting } from '../core/desired.ts'
import { type AgentError, isAgentError } from '../core/errors.ts'
import { backendsOf, explain, explainObserved } from '../core/explain/explain.ts'
import type { Explanation } from '../core/explain/explanation.ts'
import type { ExplainFacts, ExplainSettings } from '../core/explain/facts.ts'
import { parseQuestion, type Question } from '../core/explain/question.ts'
import type { Observed } from '../core/observed.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { type Call, type ExitCode, exitCodes, printJson, printLines, readSnapshot } from './commands.ts'
import { explanationLines } from './explain-text.ts'
import type { Settings } from './settings.ts'

/** Of how many backends HAProxy is asked how their servers are. */
const backendsMax = 20

/**
 * `tidegate explain`
 * @throws AgentError where neither the engine nor HAProxy can be asked
 */
export async function explainText(call: Call, text: string): Promise<ExitCode> {
  const question = parseQuestion(text)
  const explanation = (await askAgent(call, question)) ?? (await findOut(call, question))
  if (call.isJson) printJson(call, explanation)
  else printLines(call, explanationLines(explanation, call.paint))
  return explanation.isServed ? exitCodes.ok : exitCodes.problems
}

/** What the running agent answers; undefined where none does, or it does not understand. */
async function askAgent(call: Call, { text }: Question): Promise<Explanation | undefined> {
  const { ports, settings, signal, snapshotFile } = call
  if (snapshotFile !== undefined) return undefined
  try {
    const answer = await ports.askAgent(settings, `/api/explain?of=${encodeURIComponent(text)}`, signal)
    if (answer?.status !== 200) return undefined
    const { parseExplanation } = await import('./explain-answer.ts')
    return parseExplanation(answer.body)
  } catch (error) {
    if (isAgentError(error, 'admin-unreachable')) return undefined
    throw error
  }
}

async function findOut(call: Call, question: Question): Promise<Explanation> {
  const settings = explainSettings(call.settings)
  const observed = await call.ports.observe(call.settings, call.signal)
  const snapshot = await readOrMiss(call)
  if (!isAgentError(snapshot)) {
    const { routing } = computeRouting(snapshot, settings)
    const facts: ExplainFacts = {
      snapshot,
      routing,
      settings,
      ...(observed === undefined ? {} : { observed }),
    }
    return withStatuses(call, observed, (statuses) => explain(question, { ...facts, ...statuses }))
  }
  if (observed === undefined) throw snapshot
  return withStatuses(call, observed, (statuses) =>
    explainObserved(question, { observed, settings, ...statuses }),
  )
}

/** The snapshot; or the trouble with the engine, which HAProxy may make up for. */
async function readOrMiss(call: Call): Promise<Snapshot | AgentError> {
  try {
    return await readSnapshot(call)
  } catch (error) {
    if (isAgentError(error) && error.code.startsWith('docker-')) return error
    throw error
  }
}

type Statuses = Pick<ExplainFacts, 'statuses'>

/** Explains, asks HAProxy how the servers are that the explanation tells of, and explains with that. */
async function withStatuses(
  { ports, settings, signal }: Call,
  observed: Observed | undefined,
  explained: (statuses: Statuses) => Explanation,
): Promise<Explanation> {
  const first = explained({})
  const names = backendsOf(first).filter((name) => observed?.backends.has(name))
  if (names.length === 0) return first
  const statuses = new Map<string, string>()
  for (const backend of names.slice(0, backendsMax)) {
    const traffic = await ports.readTraffic(settings, { backend }, signal)
    for (const { name, status } of traffic?.servers ?? []) statuses.set(`${backend}/${name}`, status)
  }
  return explained({ statuses })
}

function explainSettings({ routing, config, docker }: Settings): ExplainSettings {
  const { httpBind, httpsBind, httpsPort } = config
  return { ...routing, httpBind, httpsBind, httpsPort, networks: docker.networks }
}
