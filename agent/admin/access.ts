// Who may read over TCP: whoever knows the token.
// Refuses users and roles: there is nothing to change here, and one thing to read.
//
// A page of another origin cannot use what a browser knows: the token is asked for and kept by origin (so a name that is
// rebound to this address gets nothing), nothing here allows reading across origins, and nothing may be framed.

import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether the value of an `Authorization` header holds the token. */
export type Guard = (authorization: string | undefined) => boolean

/** What a browser needs to ask for the token by itself; the name of the user does not matter. */
export const challenge = 'Basic realm="Tidegate: the token is the password", charset="UTF-8"'

/** Takes the token as `Bearer <token>`, and as the password of `Basic`. Texts are compared in constant time. */
export function createGuard(token: string): Guard {
  const expected = digest(token)
  return (authorization) => {
    const found = tokenIn(authorization ?? '')
    return found !== undefined && timingSafeEqual(digest(found), expected)
  }
}

/** Digests are of equal length, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function tokenIn(authorization: string): string | undefined {
  const [, scheme, credentials = ''] = /^(bearer|basic) +(\S+)$/i.exec(authorization) ?? []
  if (scheme?.toLowerCase() === 'bearer') return credentials
  if (scheme === undefined) return undefined
  const pair = Buffer.from(credentials, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  return colon < 0 ? undefined : pair.slice(colon + 1)
}
