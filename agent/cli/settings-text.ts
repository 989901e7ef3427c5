// The settings' table and the settings in force, in words: for a terminal, for machines, for the documents.
// Pure. Refuses to check settings (settings.ts).

import { alignRows, markdownTable, type Paint } from './paint.ts'
import { type SettingsInput, settingTexts } from './setting-texts.ts'
import type { SettingGroup, SettingKey } from './setting-values.ts'
import { flagOf, settingKeys, settingTable, variableOf } from './settings-table.ts'

/** A setting in force. `source` is a flag, a variable or `default`. */
export type SettingInForce = {
  readonly name: SettingKey
  readonly flag: string
  readonly variable: string
  readonly value: string
  readonly source: string
}

/** Every setting with its value as one would write it, and who says so. */
export function settingsInForce(input: SettingsInput): readonly SettingInForce[] {
  return [...settingTexts(input)].map(([name, { text, source }]) => ({
    name,
    flag: flagOf(name),
    variable: variableOf(name),
    value: text,
    source,
  }))
}

/** The settings in force by group, one a line; what is not a default stands out. */
export function settingsLines(settings: readonly SettingInForce[], paint: Paint): readonly string[] {
  const rows = alignRows(settings.map(({ name, value, source }) => [`  ${name}`, value || '-', source]))
  const lines: string[] = []
  let group: SettingGroup | undefined
  for (const [index, { name, source }] of settings.entries()) {
    const row = settingTable[name]
    if (row.group !== group) lines.push(...(group === undefined ? [] : ['']), paint('bold', row.group))
    group = row.group
    const line = rows[index] ?? ''
    lines.push(source === 'default' ? paint('dim', line) : line)
  }
  return lines
}

/** A setting's line of help, after its flag: what it means, what it may be, what it is by default. */
export function settingHelp(key: SettingKey): string {
  const { meaning, kind, default: fallback } = settingTable[key]
  return `${meaning.replaceAll('`', '')} (${kind.form}; default: ${fallback.words})`
}

/** The settings' page of the documents. */
export function settingsMarkdown(): string {
  const groups = new Map<SettingGroup, SettingKey[]>()
  for (const key of settingKeys) {
    const keys = groups.get(settingTable[key].group)
    if (keys === undefined) groups.set(settingTable[key].group, [key])
    else keys.push(key)
  }
  const sections = [...groups].flatMap(([group, keys]) => [
    '',
    `## ${group}`,
    '',
    ...markdownTable(['Flag and variable', 'What it is', 'May be', 'Default'], keys.map(markdownRow)),
  ])
  return `${[...preface, ...sections].join('\n')}\n`
}

const preface = [
  '# Settings',
  '',
  '<!-- Made by `tidegate settings --markdown` from agent/cli/settings-table.ts. Edit that. -->',
  '',
  'Every setting is a flag and a variable. A flag stands before a variable, a variable before the default; an empty',
  'variable counts as not set. All faults are told at once, a variable that begins with `TIDEGATE_` and is none of',
  'these included. `tidegate settings` prints what is in force, and where each value comes from.',
  '',
  'A duration is a whole number and a unit: `500ms`, `10s`, `5m`, `1h`.',
]

function markdownRow(key: SettingKey): readonly string[] {
  const { meaning, kind, default: fallback, alsoFrom } = settingTable[key]
  const names = [flagOf(key), variableOf(key), ...(alsoFrom === undefined ? [] : [alsoFrom])]
  const isText = fallback.words === fallback.text({ hostname: '', templatesDir: '', runDir: '' })
  return [
    names.map((name) => `\`${name}\``).join('<br>'),
    meaning,
    kind.form,
    isText ? `\`${fallback.words}\`` : fallback.words,
  ]
}
