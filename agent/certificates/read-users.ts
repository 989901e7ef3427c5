// What the lines of a file with users hold: names, and hashes of their passwords, as htpasswd and mkpasswd write them.
// Owns which names and hashes reach HAProxy. Refuses passwords as such, and hashes that HAProxy cannot check, or that
// keep it busy. Nothing of a hash may appear in a fault.

/** A user, and the hash of the password as crypt(3) reads it. */
export type User = { readonly name: string; readonly hash: string }

export type UserReading = { readonly users?: readonly User[]; readonly fault?: string }

const usersMax = 1000

/** Letters that need no quotes in HAProxy's file, and no colon, which ends a name in HTTP. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/

const letters = '[./A-Za-z0-9]'

/** crypt(3)'s own forms, with what their cost stands in. */
const forms = [
  new RegExp(String.raw`^\$1\$${letters}{1,8}\$${letters}{22}$`),
  new RegExp(String.raw`^\$5\$(?:rounds=(?<rounds>\d{1,9})\$)?${letters}{1,16}\$${letters}{43}$`),
  new RegExp(String.raw`^\$6\$(?:rounds=(?<rounds>\d{1,9})\$)?${letters}{1,16}\$${letters}{86}$`),
  new RegExp(String.raw`^\$2[aby]\$(?<cost>\d\d)\$${letters}{53}$`),
] as const

/** HAProxy computes a hash for each request, and does nothing else meanwhile: some ten milliseconds are the most. */
const roundsMax = 10_000
const costMax = 6

/** Reads a file that is no PEM, one user a line; empty lines and comments count for nothing. */
export function readUsers(bytes: Buffer): UserReading {
  const users = new Map<string, User>()
  for (const [index, line] of bytes.toString('latin1').split('\n').entries()) {
    const text = line.trim()
    if (text === '' || text.startsWith('#')) continue
    const read = readUser(text)
    const fault = typeof read === 'string' ? read : strange(read, users)
    if (fault !== undefined || typeof read === 'string') return { fault: `line ${index + 1}: ${fault}` }
    users.set(read.name, read)
  }
  return users.size === 0 ? { fault: 'there is no user in it' } : { users: [...users.values()] }
}

function strange({ name }: User, users: ReadonlyMap<string, User>): string | undefined {
  if (users.has(name)) return `the user ${name} a second time`
  return users.size >= usersMax ? `more than ${usersMax} users` : undefined
}

/** A user, or what is wrong with the line. */
function readUser(text: string): User | string {
  const [, name = '', hash = ''] = /^([^:]*):(.*)$/.exec(text) ?? []
  if (hash === '') return 'no name and hash with a colon in between'
  if (!namePattern.test(name)) return 'a name of other than letters, digits and . _ @ + -, or of more than 64'
  const match = forms.map((form) => form.exec(hash)).find((each) => each !== null)
  if (match === undefined) return `${whatInstead(hash)} behind the name ${name}`
  const { rounds = '0', cost = '0' } = match.groups ?? {}
  if (Number(rounds) <= roundsMax && Number(cost) <= costMax) return { name, hash }
  const most = cost === '0' ? `${roundsMax} rounds` : `a cost of ${costMax}`
  return `a hash that takes too long to compute, more than ${most}, behind the name ${name}`
}

function whatInstead(hash: string): string {
  if (hash.startsWith('$apr1$')) return "Apache's own kind of hash ($apr1$)"
  if (/^\$g?y\$/.test(hash)) return 'a hash that takes too long to compute (yescrypt)'
  return hash.startsWith('$') ? 'a hash that HAProxy does not know' : 'a password that is no hash'
}
