import { expect, test } from 'vitest'
import { createPemReader } from '../../../agent/certificates/read-pem.ts'
import { readUsers } from '../../../agent/certificates/read-users.ts'

const read = (text: string) => readUsers(Buffer.from(text, 'latin1'))
const md5 = `$1$abcdefgh$${'x'.repeat(22)}`
const sha256 = `$5$abcdefgh$${'x'.repeat(43)}`
const sha512 = `$6$rounds=10000$abcdefgh$${'x'.repeat(86)}`
const bcrypt = `$2y$05$${'x'.repeat(53)}`

test('a line is a user: names and hashes as htpasswd and mkpasswd write them', () => {
  const text = `# staff\nanna:${sha512}\r\n\nbob@example.com:${bcrypt}\n  c.d-e_f+1:${sha256}\nold:${md5}`
  expect(read(text)).toEqual({
    users: [
      { name: 'anna', hash: sha512 },
      { name: 'bob@example.com', hash: bcrypt },
      { name: 'c.d-e_f+1', hash: sha256 },
      { name: 'old', hash: md5 },
    ],
  })
})

const faults: readonly (readonly [text: string, fault: string])[] = [
  ['', 'there is no user in it'],
  ['# nobody\n', 'there is no user in it'],
  ['anna', 'line 1: no name and hash with a colon in between'],
  ['anna:', 'line 1: no name and hash with a colon in between'],
  [`an na:${md5}`, 'line 1: a name of other than letters, digits and . _ @ + -, or of more than 64'],
  [`"anna":${md5}`, 'line 1: a name of other than letters, digits and . _ @ + -, or of more than 64'],
  [`änna:${md5}`, 'line 1: a name of other than letters, digits and . _ @ + -, or of more than 64'],
  [`:${md5}`, 'line 1: a name of other than letters, digits and . _ @ + -, or of more than 64'],
  [
    `${'a'.repeat(65)}:${md5}`,
    'line 1: a name of other than letters, digits and . _ @ + -, or of more than 64',
  ],
  [`a:${md5}\na:${md5}`, 'line 2: the user a a second time'],
  ['anna:hunter2', 'line 1: a password that is no hash behind the name anna'],
  [
    `anna:$apr1$abcdefgh$${'x'.repeat(22)}`,
    "line 1: Apache's own kind of hash ($apr1$) behind the name anna",
  ],
  [
    `anna:$y$j9T$abc$${'x'.repeat(43)}`,
    'line 1: a hash that takes too long to compute (yescrypt) behind the name anna',
  ],
  [`anna:$9$abc$${'x'.repeat(43)}`, 'line 1: a hash that HAProxy does not know behind the name anna'],
  [`anna:${md5} groups admin`, 'line 1: a hash that HAProxy does not know behind the name anna'],
  [`anna:${md5}\rbackend evil`, 'line 1: no name and hash with a colon in between'],
  [
    `anna:$6$rounds=10001$abcdefgh$${'x'.repeat(86)}`,
    'line 1: a hash that takes too long to compute, more than 10000 rounds, behind the name anna',
  ],
  [
    `anna:$2b$07$${'x'.repeat(53)}`,
    'line 1: a hash that takes too long to compute, more than a cost of 6, behind the name anna',
  ],
]

test.for(faults)('%j is refused, and nothing of a password is told', ([text, fault]) => {
  expect(read(text)).toEqual({ fault })
})

test('more users than HAProxy should search are refused', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, n) => `u${n}:${md5}`).join('\n')
  expect(read(lines(1000)).users).toHaveLength(1000)
  expect(read(lines(1001)).fault).toBe('line 1001: more than 1000 users')
})

test('a file with PEM in it is no list of users', () => {
  const readPem = createPemReader()
  expect(readPem(Buffer.from(`anna:${md5}\n`)).access?.users).toHaveLength(1)
  const mixed = '-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----\n'
  expect(readPem(Buffer.from(`${mixed}anna:${md5}\n`)).access).toBeUndefined()
})
