// What each HAProxy version can do at runtime, in one table.
// Owns the table and the refusal of versions that are too old. Refuses to probe: the version alone decides.

import { AgentError } from '../core/errors.ts'

export type Version = {
  /** As HAProxy reports it. */
  readonly text: string
  readonly major: number
  readonly minor: number
}

export type Capabilities = {
  /** `init-state` on a server: it may be born down, so that a health check opens it. */
  readonly initState: boolean
  /** A server's idle connections outlive `maint` for a moment, so that a `del server` right behind it is busy. */
  readonly idleConnectionsCloseLater: boolean
  /** Changing a map needs a socket of level admin. */
  readonly mapChangesNeedAdmin: boolean
  /** `del map` removes one of several entries with the same key; before, all of them. */
  readonly mapDeletesOne: boolean
  /** `add backend`, `publish backend`, `del backend`. */
  readonly runtimeBackends: boolean
  /** What follows a command may be longer than the buffer of 16 kB that it was read into before. */
  readonly longPayloads: boolean
}

/** First branch on which each capability is there, as `[major, minor]`. Found in the sources, and tried. */
const since: { readonly [K in keyof Capabilities]: readonly [number, number] } = {
  initState: [3, 1],
  idleConnectionsCloseLater: [3, 3],
  mapChangesNeedAdmin: [3, 3],
  mapDeletesOne: [3, 4],
  runtimeBackends: [3, 4],
  longPayloads: [3, 4],
}

const oldest = [3, 0] as const

/**
 * Reads a version as `show info` and `haproxy -v` print it, for example `3.0.11-1+deb13u4` or `3.5-dev5-1a2b3c`.
 * @throws AgentError `runtime-bad-reply` for a text that is no version
 */
export function parseVersion(text: string): Version {
  const [, major, minor] = /^(\d+)\.(\d+)(?![\d])/.exec(text) ?? []
  if (major === undefined || minor === undefined) {
    throw new AgentError('runtime-bad-reply', `HAProxy reports its version as "${text}"`, {
      hint: 'Expected a version like 3.0.11; check that the program is HAProxy.',
    })
  }
  return { text, major: Number(major), minor: Number(minor) }
}

/**
 * What a version can do. A version newer than the table has everything in it.
 * @throws AgentError `haproxy-too-old` below 3.0
 */
export function capabilitiesOf(version: Version): Capabilities {
  if (isBefore(version, oldest)) {
    throw new AgentError(
      'haproxy-too-old',
      `HAProxy ${version.text} is too old: ${oldest.join('.')} or later is needed`,
      {
        hint: 'Before 3.0, `del server` can corrupt memory while requests still wait on the server, and the worker dies.',
      },
    )
  }
  const has = (name: keyof Capabilities) => !isBefore(version, since[name])
  return {
    initState: has('initState'),
    idleConnectionsCloseLater: has('idleConnectionsCloseLater'),
    mapChangesNeedAdmin: has('mapChangesNeedAdmin'),
    mapDeletesOne: has('mapDeletesOne'),
    runtimeBackends: has('runtimeBackends'),
    longPayloads: has('longPayloads'),
  }
}

function isBefore(version: Version, [major, minor]: readonly [number, number]): boolean {
  return version.major < major || (version.major === major && version.minor < minor)
}
