// What every bench is handed.

import type { Programs } from './programs.ts'

export type Bench = {
  readonly haproxy: string
  readonly templatesDir: string
  /** Folder of the recorded lists. */
  readonly fixtures: string
  readonly programs: Programs
  /** Few repetitions, to see that everything works; the figures are worth nothing. */
  readonly isQuick: boolean
  /** Progress, for whoever waits. */
  readonly say: (text: string) => void
}
