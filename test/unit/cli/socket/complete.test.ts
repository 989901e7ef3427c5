import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { completionOf, parseHelp } from '../../../../agent/cli/socket/complete.ts'

const versions = ['3.0.11', '3.2.26', '3.4.7']
const helpOf = (version: string) =>
  readFileSync(join(import.meta.dirname, '../../../fixtures/haproxy-replies', version, 'help.txt'), 'utf8')

describe.each(versions)('from the help of HAProxy %s', (version) => {
  const commands = parseHelp(helpOf(version))
  const wordsFor = (line: string) => completionOf(line, commands).words

  test('every line but the first is a command', () => {
    const lines = helpOf(version)
      .split('\n')
      .filter((line) => line.startsWith('  '))
    expect(commands).toHaveLength(lines.length)
  })

  test('the first word comes from all commands', () => {
    expect(wordsFor('')).toEqual(expect.arrayContaining(['add', 'get', 'help', 'set', 'show']))
    expect(wordsFor('sh')).toContain('show')
  })

  test('the next words come from those that begin so', () => {
    expect(wordsFor('show servers ')).toEqual(['conn', 'state'])
    expect(wordsFor('show ssl cr')).toContain('crt-list')
    expect(wordsFor('nonsense ')).toEqual([])
    expect(wordsFor('show info x ')).toEqual([])
  })

  test('a backend is asked for where HAProxy takes one', () => {
    for (const line of ['show servers state ', 'show stat ', 'set server ', 'get weight we', 'show errors '])
      expect({ line, is: completionOf(line, commands).isBackend }).toEqual({ line, is: true })
    for (const line of ['show ', 'show info ', 'show map ', 'show servers state a '])
      expect({ line, is: completionOf(line, commands).isBackend }).toEqual({ line, is: false })
  })
})
