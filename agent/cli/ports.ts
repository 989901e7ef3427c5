// What the command line asks of the world, as function types; the entry point fits Docker, HAProxy and files to them.
// Refuses implementations: a test hands in what it likes.

import type { Observed } from '../core/observed.ts'
import type { Routing, Sources } from '../core/routing.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Traffic, TrafficScope } from '../core/traffic.ts'
import type { HostFacts } from './setting-texts.ts'
import type { Settings } from './settings.ts'
import type { Terminal } from './terminal.ts'

/** Texts of files by their path relative to a folder. */
export type Files = ReadonlyMap<string, string>

/** Makes files of a routing; the digest is what the configuration is recognised by. */
export type Renderer = {
  readonly render: (routing: Routing) => Files
  readonly structureOf: (routing: Routing) => string
}

/** HAProxy's live figures, over a connection that is kept. */
export type TrafficReader = AsyncDisposable & {
  /** @throws AgentError `runtime-unreachable`, `runtime-bad-reply` */
  readonly read: (scope: TrafficScope, signal: AbortSignal) => Promise<Traffic>
}

export type PromptOptions = {
  readonly prompt: string
  /** What the last word of a line can become. */
  readonly complete: (line: string) => Promise<readonly string[]>
  readonly signal: AbortSignal
}

/** Lines as they are entered, until the person ends them. What was entered is remembered for the next time. */
export type Prompt = AsyncDisposable & { readonly lines: AsyncIterable<string> }

/** Functions that wait have deadlines of their own, and throw AgentError where the world does not answer as it should. */
export type CliPorts = {
  /** Arguments, without the program's own name. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly host: HostFacts
  /** Whether a person looks at standard output and standard error. */
  readonly isTerminal: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }
  /** How wide the terminal is; 80 unless given. */
  readonly columns?: number | undefined
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Everything on standard input, as text. */
  readonly readStdin: (signal: AbortSignal) => Promise<string>
  /** A file as text; throws what the file system throws. */
  readonly readFile: (path: string, signal: AbortSignal) => Promise<string>
  /** Writes files whole into a folder, which is made when it is missing; resolves to the paths of those that changed. */
  readonly writeFiles: (
    dir: string,
    files: Files,
    sources: Sources,
    signal: AbortSignal,
  ) => Promise<readonly string[]>
  /** The engine's snapshot. */
  readonly readSnapshot: (settings: Settings, signal: AbortSignal) => Promise<Snapshot>
  /** Asks an address until it accepts a connection, for so long; resolves to whether it did. Never rejects. */
  readonly accepts: (
    place: { readonly address: string; readonly port: number },
    forMs: number,
    signal: AbortSignal,
  ) => Promise<boolean>
  /** What HAProxy runs; undefined where nobody listens on the worker socket. */
  readonly observe: (settings: Settings, signal: AbortSignal) => Promise<Observed | undefined>
  /** HAProxy's live figures; undefined where nobody listens on the worker socket. */
  readonly readTraffic: (
    settings: Settings,
    scope: TrafficScope,
    signal: AbortSignal,
  ) => Promise<Traffic | undefined>
  /** The same again and again. Nothing is asked before it is. */
  readonly openTraffic: (settings: Settings) => TrafficReader
  /** Takes the terminal; `hangUp` is called when it goes away. Asked for where standard output is one. */
  readonly openTerminal: (hangUp: () => void) => Terminal
  /** HAProxy's runtime socket. Nothing is sent before it is asked, and `send` rejects where nobody listens. */
  readonly openRuntime: (settings: Settings) => AsyncDisposable & {
    readonly send: (commands: readonly string[], signal: AbortSignal) => Promise<readonly string[]>
  }
  /** What HAProxy's master process answers to one command. @throws AgentError `master-unreachable` */
  readonly askMaster: (settings: Settings, command: string, signal: AbortSignal) => Promise<string>
  /** Lines from a person; asked for where standard input is a terminal. */
  readonly openPrompt: (options: PromptOptions) => Prompt
  /** What the running agent answers on its admin interface; undefined where none listens there. */
  readonly askAgent: (
    settings: Settings,
    path: string,
    signal: AbortSignal,
  ) => Promise<{ readonly status: number; readonly body: string } | undefined>
  /** The running agent's stream of events until it ends or the signal aborts; undefined where none listens there. */
  readonly followAgent: (
    settings: Settings,
    path: string,
    signal: AbortSignal,
  ) => Promise<AsyncIterable<{ readonly name: string; readonly data: string }> | undefined>
  /** Masked, it shows no hash of a password. @throws AgentError `template-failed` */
  readonly createRenderer: (settings: Settings, isMasked?: boolean) => Promise<Renderer>
  /** Runs the agent until the signal aborts. */
  readonly run: (settings: Settings, signal: AbortSignal) => Promise<void>
}
