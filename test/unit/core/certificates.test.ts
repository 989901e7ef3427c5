import { describe, expect, test } from 'vitest'
import type { TlsClaim, TlsFacts } from '../../../agent/core/certificate-wish.ts'
import { chooseCertificates } from '../../../agent/core/certificates.ts'
import type { Material } from '../../../agent/core/snapshot.ts'

function claim(
  name: string,
  given: Partial<TlsClaim> & { readonly cert?: string; readonly keyName?: string } = {},
): TlsClaim {
  const { cert, keyName, ...rest } = given
  return {
    service: { id: name, name, mode: 'task', networkIds: [] },
    labels: { 'com.docker.lb.ssl_cert': cert ?? '', 'com.docker.lb.ssl_key': keyName ?? '' },
    hosts: [`${name}.local`],
    tls: cert === undefined ? undefined : { certificate: cert, key: keyName },
    isPassthrough: false,
    isDefault: false,
    ...rest,
  }
}

type Facts = { readonly names?: readonly string[]; readonly pair?: string; readonly notAfter?: string }

/** A file with a certificate and its key; each name its own content. */
function material(
  name: string,
  { names = [], pair = name, notAfter = '2027-01-01T00:00:00Z' }: Facts = {},
): Material {
  return {
    name,
    from: 'folder',
    digest: `${name}${'0'.repeat(64)}`.slice(0, 64),
    certificate: { names, publicKey: pair, notAfter, validity: 'good' },
    key: { publicKey: pair },
  }
}

function withoutKey({ key: _, ...rest }: Material): Material {
  return rest
}

function withoutCertificate({ certificate: _, ...rest }: Material): Material {
  return rest
}

function choose(claims: readonly TlsClaim[], materials: readonly Material[], given: Partial<TlsFacts> = {}) {
  const chosen = chooseCertificates(claims, {
    materials,
    secrets: undefined,
    configs: undefined,
    refused: new Map(),
    isTlsOn: true,
    ...given,
  })
  const shown = [...chosen.certificates.values()].map(({ certificate, hosts }) => [
    certificate.replace(/0*$/, ''),
    ...hosts,
  ])
  return { shown, codes: chosen.problems.map(({ code, service }) => `${service} ${code}`), ...chosen }
}

describe('by label', () => {
  test('a file is found by its name, and in the folder without its ending', () => {
    const one = material('a.pem', { names: ['a.local'] })
    expect(choose([claim('a', { cert: 'a.pem' })], [one]).shown).toEqual([['a.pem', 'a.local']])
    expect(choose([claim('a', { cert: 'a' })], [one]).shown).toEqual([['a.pem', 'a.local']])
    expect(choose([claim('a', { cert: 'a' })], [{ ...one, from: 'secret' }]).codes).toEqual([
      'a certificate-missing',
    ])
  })

  test('the folder stands before a secret, and that before a config', () => {
    const files = (['config', 'secret', 'folder'] as const).map((from) => ({
      ...material('a', { names: ['a.local'] }),
      from,
      digest: from,
    }))
    for (const expected of ['folder', 'secret', 'config']) {
      expect(choose([claim('a', { cert: 'a' })], files).shown).toEqual([[expected, 'a.local']])
      files.pop()
    }
  })

  test('a key of its own must belong to the certificate', () => {
    const certificate = withoutKey(material('a.crt', { names: ['a.local'], pair: 'p' }))
    const key = withoutCertificate(material('a.key', { pair: 'p' }))
    const foreign = withoutCertificate(material('b.key', { pair: 'q' }))
    const asking = (keyName: string) => [claim('a', { cert: 'a.crt', keyName })]
    expect(choose(asking('a.key'), [certificate, key]).shown).toEqual([['a.crt', 'a.local']])
    const mixed = choose(asking('b.key'), [certificate, foreign])
    expect([mixed.shown, mixed.codes]).toEqual([[], ['a certificate-broken']])
    const swapped = choose([claim('a', { cert: 'a.key', keyName: 'a.crt' })], [certificate, key])
    // The folder's own pair is shown for its names, whatever the labels say.
    expect([swapped.shown, swapped.codes]).toEqual([[['a.crt', 'a.local']], ['a certificate-broken']])
  })

  test('hosts that a certificate is not for are shown it all the same, and their service is told', () => {
    const { shown, codes } = choose(
      [claim('a', { cert: 'w', hosts: ['b.example.com', 'example.com', '.example.com'] })],
      [material('w', { names: ['*.example.com'] })],
    )
    expect(shown).toEqual([['w', '*.example.com', 'b.example.com', 'example.com']])
    expect(codes).toEqual(['a certificate-other-names'])
  })

  test('of two services on one host the older one’s certificate stands', () => {
    const both = { hosts: ['x.local'] }
    const { shown, codes } = choose(
      [
        claim('old', { ...both, cert: 'a' }),
        claim('young', { ...both, cert: 'b' }),
        claim('same', { ...both, cert: 'a' }),
      ],
      [material('a', { names: ['x.local'] }), material('b', { names: ['x.local'] })],
    )
    expect(shown).toEqual([['a', 'x.local']])
    expect(codes).toEqual(['young option-differs'])
  })

  test('what the Swarm has and the edge does not yet have is said to be on its way', () => {
    const asking = [claim('a', { cert: 'mine' })]
    const { problems } = choose(asking, [], { secrets: [{ id: 's1', name: 'mine' }] })
    expect(problems[0]?.hint).toMatch(/^The agent adds it to the edge/)
    expect(choose(asking, []).problems[0]?.hint).toMatch(/^Make it: docker secret create mine/)
  })
})

