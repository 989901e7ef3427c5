// Cuts PEM text into its blocks (RFC 7468).
// Owns the framing: what stands around blocks (comments, `openssl x509 -text`) is dropped, and a block is written anew
// without blank lines, which would end a command's payload on HAProxy's socket. Refuses to know what a block holds.

export type Block = {
  /** What stands after BEGIN, for example `EC PRIVATE KEY`. */
  readonly label: string
  /** The block as it is handed on: its lines, each with its end. */
  readonly text: string
  /** It has headers of the old kind, as encrypted keys do (RFC 1421). */
  readonly hasHeaders: boolean
}

export type Blocks = {
  readonly blocks: readonly Block[]
  /** A block begins and does not end, or holds what is no base64: a file that is just being written, mostly. */
  readonly isBroken: boolean
}

const beginPattern = /^-----BEGIN ([A-Z0-9][A-Z0-9 ]{0,40})-----$/
const base64Pattern = /^[A-Za-z0-9+/]+={0,2}$/

/** All blocks of a text, in their order. */
export function cutBlocks(text: string): Blocks {
  const blocks: Block[] = []
  let open: { readonly label: string; readonly lines: string[]; hasHeaders: boolean } | undefined
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    const begins = beginPattern.exec(line)?.[1]
    if (begins !== undefined) {
      if (open !== undefined) return { blocks, isBroken: true }
      open = { label: begins, lines: [], hasHeaders: false }
    } else if (open !== undefined && line === `-----END ${open.label}-----`) {
      blocks.push({ label: open.label, text: write(open), hasHeaders: open.hasHeaders })
      open = undefined
    } else if (open !== undefined && line.includes(':')) {
      open.hasHeaders = true
    } else if (open !== undefined && line !== '') {
      if (!base64Pattern.test(line)) return { blocks, isBroken: true }
      open.lines.push(line)
    }
  }
  return { blocks, isBroken: open !== undefined }
}

function write({ label, lines }: { readonly label: string; readonly lines: readonly string[] }): string {
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
