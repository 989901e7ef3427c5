// Whose requests a service takes, by the file with users that its label names.
// Pure. Refuses passwords and their hashes: it sees names and digests (snapshot.ts, Material).

import type { TlsClaim, TlsFacts } from './certificate-wish.ts'
import { materialNamed } from './certificates.ts'
import { accessRows } from './labels/access-rows.ts'
import { labelProblem } from './labels/read.ts'
import type { Options } from './options.ts'
import type { Problem } from './problem.ts'
import type { BackendUsers } from './routing.ts'
import type { Material } from './snapshot.ts'
import { quote } from './text.ts'

type Claim = Pick<TlsClaim, 'service'> & { readonly options: Pick<Options, 'basicAuth'> }

const { label } = accessRows.basicAuth

/** The endings that may be left out in the folder. */
const endings = ['.htpasswd']

/** The users that a backend's oldest service asks for; without a digest where there is no such file: nobody comes in. */
export function usersOf(
  name: string | undefined,
  materials: readonly Material[] | undefined,
): BackendUsers | undefined {
  if (name === undefined) return undefined
  const file = materialNamed(name, materials ?? [], endings)
  return file?.users === undefined ? { name } : { name, digest: file.digest }
}

/** The names of files with users that services ask for. */
export function namedUsers(claims: readonly Claim[]): readonly string[] {
  // One that could not be read is the empty text.
  return claims.flatMap(({ options: { basicAuth = '' } }) => (basicAuth === '' ? [] : [basicAuth]))
}

/** What is wrong with the files that services name, each service's own problem. */
export function usersProblems(
  claims: readonly Claim[],
  facts: Omit<TlsFacts, 'refused' | 'isTlsOn'>,
): readonly Problem[] {
  return claims.flatMap((claim) => {
    const name = claim.options.basicAuth ?? ''
    return name === '' ? [] : problemsOf(claim, name, facts)
  })
}

function problemsOf(
  { service }: Claim,
  name: string,
  { materials, secrets, configs }: Omit<TlsFacts, 'refused' | 'isTlsOn'>,
): readonly Problem[] {
  const file = materialNamed(name, materials ?? [], endings)
  if (file?.users !== undefined) return []
  if (file !== undefined) {
    const why = file.usersFault ?? file.fault ?? 'it holds a certificate or a key'
    const found = `${quote(file.name)}: ${why}`
    return [
      labelProblem(service, label, 'users-broken', {
        found,
        expected: 'a line `name:hash` for each user',
        hint: 'Nobody is served until then. Make a hash: mkpasswd -m sha-512, or htpasswd -nB <name>; by openssl passwd -6 where there is neither.',
      }),
    ]
  }
  const isKnown = [...(secrets ?? []), ...(configs ?? [])].some((each) => each.name === name)
  const said = isKnown
    ? {
        found: `${quote(name)}, which this edge does not have yet`,
        expected: 'a secret or config that is mounted into the edge',
        hint: 'Nobody is served until then. The agent adds it to the edge within seconds, unless its setting `networks` is off; by hand: docker service update --secret-add <name> <edge service>',
      }
    : {
        found: `${quote(name)}, which is no secret, no config and no file of the certificates folder`,
        expected: 'the name of one of these',
        hint: `Nobody is served until then. Make it: docker secret create ${name} <file>. In a stack a secret's name begins with the stack's.`,
      }
  return [labelProblem(service, label, 'users-missing', said)]
}
