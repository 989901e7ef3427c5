// Lines on standard output in the form of the agent's log (log.ts reads them).

/** One line; the time is now. */
export function tell(msg: string, facts: object = {}): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), msg, ...facts })}\n`)
}
