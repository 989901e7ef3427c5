// What an error of a unix socket or a file means to the person who must mend it.
// Owns the sentences. Refuses to decide what happens next.

/** `ENOENT` and the like; undefined for an error that is no operating system's. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** The error's own words. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What to do when connecting to one of HAProxy's sockets fails. */
export function connectHint(error: unknown): string {
  switch (errorCode(error)) {
    case 'ENOENT':
      return 'HAProxy has not made the socket: it is not running, or is configured with another path.'
    case 'ECONNREFUSED':
      return 'The socket is left over from an HAProxy that is gone: start HAProxy.'
    case 'EACCES':
    case 'EPERM':
      return 'Run the agent as the user that owns the socket, or give the socket a fitting `user`, `group` and `mode`.'
    case 'EAGAIN':
      return 'Too many connections wait on the socket: raise `stats maxconn`.'
    default:
      return 'If HAProxy was restarted or reloaded this passes by itself; else read its own log.'
  }
}
