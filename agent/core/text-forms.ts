// Texts as HAProxy's files write them: quoted, or as a log format.
// Refuses to judge them: parsers and settings have done that.

/** A header's value is a log format, where `%` begins a variable (configuration manual, section 8.2.6). */
export function withoutFormat(text: string): string {
  return text.replaceAll('%', '%%')
}

/** Strong quotes: nothing in between has a meaning to HAProxy (configuration manual, section 2.2). */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
