// The simulated Swarm's store: versioned, immutable objects in six tables, changed only by commits.
// Owns order (lists are sorted by id, as moby's memdb iterates), versions and the notice of changes.
// Refuses reactions: whoever watches is told after the commit, in the order of commits, and may commit again.

import type { Identity } from './identity.ts'
import type { Config, Meta, Network, Node, Secret, Service, Task } from './objects.ts'

type Objects = {
  readonly config: Config
  readonly network: Network
  readonly node: Node
  readonly secret: Secret
  readonly service: Service
  readonly task: Task
}

export type Kind = keyof Objects

export type Change = {
  readonly [K in Kind]: {
    readonly kind: K
    readonly action: 'create' | 'update' | 'remove'
    readonly object: Objects[K]
    readonly old: Objects[K] | undefined
  }
}[Kind]

type Fields<T> = Omit<T, 'ID' | 'Version' | 'CreatedAt' | 'UpdatedAt'>

/** The changes of one commit. All objects changed in one commit get the same version. */
export type Transaction = {
  /** The commit's time, as Docker writes it. */
  readonly now: string
  readonly create: <K extends Kind>(kind: K, fields: Fields<Objects[K]>) => Objects[K]
  /** Does nothing if the object is gone. */
  readonly update: <K extends Kind>(kind: K, id: string, change: (old: Objects[K]) => Objects[K]) => void
  /** Does nothing if the object is gone. */
  readonly remove: (kind: Kind, id: string) => void
}

export type Store = {
  readonly get: <K extends Kind>(kind: K, id: string) => Objects[K] | undefined
  /** All objects of a kind by ascending id; the same array until something of that kind changes. */
  readonly list: <K extends Kind>(kind: K) => readonly Objects[K][]
  /** The service's tasks, in no particular order. */
  readonly tasksOf: (serviceId: string) => readonly Task[]
  readonly commit: <T>(change: (transaction: Transaction) => T) => T
  /** Calls `listener` after each commit with its changes; returns the end of it. */
  readonly watch: (listener: (change: Change) => void) => () => void
}

type Table<T> = {
  readonly byId: Map<string, T>
  sortedIds: readonly string[] | undefined
  sorted: readonly T[] | undefined
}

type State = {
  readonly identity: Identity
  readonly tables: { readonly [K in Kind]: Table<Objects[K]> }
  readonly tasksByService: Map<string, Map<string, Task>>
  readonly listeners: Set<(change: Change) => void>
  readonly untold: Change[]
  readonly transaction: Transaction
  /** Version and time of the commit in progress. */
  index: number
  now: string
  telling: boolean
}

type Bare = Omit<State, 'transaction'>

export function createStore(identity: Identity): Store {
  const bare: Bare = {
    identity,
    tables: {
      config: createTable(),
      network: createTable(),
      node: createTable(),
      secret: createTable(),
      service: createTable(),
      task: createTable(),
    },
    tasksByService: new Map(),
    listeners: new Set(),
    untold: [],
    index: 10,
    now: '',
    telling: false,
  }
  const state: State = Object.assign(bare, { transaction: createTransaction(bare) })
  return {
    get: (kind, id) => state.tables[kind].byId.get(id),
    list: (kind) => sortedList(state.tables[kind]),
    tasksOf: (serviceId) => [...(state.tasksByService.get(serviceId)?.values() ?? [])],
    commit: (change) => commit(state, change),
    watch: (listener) => {
      state.listeners.add(listener)
      return () => state.listeners.delete(listener)
    },
  }
}

function createTable<T>(): Table<T> {
  return { byId: new Map(), sortedIds: undefined, sorted: undefined }
}

function sortedList<T>(table: Table<T>): readonly T[] {
  table.sortedIds ??= [...table.byId.keys()].sort()
  table.sorted ??= table.sortedIds.flatMap((id) => table.byId.get(id) ?? [])
  return table.sorted
}

function commit<T>(state: State, change: (transaction: Transaction) => T): T {
  state.index += 1
  state.now = state.identity.timestamp()
  const result = change(state.transaction)
  tell(state)
  return result
}

/** One object serves all commits: they are synchronous, so there is never more than one. */
function createTransaction(state: Bare): Transaction {
  const table = <K extends Kind>(kind: K): Table<Objects[K]> => state.tables[kind]
  return {
    get now() {
      return state.now
    },
    create: (kind, fields) => {
      const { index, now } = state
      const meta = { ID: state.identity.id(), Version: { Index: index }, CreatedAt: now, UpdatedAt: now }
      const object = complete(kind, meta, fields)
      put(state, table(kind), object)
      note(state, kind, 'create', object, undefined)
      return object
    },
    update: (kind, id, update) => {
      const old = table(kind).byId.get(id)
      if (old === undefined) return
      const object = { ...update(old), Version: { Index: state.index }, UpdatedAt: state.now }
      put(state, table(kind), object)
      note(state, kind, 'update', object, old)
    },
    remove: (kind, id) => {
      const old = table(kind).byId.get(id)
      if (old === undefined) return
      drop(state, table(kind), old)
      note(state, kind, 'remove', old, old)
    },
  }
}

/** TypeScript does not see that `Fields` lacks exactly what `Meta` adds; this is the one place that says so. */
function complete<K extends Kind>(_kind: K, meta: Meta, fields: Fields<Objects[K]>): Objects[K] {
  return { ...meta, ...fields } as unknown as Objects[K]
}

type Indexed = Pick<State, 'tasksByService' | 'untold'>

function put<T extends Objects[Kind]>(state: Indexed, table: Table<T>, object: T): void {
  if (!table.byId.has(object.ID)) table.sortedIds = undefined
  table.byId.set(object.ID, object)
  table.sorted = undefined
  if ('ServiceID' in object) indexTask(state, object)
}

function drop<T extends Objects[Kind]>(state: Indexed, table: Table<T>, object: T): void {
  table.byId.delete(object.ID)
  table.sortedIds = undefined
  table.sorted = undefined
  if (!('ServiceID' in object)) return
  const tasks = state.tasksByService.get(object.ServiceID)
  tasks?.delete(object.ID)
  if (tasks?.size === 0) state.tasksByService.delete(object.ServiceID)
}

function indexTask(state: Indexed, task: Task): void {
  const tasks = state.tasksByService.get(task.ServiceID)
  if (tasks === undefined) state.tasksByService.set(task.ServiceID, new Map([[task.ID, task]]))
  else tasks.set(task.ID, task)
}

function note<K extends Kind>(
  state: Indexed,
  kind: K,
  action: Change['action'],
  object: Objects[K],
  old: Objects[K] | undefined,
): void {
  // The union cannot be formed from a generic kind; kind and object come from the same table.
  state.untold.push({ kind, action, object, old } as unknown as Change)
}

/** Listeners may commit: their changes wait their turn, so that everyone sees the same order. */
function tell(state: State): void {
  if (state.telling) return
  state.telling = true
  try {
    for (const change of state.untold) for (const listener of state.listeners) listener(change)
  } finally {
    state.untold.length = 0
    state.telling = false
  }
}
