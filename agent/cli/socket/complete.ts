// What can come next in a command, from HAProxy's own help.
// Pure. Refuses to ask HAProxy (run.ts does).

/** A command as `help` has it: its fixed words, and what follows them. */
export type Syntax = { readonly words: readonly string[]; readonly rest: string }

/**
 * Reads `help`; a line of any other shape is left out:
 *
 *     The following commands are valid at this level:
 *       show servers state [<backend>]          : dump volatile server information (all or for a single backend)
 *       set server <bk>/<srv> [opts]            : change a server's state, weight, address or ssl
 */
export function parseHelp(reply: string): readonly Syntax[] {
  return reply.split('\n').flatMap((line) => {
    const [, text] = /^ {2}(\S.*?)\s*:(?: |$)/.exec(line) ?? []
    if (text === undefined) return []
    const all = text.split(/\s+/)
    const end = all.findIndex((word) => !/^[a-z][a-z0-9-]*$/.test(word))
    const words = end < 0 ? all : all.slice(0, end)
    return words.length === 0 ? [] : [{ words, rest: end < 0 ? '' : all.slice(end).join(' ') }]
  })
}

export type Completion = {
  /** What the last word can become, sorted. */
  readonly words: readonly string[]
  /** True where it can be a backend's name as well. */
  readonly isBackend: boolean
}

/** What the last word of a line can become; the line ends in a blank where that word has not begun. */
export function completionOf(line: string, commands: readonly Syntax[]): Completion {
  const given = line.trimStart().split(/\s+/)
  const before = given.slice(0, -1)
  const fitting = commands.filter(({ words }) => before.every((word, index) => isFitting(words, word, index)))
  const words = new Set(fitting.flatMap((syntax) => syntax.words[before.length] ?? []))
  const isBackend = fitting.some((syntax) => syntax.words.length === before.length && takesBackend(syntax))
  return { words: [...words].sort(), isBackend }
}

function isFitting(words: readonly string[], word: string, index: number): boolean {
  return words[index] === word
}

/** `<bk>`, `<backend>` or `<px>` in the help; `show stat` takes one though its help does not say so. */
function takesBackend({ words, rest }: Syntax): boolean {
  return /<(?:bk|backend|px)>/.test(rest) || words.join(' ') === 'show stat'
}
