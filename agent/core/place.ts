// Which running backend serves which desired one, and which desired ones only a reload can make.
// Hosts of a published service may change without a reload, but a backend's name cannot: the backend keeps the name it
// has until the next reload gives it the name after its first host.

import { type Running, regentOf, routesStaying } from './handover.ts'
import type { ObservedBackend } from './observed.ts'
import type { Backend, Routing } from './routing.ts'
import { isSameList, isSameOptions } from './same.ts'
import { compareText } from './text.ts'

export type Placement = {
  /** What runs without a reload, each backend under the name that HAProxy has it by. */
  readonly placed: Routing
  /** What only a reload can make. Routes that are to lead there stay where they lead now until then. */
  readonly waiting: readonly Backend[]
}

/**
 * Gives desired backends the names of the running ones that can serve them.
 *
 * On the way to a reload no request reaches a service that its route never led to: a running backend that still answers
 * for routes of a waiting one takes in no other service.
 */
export function placeBackends(desired: Routing, running: Running): Placement {
  if (isInPlace(desired, running)) return { placed: desired, waiting: [] }
  const seats = takeSeats([...desired.backends.values()], running)
  const waiting = leaveSeats(seats, desired, running)
  const placed = [...running].flatMap(([name, candidate]) => {
    const seated = seats.get(name)
    const staying = routesStaying(candidate, waiting)
    if (seated === undefined) return regentOf(candidate, staying, waiting) ?? []
    return keepRoutes(rename(seated, name), staying)
  })
  placed.sort((a, b) => compareText(a.name, b.name))
  return { placed: { ...desired, backends: new Map(placed.map((each) => [each.name, each])) }, waiting }
}

/** The common case: every backend runs under its own name. */
function isInPlace(desired: Routing, running: Running): boolean {
  for (const backend of desired.backends.values()) {
    const namesake = running.get(backend.name)
    if (namesake === undefined) return false
    const isKnown = namesake.source !== undefined
    if (isKnown ? !hasSameServices(namesake, backend) : !canServe(namesake, backend)) return false
  }
  return true
}

/** Seats each desired backend that can be, by the running one's name. A better claim goes before a worse one. */
function takeSeats(desired: readonly Backend[], running: Running): Map<string, Backend> {
  const seats = new Map<string, Backend>()
  const standing = new Set(desired)
  const byServices = new Map(
    [...running].flatMap(([name, { source }]) => (source === undefined ? [] : [[memberText(source), name]])),
  )
  const isFree = (name: string | undefined, suits: (candidate: ObservedBackend) => boolean): boolean => {
    const candidate = name === undefined || seats.has(name) ? undefined : running.get(name)
    return candidate !== undefined && suits(candidate)
  }
  type Claim = (backend: Backend) => string | undefined
  const namesake =
    (suits: (candidate: ObservedBackend, backend: Backend) => boolean): Claim =>
    (backend) =>
      isFree(backend.name, (candidate) => suits(candidate, backend)) ? backend.name : undefined
  const successor: Claim = (backend) => {
    const name = byServices.get(memberText(backend))
    return isFree(name, (candidate) => canServe(candidate, backend)) ? name : undefined
  }
  const relative: Claim = (backend) =>
    [...running.keys()].find((name) => isFree(name, (candidate) => canServe(candidate, backend)))
  for (const claim of [
    namesake(hasSameServices),
    successor,
    namesake(canServe),
    relative,
    namesake(() => true),
  ]) {
    for (const backend of standing) {
      const name = claim(backend)
      if (name === undefined) continue
      seats.set(name, backend)
      standing.delete(backend)
    }
  }
  return seats
}

/** Takes back seats that would mix services, and gives the backends that have none. */
function leaveSeats(seats: Map<string, Backend>, desired: Routing, running: Running): readonly Backend[] {
  for (;;) {
    const seated = new Set(seats.values())
    const waiting = [...desired.backends.values()].filter((backend) => !seated.has(backend))
    const mixed = [...seats].filter(([name, backend]) => {
      const candidate = running.get(name)
      if (candidate === undefined || hasSameServices(candidate, backend)) return false
      return routesStaying(candidate, waiting).length > 0
    })
    if (mixed.length === 0) return waiting
    for (const [name] of mixed) seats.delete(name)
  }
}

function canServe(candidate: ObservedBackend, backend: Backend): boolean {
  const { source } = candidate
  if (source === undefined) return backend.servers.some((server) => candidate.servers.has(server.name))
  if (!isSameOptions(source.options, backend.options)) return false
  return backend.services.some((service) => source.services.some((known) => known.id === service.id))
}

function hasSameServices({ source }: ObservedBackend, backend: Backend): boolean {
  if (source === backend) return true
  return source !== undefined && isSameList(source.services, backend.services, (a, b) => a.id === b.id)
}

function memberText(backend: Backend): string {
  return backend.services.map((service) => service.id).join(' ')
}

/** A renamed backend, kept by what it was made from so that it stays one object. */
const renamed = new WeakMap<Backend, Backend>()

function rename(backend: Backend, name: string): Backend {
  if (backend.name === name) return backend
  const before = renamed.get(backend)
  if (before?.name === name) return before
  const made = { ...backend, name }
  renamed.set(backend, made)
  return made
}

function keepRoutes(backend: Backend, staying: readonly string[]): Backend {
  if (staying.length === 0) return backend
  return { ...backend, routes: [...backend.routes, ...staying].sort(compareText) }
}
