// What the commands of the command line have in common: flags for settings, settings in force, the exit code.
// Refuses commands as such: program.ts lists them, and runs them.

import { type Command, Option } from 'commander'
import type { Call, ExitCode } from './commands.ts'
import type { Paint } from './paint.ts'
import type { CliPorts } from './ports.ts'
import type { SettingsInput } from './setting-texts.ts'
import { readSettings } from './settings.ts'
import { flagOf, isSettingKey, settingKeys, settingTable } from './settings-table.ts'
import { settingHelp } from './settings-text.ts'

/** What every command is built with. */
export type Context = {
  readonly ports: CliPorts
  readonly paint: Paint
  readonly signal: AbortSignal
  readonly end: (code: ExitCode) => void
}

/** Gives a command `--snapshot` and `--json`. */
export function withSnapshot(command: Command): Command {
  return command
    .option('--snapshot <file>', 'read a saved snapshot (-: standard input) in place of the engine')
    .option('--json', 'print JSON')
}

/** Gives a command every setting as a flag; only `run` lists them, so that the others' own flags are seen. */
export function withSettings(command: Command, isListed = false): Command {
  if (isListed) addSettings(command, false)
  else {
    // Once it is called: for all commands, they would take a tenth of the time that a short command takes.
    command.parent?.hook('preSubcommand', (_, called) => {
      if (called === command) addSettings(command, true)
    })
    command.addHelpText('after', '\nEvery setting is a flag as well: tidegate run --help')
  }
  // Strange flags are faults like others in the settings, and told together with them.
  return command.allowUnknownOption().allowExcessArguments()
}

function addSettings(command: Command, isHidden: boolean): void {
  for (const key of settingKeys) {
    const { kind, group } = settingTable[key]
    const option = new Option(`${flagOf(key)} <${kind.placeholder}>`, settingHelp(key)).helpGroup(`${group}:`)
    command.addOption(option.hideHelp(isHidden))
  }
}

/** Runs a command's handler with the settings in force, and keeps its exit code. */
export async function act(
  command: Command,
  context: Context,
  handler: (call: Call) => Promise<ExitCode>,
): Promise<void> {
  const { ports, paint, signal } = context
  const settings = readSettings(settingsInput(command, context), ownFlags(command))
  const isJson = isGiven(command, 'json')
  const snapshotFile = textOption(command, 'snapshot')
  context.end(await handler({ ports, settings, paint, signal, isJson, snapshotFile }))
}

/** What the flags and the environment say of settings. */
export function settingsInput(command: Command, { ports }: Context): SettingsInput {
  const known = command.options.flatMap((option) => {
    const text = isSettingKey(option.name()) ? textOption(command, option.attributeName()) : undefined
    return text === undefined ? [] : [[option.name(), text] as const]
  })
  const flags = Object.fromEntries([...strangeFlags(command), ...known])
  return { flags, env: ports.env, host: ports.host }
}

/**
 * What commander has left over behind the arguments that the command takes: unknown flags, perhaps with values behind
 * them. Anything else is a mistake.
 */
function strangeFlags(command: Command): readonly (readonly [string, string])[] {
  const flags: [string, string][] = []
  let isValue = false
  for (const argument of command.args.slice(ownArguments(command))) {
    const [, name, text] = /^--?([^=]+)(?:=(.*))?$/s.exec(argument) ?? []
    if (name !== undefined) flags.push([name, text ?? ''])
    else if (!isValue) command.error(`error: ${command.name()} takes no argument ${JSON.stringify(argument)}`)
    isValue = name !== undefined && text === undefined
  }
  return flags
}

/** How many arguments the command has got of those that it takes; commander puts these before what is left over. */
function ownArguments({ args, registeredArguments }: Command): number {
  const strange = args.findIndex((argument) => argument.startsWith('-'))
  const most = registeredArguments.at(-1)?.variadic === true ? args.length : registeredArguments.length
  return Math.min(most, strange < 0 ? args.length : strange)
}

/** The names of a command's flags that are no settings. */
export function ownFlags(command: Command): readonly string[] {
  return command.options.map((option) => option.name()).filter((name) => !isSettingKey(name))
}

/** The text of a flag; undefined where it is not given. */
export function textOption(command: Command, attribute: string): string | undefined {
  const value: unknown = command.getOptionValue(attribute)
  return typeof value === 'string' ? value : undefined
}

/** Whether a flag without a value is given. */
export function isGiven(command: Command, attribute: string): boolean {
  return command.getOptionValue(attribute) === true
}
