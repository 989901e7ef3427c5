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

/** Lines of cells, each column as wide as its widest cell. The last column is as long as it is. */
export function alignRows(rows: readonly (readonly string[])[], gap = '  '): readonly string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  }
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join(gap)
      .trimEnd(),
  )
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
