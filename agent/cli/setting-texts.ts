// Where each setting's text comes from: its flag, its variable, or its default.
// Owns precedence and the search for settings that do not exist. Refuses to parse texts (setting-kinds.ts).

import { compareText, nearest, quote } from '../core/text.ts'
import type { DefaultFacts, SettingKey } from './setting-values.ts'
import {
  flagOf,
  isSettingKey,
  settingKeys,
  settingTable,
  variableOf,
  variablePrefix,
} from './settings-table.ts'

/** What settings are read from. */
export type SettingsInput = {
  /** Flags by name, without the dashes, as the command line gave them; also those that are no setting. */
  readonly flags: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly host: HostFacts
}

/** What the machine and the package say of themselves. */
export type HostFacts = {
  readonly hostname: string
  /** As Node names them: `linux`, `x64`. */
  readonly os: string
  readonly arch: string
  /** The agent's own version. */
  readonly version: string
  /** The folder of the templates that come with the package. */
  readonly templatesDir: string
}

/** A setting's text in force, and who says so: a flag, a variable, or `default`. */
export type SettingText = { readonly text: string; readonly source: string }

/** The text of every setting, whether or not it can be used. */
export function settingTexts({ flags, env, host }: SettingsInput): ReadonlyMap<SettingKey, SettingText> {
  const { hostname, templatesDir } = host
  const runDir = textOf('run-dir', { hostname, templatesDir, runDir: '' }).text.replace(/\/+$/, '')
  return new Map(settingKeys.map((key) => [key, textOf(key, { hostname, templatesDir, runDir })]))

  function textOf(key: SettingKey, facts: DefaultFacts): SettingText {
    const flag = Object.hasOwn(flags, key) ? flags[key] : undefined
    if (flag !== undefined) return { text: flag.trim(), source: flagOf(key) }
    const { default: fallback, alsoFrom } = settingTable[key]
    for (const variable of [variableOf(key), ...(alsoFrom === undefined ? [] : [alsoFrom])]) {
      const text = env[variable]?.trim() ?? ''
      if (text !== '') return { text, source: variable }
    }
    return { text: fallback.text(facts), source: 'default' }
  }
}

/** A sentence for each flag and each variable of ours that is no setting, with the one that may be meant. */
export function strangeSettings(
  { flags, env }: SettingsInput,
  otherFlags: readonly string[] = [],
): readonly string[] {
  const strangeFlags = Object.keys(flags)
    .filter((key) => !isSettingKey(key))
    .toSorted(compareText)
    .map((key) => strange(flagOf(key), 'flag', [...settingKeys, ...otherFlags].map(flagOf)))
  const variables = settingKeys.map(variableOf)
  const strangeVariables = Object.keys(env)
    .filter((each) => each.startsWith(variablePrefix) && env[each]?.trim() && !variables.includes(each))
    .toSorted(compareText)
    .map((each) => strange(each, 'variable', variables))
  return [...strangeFlags, ...strangeVariables]
}

function strange(name: string, what: 'flag' | 'variable', known: readonly string[]): string {
  const near = nearest(name, known)
  const cure = near === undefined ? 'Remove it.' : `Did you mean ${near}?`
  return `${quote(name).slice(1, -1)} is no ${what} of Tidegate's. ${cure}`
}
