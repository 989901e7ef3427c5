// The source of plain Docker: one engine's containers as a stream of snapshots.
// Owns the wiring of lists, events and stops. Nothing behind it may know Docker.

import type { Snapshot } from '../core/snapshot.ts'
import { tellUnknownNetworks } from '../docker/edge.ts'
import type { EventHint } from '../docker/events.ts'
import { applyTold, type Rounds, type View } from '../docker/rounds.ts'
import {
  createSource,
  type DockerSource,
  type Kind,
  type KindParts,
  readOnce,
  type SourceOptions,
} from '../docker/source.ts'
import { type AssemblySettings, assemble, sameTold, type Told } from './assembly.ts'
import { createContainerLists } from './container-lists.ts'
import { type ContainerHint, containerEvents } from './event-hint.ts'
import { taskIdOf } from './membership.ts'
import { createStopQuestions } from './stop-signal.ts'
import { createStops, type Stops } from './stops.ts'

/** A source that connects when its snapshots are first asked for; throws AgentError then if the certificates do not fit. */
export function createContainersSource(options: SourceOptions): DockerSource {
  return createSource(options, (parts) => containersKind(options, parts))
}

/**
 * One snapshot, for a command that runs once.
 *
 * Throws AgentError if the engine does not give both lists, and what `signal` says if it is aborted.
 */
export function readContainers(options: SourceOptions, signal: AbortSignal): Promise<Snapshot> {
  return readOnce(options, (parts) => containersKind(options, parts), signal)
}

function containersKind(options: SourceOptions, parts: KindParts): Kind<Told, ContainerHint> {
  const { docker, clock, onOddity } = parts
  const stops = createStops()
  const questions = createStopQuestions(docker)
  const lists = createContainerLists(docker, options.endpoint, onOddity)
  return {
    lists: {
      byName: lists.byName,
      listed: () => {
        const listed = lists.listed()
        return listed && { ...listed, stopping: stops.all() }
      },
    },
    view: createView(options, stops, parts),
    events: containerEvents,
    heard: (hint, rounds) => {
      heedStop(hint, rounds, stops, clock.nowMs())
      if (hint.kind === 'changed' && hint.signalled !== undefined) questions.ask(hint.signalled)
    },
    beside: (rounds, signal) =>
      questions.answer((containerId) => {
        stops.note(taskIdOf(containerId), clock.nowMs())
        applyTold(rounds)
      }, signal),
  }
}

function createView(settings: AssemblySettings, stops: Stops, { clock, onOddity }: KindParts): View<Told> {
  return {
    assemble: (told, last) => assemble(told, settings, last),
    isSame: sameTold,
    begin: () => (told, names) => {
      if (names.includes('tasks')) stops.compare(told.containers, clock.nowMs())
    },
    layOver: (told) => ({ ...told, stopping: stops.all() }),
    isFollowing: () => false,
    // The event that told of a network was lost.
    outdated: (_, next) => (namesUnknownNetwork(next) ? ['networks'] : []),
    seen: (next, last) => {
      if (next.networks !== last?.networks)
        tellUnknownNetworks(settings.edgeNetworks, next.networks, onOddity)
    },
  }
}

/**
 * A stop is told as the signal is sent, and shown by the list only when the process has ended: in between the container
 * must lose its traffic. So this one fact is taken from the event, at once, and the list that is asked for besides can
 * only take it back.
 */
function heedStop(hint: EventHint<ContainerHint>, rounds: Rounds<Told>, stops: Stops, nowMs: number): void {
  const before = stops.all()
  if (hint.kind === 'opened') stops.forgetAll()
  if (hint.kind === 'changed') {
    if (hint.stopping !== undefined) stops.note(hint.stopping, nowMs)
    if (hint.started !== undefined) stops.forget(hint.started)
  }
  if (stops.all() !== before) applyTold(rounds)
}

function namesUnknownNetwork({ tasks, networks }: Snapshot): boolean {
  const known = new Set(networks.map(({ id }) => id))
  return tasks.some(({ attachments }) => attachments.some(({ networkId }) => !known.has(networkId)))
}
