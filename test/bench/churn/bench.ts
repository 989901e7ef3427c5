// What every part of the churn bench is handed.

export type ChurnBench = {
  readonly haproxy: string
  /** The compiled agent. */
  readonly agent: string
  /** Little of everything, to see that it works; the figures are worth nothing. */
  readonly isQuick: boolean
  /** Progress, for whoever waits. */
  readonly say: (text: string) => void
  /** Aborted by Ctrl-C: every wait ends then, and what was started is ended on the way out. */
  readonly signal: AbortSignal
}
