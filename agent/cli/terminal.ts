// A terminal as a command that draws on it needs it, as function types; the entry point has the real one.
// Refuses to know what is drawn.

/** While it is open the screen is the command's: another page, no cursor, keys as they are pressed. */
export type Terminal = Disposable & {
  readonly size: () => { readonly columns: number; readonly rows: number }
  /** Draws lines over what is there, from the top; what is below them is wiped. */
  readonly draw: (lines: readonly string[]) => void
  /** Calls back with what is typed, in pieces as they come. */
  readonly onInput: (take: (text: string) => void) => void
  readonly onResize: (take: () => void) => void
}
