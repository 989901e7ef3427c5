// What Swarm says, in the few fields Tidegate uses.
// Owns the input types of the core. Refuses anything of Docker's JSON: the source parses that at the edge.

/** A Swarm as it was listed at one moment. Order carries no meaning: the core sorts. */
export type Snapshot = {
  readonly services: readonly Service[]
  readonly tasks: readonly Task[]
  readonly nodes: readonly Node[]
  readonly networks: readonly Network[]
  readonly edge: Edge
  /** Certificates and keys that the edge can read, sorted by `from` and `name`; absent: none. */
  readonly materials?: readonly Material[]
  /** Names that a label may mean, known or mounted or not; absent: nobody has asked for them. */
  readonly secrets?: readonly NamedObject[]
  readonly configs?: readonly NamedObject[]
}

/** A service. An unchanged service keeps its object from one snapshot to the next; the core relies on it for speed only. */
export type Service = {
  readonly id: string
  readonly name: string
  /** RFC 3339 in UTC, as the engine writes it. */
  readonly createdAt: string
  /** Swarm's version index; it grows with each change of the service. */
  readonly version: number
  readonly labels: Readonly<Record<string, string>>
  readonly mode: 'replicated' | 'global' | 'job'
  /** Ids of the networks that the service's tasks are attached to, sorted. */
  readonly networkIds: readonly string[]
  readonly endpointMode: 'vip' | 'dnsrr'
  readonly virtualIps: readonly { readonly networkId: string; readonly address: string }[]
  /** Where its labels are written, if it is no service of a Swarm: in a compose file, or with the container itself. */
  readonly origin?: 'compose' | 'container'
  /** The edge's labels that not all of its containers agree on. */
  readonly differing?: readonly string[]
  /** Present while Swarm is at a rolling update of the service, or at its rollback. */
  readonly isUpdating?: true
  /** What of the Swarm's store its tasks are given as files; absent: nothing. Of interest for the edge's own service. */
  readonly secrets?: readonly Mounted[]
  readonly configs?: readonly Mounted[]
  /** Ports that the service publishes in host mode. */
  readonly hostPorts: readonly { readonly targetPort: number; readonly protocol: string }[]
}

/** SwarmKit's task states, in the order in which a task passes through them (api/types.proto, TaskState). */
export const taskStates = [
  'new',
  'pending',
  'assigned',
  'accepted',
  'preparing',
  'ready',
  'starting',
  'running',
  'complete',
  'shutdown',
  'failed',
  'rejected',
  'remove',
  'orphaned',
] as const

export type TaskState = (typeof taskStates)[number]

/** A task. Its id is its identity: slots and addresses are used again by other tasks. */
export type Task = {
  readonly id: string
  readonly serviceId: string
  /** Undefined for a task of a global service. */
  readonly slot: number | undefined
  /** Empty until the task is assigned. */
  readonly nodeId: string
  readonly state: TaskState
  readonly desiredState: TaskState
  /** Plain addresses, without a prefix length. */
  readonly attachments: readonly { readonly networkId: string; readonly addresses: readonly string[] }[]
  readonly hostPorts: readonly {
    readonly targetPort: number
    readonly publishedPort: number
    readonly protocol: string
  }[]
}

export type Node = {
  readonly id: string
  readonly name: string
  readonly address: string
  readonly status: 'unknown' | 'down' | 'ready' | 'disconnected'
}

export type Network = {
  readonly id: string
  readonly name: string
  /** True for the routing mesh's own network, over which no task is reached. */
  readonly ingress: boolean
}

/** A secret or a config of the Swarm. */
export type NamedObject = { readonly id: string; readonly name: string }

/** A secret or a config as a service's tasks get it: a secret's file is relative to /run/secrets, a config's to the root. */
export type Mounted = NamedObject & { readonly file: string }

/** What one file with certificates or keys holds; never the key itself. An unchanged file keeps its object. */
export type Material = {
  /** As a label names it: the file's name in the folder, or the secret's or config's name. */
  readonly name: string
  readonly from: 'folder' | 'secret' | 'config'
  /** SHA-256 over the file's bytes, hex. */
  readonly digest: string
  /** The leaf certificate, where the file holds one. */
  readonly certificate?: {
    /** The DNS names that it is for, lower case, sorted; wildcards as `*.example.com`. */
    readonly names: readonly string[]
    /** Digest of the public key, hex: a certificate and a key of the same one belong together. */
    readonly publicKey: string
    /** RFC 3339 in UTC. */
    readonly notAfter: string
    /** By the clock of whoever read it; `expiring`: within 14 days. */
    readonly validity: 'good' | 'not-yet' | 'expiring' | 'expired'
  }
  /** The private key, where the file holds one. */
  readonly key?: { readonly publicKey: string }
  /** Why there is neither in the file. */
  readonly fault?: string
  /** The names of the users in the file, where it is a list of users, in its order; never their passwords' hashes. */
  readonly users?: readonly string[]
  /** Why a file that is no PEM is no list of users either. */
  readonly usersFault?: string
}

/** Where the edge itself stands: the networks that its HAProxy can reach tasks on. */
export type Edge = {
  /** `every` where the agent does not run as a Swarm task and all addresses are taken to be reachable. */
  readonly networkIds: readonly string[] | 'every'
  /** The task that the agent runs in, where it runs as one. */
  readonly self?: EdgeTask
}

export type EdgeTask = { readonly taskId: string; readonly serviceId: string }
