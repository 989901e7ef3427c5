// What an HAProxy runs, read from its runtime socket by the tests' own eyes.
// Owns one short exchange and the reading of its text. Shares nothing with the agent's runtime client and parsers, so
// that a mistake in those cannot hide itself.

import { connect } from 'node:net'

export type LiveServer = {
  /** `address:port`. */
  readonly address: string
  readonly weight: number
  readonly admin: 'ready' | 'drain' | 'maint'
  /** False for a server that takes no new connections, for whatever reason. */
  readonly isUp: boolean
}

export type LiveState = {
  readonly pid: number
  /** True for a worker on its way out after a reload. */
  readonly isStopping: boolean
  /** The digest in the configuration's `description`. */
  readonly structure: string
  readonly backends: ReadonlyMap<string, ReadonlyMap<string, LiveServer>>
  /** The route map: key to backend. */
  readonly routes: ReadonlyMap<string, string>
  /** What is redirected, and where to; the list of certificates, each file with its hosts. Empty where nobody asked. */
  readonly redirects: ReadonlyMap<string, string>
  readonly certificates: ReadonlyMap<string, string>
  /** Keys whose entry changed while the rest was read: nothing can be said of them this time. */
  readonly moving: ReadonlySet<string>
}

export type LiveSource = {
  readonly socketPath: string
  readonly routesMap: string
  /** The folder of the map of redirects and the list of certificates, where these are of interest. */
  readonly hostsDir?: string
}

/** Reads it all on a connection of its own, so that the worker in charge answers. Rejects where none does in time. */
export async function readLiveState(source: LiveSource, timeoutMs = 2000): Promise<LiveState> {
  // The map is read around the servers: HAProxy carries out other commands in between.
  const map = `show map ${source.routesMap}`
  const commands = ['show info', map, 'show backend', 'show servers state', map]
  if (source.hostsDir === undefined)
    return parse(await exchange(source.socketPath, `${commands.join(';')}\n`, timeoutMs), '')
  const more = [
    `show map ${source.hostsDir}/redirects.map`,
    `show ssl crt-list ${source.hostsDir}/certificates.list`,
  ]
  return parse(
    await exchange(source.socketPath, `${[...commands, ...more].join(';')}\n`, timeoutMs),
    source.hostsDir,
  )
}

/** One line of runtime commands on a connection of its own; resolves to all that comes back. */
export function exchange(socketPath: string, line: string, timeoutMs = 2000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path: socketPath, signal: AbortSignal.timeout(timeoutMs) })
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    socket.once('end', () => resolve(text))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`${socketPath} closed without an answer`)))
    socket.end(line)
  })
}

/** Replies in the order of the questions, each closed by an empty line; one that is empty is that line alone. */
function parse(text: string, hostsDir: string): LiveState {
  const [info = [], before = [], names = [], servers = [], after = [], redirects = [], list = []] =
    repliesIn(text)
  const facts = new Map(info.map((line) => splitAt(line, ': ')))
  const [first, routes] = [parseMap(before), parseMap(after)]
  const keys = [...first.keys(), ...routes.keys()]
  return {
    pid: Number(facts.get('Pid')),
    isStopping: facts.get('Stopping') !== '0',
    structure: facts.get('description') ?? '',
    backends: parseBackends(names, servers),
    routes,
    redirects: parseMap(redirects),
    certificates: parseList(list, hostsDir),
    moving: new Set(keys.filter((key) => first.get(key) !== routes.get(key))),
  }
}

function repliesIn(text: string): readonly (readonly string[])[] {
  const replies: string[][] = [[]]
  for (const line of text.split('\n')) {
    if (line === '') replies.push([])
    else replies.at(-1)?.push(line)
  }
  return replies
}

/** `0x55d0c8a3b2c0 web.example/ web.example` */
function parseMap(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.map((line) => {
      const [, key, value] = /^0x[0-9a-f]+ (\S+) (\S+)$/.exec(line) ?? []
      if (key === undefined || value === undefined) throw unreadable('show map', line)
      return [key, value]
    }),
  )
}

/** `/run/certificates/a.pem a.local *.a.local`, below a line with the list's own name. */
function parseList(lines: readonly string[], dir: string): ReadonlyMap<string, string> {
  return new Map(
    lines
      .filter((line) => line.startsWith(`${dir}/`))
      .map((line) => splitAt(line.slice(dir.length + 1), ' ')),
  )
}

/**
 * `srv_admin_state` (haproxy, include/haproxy/server-t.h): by command, by tracking, by name resolution. The bit 4 says
 * only that the configuration had the server disabled at first; it stays when the server has long been opened.
 */
const maintBits = 0x01 | 0x02 | 0x20
const drainBits = 0x08 | 0x10

function parseBackends(names: readonly string[], servers: readonly string[]): LiveState['backends'] {
  if (names[0] !== '# name') throw unreadable('show backend', names.join('\n'))
  const backends = new Map(names.slice(1).map((name) => [name, new Map<string, LiveServer>()]))
  const [version, header = '', ...rows] = servers
  const columns = header.replace('# ', '').split(' ')
  if (version !== '1' || columns[0] !== 'be_id') throw unreadable('show servers state', servers.join('\n'))
  for (const row of rows) {
    const values = row.split(' ')
    const field = (name: string) => values[columns.indexOf(name)] ?? ''
    const bits = Number(field('srv_admin_state'))
    backends.get(field('be_name'))?.set(field('srv_name'), {
      address: `${field('srv_addr')}:${field('srv_port')}`,
      weight: Number(field('srv_uweight')),
      admin: (bits & maintBits) !== 0 ? 'maint' : (bits & drainBits) !== 0 ? 'drain' : 'ready',
      isUp: field('srv_op_state') === '2',
    })
  }
  return backends
}

function splitAt(line: string, mark: string): [string, string] {
  const at = line.indexOf(mark)
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + mark.length)]
}

function unreadable(command: string, text: string): Error {
  return new Error(`"${command}" was answered by ${JSON.stringify(text.slice(0, 200))}`)
}

/** What must be alike in two HAProxys that were made by the same files: everything but the process and what it found out. */
export function comparable({ structure, backends, routes, redirects, certificates }: LiveState) {
  return {
    structure,
    backends: Object.fromEntries(
      [...backends]
        .sort(byName)
        .map(([name, servers]) => [name, Object.fromEntries([...servers].sort(byName).map(withoutHealth))]),
    ),
    routes: Object.fromEntries([...routes].sort(byName)),
    redirects: Object.fromEntries([...redirects].sort(byName)),
    certificates: Object.fromEntries([...certificates].sort(byName)),
  }
}

/** Whether a server is up is what each HAProxy finds by its own checks, of a task that died as well; no file says it. */
function withoutHealth([name, { isUp: _, ...server }]: readonly [string, LiveServer]) {
  return [name, server] as const
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}