describe('in the folder', () => {
  test('a pair is shown for its names where no service has asked for another', () => {
    const { shown, codes } = choose(
      [claim('a', { cert: 'named' })],
      [material('free', { names: ['a.local', 'b.local'] }), material('named', { names: ['a.local'] })],
    )
    expect(shown).toEqual([
      ['free', 'b.local'],
      ['named', 'a.local'],
    ])
    expect(codes).toEqual([])
  })

  test('of two for one name the one is shown that holds longer', () => {
    const files = [
      material('old', { names: ['a.local'], notAfter: '2026-12-01T00:00:00Z' }),
      material('new', { names: ['a.local'], notAfter: '2027-06-01T00:00:00Z' }),
    ]
    expect(choose([], files).shown).toEqual([['new', 'a.local']])
  })

  test('certificate and key may lie in files of one stem; a secret is shown to nobody unasked', () => {
    const certificate = withoutKey(material('a.crt', { names: ['a.local'], pair: 'p' }))
    const key = withoutCertificate(material('a.key', { pair: 'p' }))
    expect(choose([], [certificate, key]).shown).toEqual([['a.crt', 'a.local']])
    expect(choose([], [{ ...material('s', { names: ['a.local'] }), from: 'secret' }]).shown).toEqual([])
  })

  test('hosts that are passed through have none', () => {
    expect(
      choose([claim('a', { isPassthrough: true })], [material('f', { names: ['a.local'] })]).shown,
    ).toEqual([])
  })
})

test('another content, another key and other hosts are another file each; the order of services is none', () => {
  const fileOf = (hosts: readonly string[], digest: string) =>
    [...choose([claim('a', { cert: 'c', hosts })], [{ ...material('c'), digest }]).certificates.keys()][0]
  const files = [fileOf(['a'], 'd1'), fileOf(['a'], 'd2'), fileOf(['a', 'b'], 'd1')]
  expect(new Set(files).size).toBe(3)
  expect(fileOf(['b', 'a'], 'd1')).toBe(fileOf(['a', 'b'], 'd1'))
  expect(files[0]).toMatch(/^certificates\/[a-z0-9-]+\.pem$/)
})

test('one that HAProxy refuses is left out, and whoever named it is told its words', () => {
  const asking = [claim('a', { cert: 'weak' }), claim('b', { cert: 'good' })]
  const files = [material('weak', { names: ['a.local'] }), material('good', { names: ['b.local'] })]
  const [weak = ''] = [...choose(asking, files).certificates.values()]
    .filter(({ certificate }) => certificate.startsWith('weak'))
    .map(({ file }) => file)
  const { shown, problems } = choose(asking, files, { refused: new Map([[weak, 'ee key too small']]) })
  expect(shown).toEqual([['good', 'b.local']])
  expect(
    problems.map(({ service, code, found }) => [service, code, found.includes('ee key too small')]),
  ).toEqual([['a', 'certificate-broken', true]])
})

test('an edge that does not listen for TLS shows none, and says so to those that ask', () => {
  const asking = [claim('a', { cert: 'a' }), claim('b', { isPassthrough: true }), claim('c')]
  const { shown, codes } = choose(asking, [material('a', { names: ['a.local'] })], { isTlsOn: false })
  expect([shown, codes]).toEqual([[], ['a tls-off', 'b tls-off']])
})

test('the default service’s certificate is shown where there is no other, else a file called default.pem', () => {
  const files = [material('default.pem', { names: ['d.local'] }), material('own', { names: ['a.local'] })]
  const defaultOf = (...claims: readonly TlsClaim[]) => {
    const { defaultCertificate } = choose(claims, files)
    return [defaultCertificate?.certificate.replace(/0*$/, ''), defaultCertificate?.hosts]
  }
  expect(defaultOf(claim('a', { cert: 'own' }))).toEqual(['default.pem', ['*']])
  expect(defaultOf(claim('a', { cert: 'own', isDefault: true }))).toEqual(['own', ['*']])
  expect(defaultOf(claim('a', { cert: 'absent', isDefault: true }))).toEqual(['default.pem', ['*']])
  expect(choose([claim('a')], []).defaultCertificate).toBeUndefined()
})
