// Whether the files on disk read as they would be written, apart from what diff.ts compares line by line.
// Refuses servers, routes and the digest: those are compared as facts.

import { fileNames } from '../settings.ts'
import { clean } from '../text.ts'

/** A file, or a section of the configuration, that reads otherwise. A side is undefined where it has no such thing. */
export type FileRow = {
  readonly name: string
  readonly desired: string | undefined
  readonly disk: string | undefined
}

/** Differences between files on disk and as they would be written. */
export function fileRows(
  disk: ReadonlyMap<string, string>,
  rendered: ReadonlyMap<string, string>,
): readonly FileRow[] {
  return [...rendered].flatMap(([name, text]) => {
    const found = disk.get(name)
    if (found === undefined) return [{ name, desired: 'to be written', disk: undefined }]
    if (name === fileNames.routes) return []
    if (name === fileNames.config) return sectionRows(found, text)
    return differences(name, text.split('\n'), found.split('\n'))
  })
}

/** Backends that one side lacks are told of elsewhere; any other section is told of here. */
function sectionRows(disk: string, rendered: string): readonly FileRow[] {
  const [found, wanted] = [sectionsOf(disk), sectionsOf(rendered)]
  return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((section) => {
    const [want, have] = [wanted.get(section), found.get(section)]
    if (section.startsWith('backend ') && (want === undefined || have === undefined)) return []
    const name = `${fileNames.config}, ${section === '' ? 'its beginning' : section}`
    return differences(name, want ?? [], have ?? [])
  })
}

/** The lines of each section but comments, blanks, servers and the digest, by the section's first line. */
function sectionsOf(config: string): ReadonlyMap<string, readonly string[]> {
  const sections = new Map<string, string[]>()
  let lines: string[] = []
  for (const line of config.split('\n')) {
    if (/^(global|defaults|userlist|frontend|backend|listen)\b/.test(line)) {
      lines = []
      sections.set(line.trim(), lines)
    } else if (!isComparedElsewhere(line)) {
      if (sections.size === 0) sections.set('', lines)
      lines.push(line)
    }
  }
  return sections
}

function isComparedElsewhere(line: string): boolean {
  return /^\s*(#|$)|^\s+server |^\s+description '?tidegate structure=/.test(line)
}

/** The longest line that is shown. */
const lineMax = 200

/** The hash of a user's password, which nobody is told. */
const hashes = /\b(password\s+)\S+/g

/** The first line that differs, told for all of them; none where there is none. */
function differences(name: string, wanted: readonly string[], found: readonly string[]): readonly FileRow[] {
  const length = Math.max(wanted.length, found.length)
  for (let at = 0; at < length; at += 1) {
    if (wanted[at] !== found[at]) return [{ name, desired: shown(wanted[at]), disk: shown(found[at]) }]
  }
  return []
}

function shown(line: string | undefined): string | undefined {
  return line === undefined ? undefined : clean(line.replaceAll(hashes, '$1*'), lineMax) || '(an empty line)'
}
