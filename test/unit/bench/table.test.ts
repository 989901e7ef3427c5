import { describe, expect, it } from 'vitest'
import { count, markdownTable, number, percent } from '../../bench/table.ts'

describe('markdownTable', () => {
  it('reads as a table in its source, numbers to the right', () => {
    const columns = [
      { head: 'Tasks', align: 'right' },
      { head: 'What', align: 'left' },
    ] as const
    const rows = [
      ['10', 'a'],
      ['10,000', 'longer'],
    ]
    expect(markdownTable(columns, rows)).toBe(
      ['|  Tasks | What   |', '| -----: | ------ |', '|     10 | a      |', '| 10,000 | longer |', ''].join(
        '\n',
      ),
    )
  })

  it('keeps a bar in a text from opening a column', () => {
    expect(markdownTable([{ head: 'A', align: 'left' }], [['x|y']])).toContain('x\\|y')
  })

  it('refuses a row that does not fit its head', () => {
    expect(() => markdownTable([{ head: 'A', align: 'left' }], [['x', 'y']])).toThrow('2 cells for 1 columns')
  })
})

describe('numbers', () => {
  it.for([
    [12_345.6, '12,346'],
    [123.4, '123'],
    [12.34, '12.3'],
    [1.234, '1.23'],
    [0, '0.00'],
  ] as const)('writes %d as %s', ([value, text]) => {
    expect(number(value)).toBe(text)
  })

  it('writes counts whole and shares as per cent', () => {
    expect(count(10)).toBe('10')
    expect(count(10_000)).toBe('10,000')
    expect(percent(0.9734)).toBe('97.3 %')
  })
})
