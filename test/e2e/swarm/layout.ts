// Where everything of a test bed lies, worked out from its name alone: so whatever a crash left can be found again.
// Owns names, addresses and paths. Refuses to touch any of them.

import { join } from 'node:path'

/** The project's folder. */
export const projectDir = join(import.meta.dirname, '../../..')

/** What outlives a test bed: images, and the engine's data that they lie in. */
export const cacheDir = join(projectDir, '.cache/swarm')

/** One engine and its files. The exec root is in /run, as a unix socket's path must fit into 107 bytes. */
export type EngineLayout = {
  readonly name: string
  /** Absent: the engine lives in the machine's own network. */
  readonly namespace?: string
  readonly socket: string
  readonly execRoot: string
  readonly runDir: string
  readonly dataRoot: string
  readonly logFile: string
  /** Below the root of each cgroup hierarchy; the engine in `engine`, its containers in `containers` (each cgroup v1 has a file named `tasks`). */
  readonly cgroup: string
}

export type NodeLayout = EngineLayout & {
  readonly namespace: string
  readonly address: string
  /** The bridge's end of the node's cable. */
  readonly port: string
}

export type BedLayout = {
  readonly name: string
  readonly runDir: string
  readonly dataDir: string
  readonly cgroup: string
  /** What every namespace of this test bed begins with. */
  readonly namespacePrefix: string
  /** The namespace with the bridge: the network that the nodes share, and the place of the clients. */
  readonly clientNamespace: string
  readonly bridge: string
  readonly clientAddress: string
  readonly prefixLength: number
  readonly nodes: readonly NodeLayout[]
  /** Builds images, before the nodes start. */
  readonly builder: EngineLayout
}

/** At most this many nodes: each is a whole engine. */
export const maxNodes = 9

const namePattern = /^[a-z][a-z0-9]{0,7}$/

/**
 * The layout of the test bed `name` (1 to 8 lower-case letters and digits, so that interface names fit) with nodes
 * `node1`, `node2`... at 198.18.0.11, .12...; 198.18.0.0/15 is kept for tests of networks (RFC 2544).
 */
export function layOut(name: string, nodeCount: number): BedLayout {
  if (!namePattern.test(name)) {
    throw new Error(`a test bed is named by 1 to 8 lower-case letters and digits, got "${name}"`)
  }
  if (!Number.isInteger(nodeCount) || nodeCount < 0 || nodeCount > maxNodes) {
    throw new Error(`a test bed has 1 to ${maxNodes} nodes, got ${nodeCount}`)
  }
  const runDir = `/run/tidegate-bed/${name}`
  const dataDir = join(cacheDir, 'beds', name)
  const cgroup = `tidegate-bed-${name}`
  const engine = (engineName: string, dataRoot: string): EngineLayout => ({
    name: engineName,
    socket: join(runDir, engineName, 'docker.sock'),
    execRoot: join(runDir, engineName, 'exec'),
    runDir: join(runDir, engineName),
    dataRoot,
    logFile: join(runDir, engineName, 'dockerd.log'),
    cgroup: join(cgroup, engineName),
  })
  const namespacePrefix = `${name}-`
  return {
    name,
    runDir,
    dataDir,
    cgroup,
    namespacePrefix,
    clientNamespace: `${namespacePrefix}lan`,
    bridge: 'lan',
    clientAddress: '198.18.0.1',
    prefixLength: 24,
    nodes: Array.from({ length: nodeCount }, (_, index): NodeLayout => {
      const nodeName = `node${index + 1}`
      return {
        ...engine(nodeName, join(dataDir, nodeName)),
        namespace: `${namespacePrefix}${nodeName}`,
        address: `198.18.0.${11 + index}`,
        port: nodeName,
      }
    }),
    builder: engine('builder', join(cacheDir, 'builder')),
  }
}
