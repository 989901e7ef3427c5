// Tables and numbers as Markdown shows them.
// Refuses to know what the numbers mean.

export type Column = { readonly head: string; readonly align: 'left' | 'right' }

/** A Markdown table whose source reads as a table as well. Throws RangeError for a row of another length. */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  for (const row of rows) {
    if (row.length !== columns.length)
      throw new RangeError(`${row.length} cells for ${columns.length} columns`)
  }
  const widths = columns.map(({ head }, i) =>
    Math.max(3, head.length, ...rows.map((row) => cell(row[i]).length)),
  )
  const pad = (text: string, i: number) =>
    columns[i]?.align === 'right' ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)
  const line = (cells: readonly string[]) => `| ${cells.map(pad).join(' | ')} |\n`
  const rule = columns.map(({ align }, i) => {
    const dashes = '-'.repeat((widths[i] ?? 3) - 1)
    return align === 'right' ? `${dashes}:` : `${dashes}-`
  })
  return line(columns.map(({ head }) => head)) + line(rule) + rows.map((row) => line(row.map(cell))).join('')
}

function cell(text: string | undefined): string {
  return (text ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ')
}

/** A number with as many digits as anyone reads: `12,345`, `123`, `12.3`, `1.23`. */
export function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** A whole number: `10,000`. */
export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 })
}

/** A share as per cent: `97.3 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
