// The documents against the code: what they must name, and that their links lead somewhere.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { labelEntries } from '../../agent/cli/labels-text.ts'
import { errorCodes } from '../../agent/core/errors.ts'
import { readLabels } from '../../agent/core/labels/read.ts'
import { labelPrefix } from '../../agent/core/labels/row.ts'
import { labelTable } from '../../agent/core/labels/table.ts'
import { problemCodes } from '../../agent/core/problem.ts'
import { service } from '../support/builders.ts'
import { labelsPage, shortName, shownBy } from '../support/labels-page.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

describe('docs/guide.md', () => {
  const guide = read('docs/guide.md')

  test('has a row for every problem code, and for no other', () => {
    const rows = [...guide.matchAll(/^\| `([a-z-]+)` \| (?:error|warning) \|/gm)].map((match) => match[1])
    expect(rows).toEqual([...problemCodes])
  })

  test("names every code of the agent's own trouble", () => {
    expect(errorCodes.filter((code) => !guide.includes(`\`${code}\``))).toEqual([])
  })
})

describe('docs/labels.md', () => {
  test('is what the table of labels makes', () => {
    expect(read('docs/labels.md'), 'npx tsx test/support/labels-page.ts > docs/labels.md').toBe(labelsPage())
  })

  test.for([...labelEntries()])('$label is in the test that shows it', ({ label }) => {
    expect(read(shownBy(label))).toContain(shortName(label))
  })
})

describe('docs/from-interlock.md', () => {
  /** The labels in the first column of the table below `## The labels`, prefix and all. */
  const rows = (read('docs/from-interlock.md').split('\n## The labels\n')[1]?.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => ({
      labels: [...(line.split(' | ')[0] ?? '').matchAll(/`(com\.docker\.lb\.\w+)`/g)].map(
        (match) => match[1] ?? '',
      ),
      text: line.split(' | ')[1] ?? '',
    }))
  const acted: readonly string[] = Object.values(labelTable)
    .map((row) => row.label)
    .filter((label) => label.startsWith(labelPrefix))

  test('has a row for every label that Tidegate acts on', () => {
    const listed = rows.flatMap((row) => row.labels)
    expect(acted.filter((label) => !listed.includes(label))).toEqual([])
  })

  test('says of no label that it works where it is not acted on, nor that it does not where it is', () => {
    for (const { labels, text } of rows) {
      const saysSame = text.startsWith('Same')
      expect({ labels, saysSame }).toEqual({
        labels,
        saysSame: labels.every((label) => acted.includes(label)),
      })
    }
  })

  test('lists no label of Interlock that the agent takes for a slip of the keyboard', () => {
    const labels = Object.fromEntries(rows.flatMap((row) => row.labels).map((label) => [label, '1']))
    const unknown = readLabels(service({ labels })).problems.filter(({ code }) => code === 'label-unknown')
    expect(unknown).toEqual([])
  })
})

describe('the links between the documents', () => {
  test.for(markdownFiles('').map((file) => ({ file })))(
    '$file links to files and headings that exist',
    ({ file }) => {
      expect(links(file).filter((link) => !leadsSomewhere(file, link))).toEqual([])
    },
  )
})

/** Every Markdown file of the repository, by its path in it; folders of tools and of their products are left out. */
function markdownFiles(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isFile()) return entry.name.endsWith('.md') ? [path] : []
    const isOurs = !entry.name.startsWith('.') && !['node_modules', 'dist', 'coverage'].includes(entry.name)
    return entry.isDirectory() && isOurs ? markdownFiles(path) : []
  })
}

/** Relative links, as they are written; code is none. */
function links(file: string): readonly string[] {
  const text = prose(read(file))
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^[a-z]+:/.test(link))
}

function prose(text: string): string {
  return text
    .replaceAll(/^ *```[\s\S]*?^ *```/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]]/g, ''))
}

function leadsSomewhere(file: string, link: string): boolean {
  const [path = '', heading] = link.split('#')
  const target = path === '' ? file : relative(root, join(root, dirname(file), path))
  if (!existsSync(join(root, target))) return false
  return heading === undefined || anchors(target).includes(heading)
}

/** The anchors of a file's headings, as GitHub makes them. */
function anchors(file: string): readonly string[] {
  const headings = [...prose(read(file)).matchAll(/^#{1,6} (.+)$/gm)].map((match) => match[1] ?? '')
  return headings.map((text) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
