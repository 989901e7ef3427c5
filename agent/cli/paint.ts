// Colour and alignment of what is printed for people.
// Refuses to know who looks: it is told.

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'inverse'

/** Dresses a text for a terminal, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

/** SGR parameters (ECMA-48, section 8.3.117): on and off. */
const codes: { readonly [S in Style]: readonly [number, number] } = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  inverse: [7, 27],
}

/** Leaves every text as it is. */
export const plain: Paint = (_, text) => text

/** Paints for a terminal that can show it, unless NO_COLOR is set (no-color.org: to anything but the empty text). */
export function createPaint(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Paint {
  const { NO_COLOR, TERM } = env
  if (!isTerminal || NO_COLOR || TERM === 'dumb') return plain
  return (style, text) => {
    const [on, off] = codes[style]
    return `\u001b[${on}m${text}\u001b[${off}m`
  }
}

/**
 * Lines of cells, each column as wide as its widest cell; the last column is as long as it is.
 * @param figuresFrom the first of the columns that have their ends under one another, as numbers do
 */
export function alignRows(
  rows: readonly (readonly string[])[],
  gap = '  ',
  figuresFrom = Number.POSITIVE_INFINITY,
): readonly string[] {
  const widths = widthsOf(rows)
  return rows.map((row) => {
    let line = ''
    let column = 0
    for (const cell of row) {
      const width = widths[column] ?? 0
      line += (column === 0 ? '' : gap) + (column < figuresFrom ? cell.padEnd(width) : cell.padStart(width))
      column += 1
    }
    return line.trimEnd()
  })
}

/** Counted by hand, as in the lines: a thousand rows are aligned while nothing is compiled yet, where iterators are slow. */
function widthsOf(rows: readonly (readonly string[])[]): readonly number[] {
  const widths: number[] = []
  for (const row of rows) {
    let column = 0
    for (const { length } of row) {
      if (length > (widths[column] ?? -1)) widths[column] = length
      column += 1
    }
  }
  return widths
}

/** `1 service`, `2 services`, `no services`. */
export function count(number: number, noun: string): string {
  return `${number === 0 ? 'no' : number} ${noun}${number === 1 ? '' : 's'}`
}

/** The lines as one text, each with its end. */
export function textOfLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

/** A table of Markdown: cells with their bars escaped. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}
