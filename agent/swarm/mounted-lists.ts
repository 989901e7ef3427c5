// The secrets and configs that services name in their labels; where none does, nobody asks for them.
// Owns what is asked, and that all else goes on where it is refused: a socket proxy may well not let it through.
// Of a config the engine sends all, so that only those are asked for that are named. What is in it is not looked at.

import { isAgentError } from '../core/errors.ts'
import type { NamedObject, Service } from '../core/snapshot.ts'
import type { Docker, Request } from '../docker/docker.ts'
import type { DockerEndpoint } from '../docker/endpoint.ts'
import { createList, type List, type Oddity } from '../docker/list.ts'
import { materialNames } from './material-names.ts'
import { readNamed } from './read-element.ts'

/** Undefined where nobody has asked, or has been answered. */
export type ListedMounted = {
  readonly secrets?: readonly NamedObject[] | undefined
  readonly configs?: readonly NamedObject[] | undefined
}

export type MountedLists = {
  /** Undefined while there is nothing to ask for. */
  readonly secrets: () => Askable | undefined
  readonly configs: () => Askable | undefined
  /** The services were listed: where they name something else than before, that is asked for at once. */
  readonly heed: (services: readonly Service[], signal: AbortSignal) => Promise<void>
  readonly listed: () => ListedMounted
}

type Askable = Pick<List<unknown>, 'refresh' | 'bytes'>

type Parts = {
  readonly docker: Pick<Docker, 'get'>
  readonly endpoint: DockerEndpoint
  readonly onOddity: (oddity: Oddity) => void
}

/** More names than this would not fit into a request's first line: all are asked for then. */
const filteredMax = 50

export function createMountedLists(parts: Parts): MountedLists {
  const secrets = createNamedList(parts, '/secrets', 'names')
  // Whole names can be asked for of secrets only (moby daemon/cluster/filters.go).
  const configs = createNamedList(parts, '/configs', 'name')
  let last: readonly Service[] | undefined
  let names: readonly string[] = []
  const unknown = () => {
    const known = new Set(secrets.values()?.map(({ name }) => name))
    return names.filter((name) => !known.has(name))
  }
  const ask = async (signal: AbortSignal) => {
    secrets.want(names)
    await secrets.refresh(signal)
    configs.want(unknown())
    await configs.refresh(signal)
  }
  return {
    secrets: () => (names.length === 0 ? undefined : { refresh: ask, bytes: secrets.bytes }),
    configs: () => (configs.isWanted() ? configs : undefined),
    heed: async (services, signal) => {
      if (services === last) return
      last = services
      const now = materialNames(services)
      const isSame = now.length === names.length && now.every((name, index) => name === names[index])
      if (isSame) return
      names = now
      if (names.length > 0) await ask(signal)
    },
    listed: () => (names.length === 0 ? {} : { secrets: secrets.values(), configs: configs.values() }),
  }
}

type NamedList = Askable & {
  /** Asks for these from now on. */
  readonly want: (names: readonly string[]) => void
  readonly isWanted: () => boolean
  readonly values: () => readonly NamedObject[] | undefined
}

const none: readonly NamedObject[] = []

function createNamedList(parts: Parts, path: string, filter: 'name' | 'names'): NamedList {
  let wanted: readonly string[] = []
  let list = openList(parts, { path })
  let values: readonly NamedObject[] | undefined
  let isTold = false
  return {
    want: (names) => {
      if (names.length === wanted.length && names.every((name, index) => name === wanted[index])) return
      wanted = names
      const isFiltered = names.length <= filteredMax
      list = openList(parts, isFiltered ? { path, filters: { [filter]: names } } : { path })
    },
    isWanted: () => wanted.length > 0,
    bytes: () => list.bytes(),
    values: () => (wanted.length === 0 ? none : values),
    refresh: async (signal) => {
      if (wanted.length === 0) return
      const refusal = await tryRefresh(list, signal)
      if (refusal === undefined) values = kept(values, list.values() ?? none, new Set(wanted))
      else if (!isTold) parts.onOddity({ list: path, id: '', found: refusal })
      isTold = refusal !== undefined
    },
  }
}

function openList({ docker, endpoint, onOddity }: Parts, request: Request): List<NamedObject> {
  return createList({ docker, endpoint, onOddity, request, read: readNamed })
}

/** What the engine, or a proxy before it, says against it. Throws where the engine is not there at all. */
async function tryRefresh(list: List<unknown>, signal: AbortSignal): Promise<string | undefined> {
  try {
    await list.refresh(signal)
    return undefined
  } catch (error) {
    if (isAgentError(error, 'docker-refused') || isAgentError(error, 'docker-bad-reply')) return error.message
    throw error
  }
}

/** Those that are asked for; the same array where they are the same. */
function kept(
  before: readonly NamedObject[] | undefined,
  listed: readonly NamedObject[],
  wanted: ReadonlySet<string>,
): readonly NamedObject[] {
  const now = listed.filter(({ name }) => wanted.has(name))
  const isSame =
    before?.length === now.length &&
    now.every(({ id, name }, index) => before[index]?.id === id && before[index]?.name === name)
  return isSame ? before : now
}
