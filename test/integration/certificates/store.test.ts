// The store of certificates over real files: what it makes of them, how soon it sees that they change, and what it keeps.

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFile, chmod, mkdir, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Folder } from '../../../agent/certificates/shelf.ts'
import { type CertificateStore, createCertificateStore } from '../../../agent/certificates/store.ts'
import type { AgentError } from '../../../agent/core/errors.ts'
import type { Material } from '../../../agent/core/snapshot.ts'
import { makeCertificate, type TestCertificate } from '../../support/certificates.ts'
import { eventually } from '../../support/eventually.ts'
import { tempDir } from '../../support/temp-dir.ts'

const never = new AbortController().signal
const run = promisify(execFile)

let demo: TestCertificate
let renewed: TestCertificate
let shop: TestCertificate

beforeAll(async () => {
  ;[demo, renewed, shop] = await Promise.all([
    makeCertificate({ names: ['demo.local', '*.demo.local'] }),
    makeCertificate({ names: ['demo.local'] }),
    makeCertificate({ names: ['shop.local'], hasCommonNameOnly: true }),
  ])
})

async function world(given: { readonly from?: Folder['from']; readonly isNeeded?: boolean } = {}) {
  const dir = await tempDir()
  const path = join(dir.path, 'certs')
  await mkdir(path)
  const troubles: AgentError[] = []
  const clock = { nowMs: Date.now }
  const create = (limits = {}) =>
    createCertificateStore({
      folders: [{ from: given.from ?? 'folder', path, isNeeded: given.isNeeded ?? true }],
      onTrouble: (error) => troubles.push(error),
      nowMs: () => clock.nowMs(),
      limits,
    })
  return {
    path,
    troubles,
    clock,
    create,
    store: create(),
    file: (name: string) => join(path, name),
    put: (name: string, text: string | Buffer) => writeFile(join(path, name), text),
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  }
}

/** Follows a store for as long as it is held. */
function following(store: CertificateStore) {
  const stop = new AbortController()
  const lists: (readonly Material[])[] = []
  const work = (async () => {
    for await (const list of store.follow(stop.signal)) lists.push(list)
  })()
  return {
    lists,
    /** A material by name, of the newest list. */
    find: (name: string) => lists.at(-1)?.find((material) => material.name === name),
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await work
    },
  }
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')
const look = async (store: CertificateStore) => (await store.look(never))[0]
const faultOf = async (store: CertificateStore) => (await look(store))?.fault

describe('what is in the files', () => {
  it('finds certificates and keys, apart and together, and tells none of the keys', async () => {
    await using here = await world()
    await here.put('demo.crt', demo.certificate)
    await here.put('demo.key', demo.key)
    await here.put('shop.pem', shop.both)
    const materials = await here.store.look(never)
    const [certificate, key, both] = materials
    expect(materials.map(({ name, from, digest }) => ({ name, from, digest }))).toEqual([
      { name: 'demo.crt', from: 'folder', digest: digestOf(demo.certificate) },
      { name: 'demo.key', from: 'folder', digest: digestOf(demo.key) },
      { name: 'shop.pem', from: 'folder', digest: digestOf(shop.both) },
    ])
    expect(certificate?.certificate).toEqual({
      names: ['*.demo.local', 'demo.local'],
      publicKey: key?.key?.publicKey,
      notAfter: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      validity: 'good',
    })
    expect(both?.certificate?.names).toEqual(['shop.local'])
    expect(both?.key?.publicKey).toBe(both?.certificate?.publicKey)
    expect(both?.key?.publicKey).not.toBe(key?.key?.publicKey)
    const secret = demo.key.split('\n')[1] ?? ''
    expect(secret.length).toBe(64)
    expect(JSON.stringify(materials)).not.toContain(secret)
    const pem = here.store.pem(digestOf(demo.certificate), digestOf(demo.key))
    expect(pem?.toString()).toBe(demo.certificate + demo.key)
  })

  it('reads chains, parameters, comments and line ends of others, and hands on what HAProxy needs', async () => {
    await using here = await world()
    const { stdout } = await run('openssl', ['ecparam', '-name', 'prime256v1'])
    const lines = `# for demo\n\n${demo.both.replaceAll('\n', '\r\n')}\n\n${stdout}\n${shop.certificate}`
    await here.put('demo.pem', lines)
    const material = await look(here.store)
    expect(material).toMatchObject({ certificate: { names: ['*.demo.local', 'demo.local'] } })
    const digest = material?.digest ?? ''
    const pem = here.store.pem(digest, digest)?.toString()
    expect(pem).toBe(demo.certificate + shop.certificate + demo.key)
  })

  it.for([
    { title: 'a password', text: () => 'letmein', fault: 'neither a PEM certificate nor a PEM private key' },
    { title: 'nothing', text: () => '', fault: 'neither a PEM certificate nor a PEM private key' },
    {
      title: 'half a file',
      text: () => demo.both.slice(0, -40),
      fault: 'a PEM block in it is broken or has no end',
    },
    {
      title: 'a certificate that is none',
      text: () => demo.certificate.replace('\nMII', '\nAAA'),
      fault: 'its certificate cannot be read',
    },
    {
      title: 'a key that is none',
      text: () => demo.certificate + demo.key.replace('\nMIG', '\nAAA'),
      fault: 'its private key cannot be read',
    },
    {
      title: 'a broken certificate of an authority',
      text: () => demo.both + shop.certificate.replace('\nMII', '\nAAA'),
      fault: 'certificate 2 in it: it cannot be read',
    },
  ])('says what is wrong with $title', async ({ text, fault }) => {
    await using here = await world()
    await here.put('demo.pem', text())
    expect(await look(here.store)).toEqual({
      name: 'demo.pem',
      from: 'folder',
      digest: digestOf(text()),
      fault,
    })
    expect(here.store.pem(digestOf(text()), digestOf(text()))).toBeUndefined()
  })

  it.for([
    { kind: 'RSA', key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'] },
    { kind: 'P-384', key: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'] },
    { kind: 'brainpool', key: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:brainpoolP256r1'] },
    { kind: 'Ed25519', key: ['-algorithm', 'ed25519'] },
  ])('takes a key of the kind $kind', async ({ key }) => {
    await using here = await world()
    await here.put('demo.pem', (await makeCertificate({ names: ['demo.local'], key })).both)
    const material = await look(here.store)
    expect(material?.fault).toBeUndefined()
    expect(material?.certificate?.publicKey).toBe(material?.key?.publicKey)
  })

  it.for([
    { bits: 1024, min: 2048, key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'] },
    { bits: 192, min: 224, key: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-192'] },
  ])('refuses a key of $bits bits: HAProxy would refuse everything for it', async ({ bits, min, key }) => {
    await using here = await world()
    const weak = await makeCertificate({ names: ['demo.local'], key })
    await here.put('a.key', weak.key)
    await here.put('b.crt', weak.certificate)
    expect((await here.store.look(never)).map(({ fault }) => fault)).toEqual([
      `its private key: a key of ${bits} bits, and HAProxy takes none below ${min}`,
      `certificate 1 in it: a key of ${bits} bits, and HAProxy takes none below ${min}`,
    ])
  })

  it('says that a key is encrypted, in the old way and in the new', async () => {
    await using here = await world()
    await here.put('plain', demo.key)
    for (const traditional of [[], ['-traditional']]) {
      const flags = ['pkey', '-in', here.file('plain'), '-aes256', '-passout', 'pass:x', ...traditional]
      await here.put('demo.key', (await run('openssl', flags)).stdout)
      expect(await faultOf(here.store)).toBe('its private key is encrypted')
    }
  })
})

describe('which files count', () => {
  it('takes the four extensions, and no folders, hidden files or pipes', async () => {
    await using here = await world()
    for (const name of ['a.pem', 'b.crt', 'c.cer', 'd.key', 'e.txt', '.f.pem', 'g.pem~', 'h']) {
      await here.put(name, demo.both)
    }
    await mkdir(here.file('i.pem'))
    await run('mkfifo', [here.file('j.pem')])
    await symlink('nowhere', here.file('k.pem'))
    const names = (await here.store.look(never)).map(({ name }) => name)
    expect(names).toEqual(['a.pem', 'b.crt', 'c.cer', 'd.key'])
    expect(here.troubles).toEqual([])
  })

  it('takes secrets and configs by whatever name they have, through the links of a mount, sorted', async () => {
    await using here = await world({ from: 'secret' })
    await mkdir(here.file('..2026_11_29'))
    await here.put('..2026_11_29/shop_app.crt', shop.both)
    await symlink('..2026_11_29', here.file('..data'))
    await symlink('..data/shop_app.crt', here.file('shop_app.crt'))
    await here.put('demo', demo.both)
    expect((await here.store.look(never)).map(({ from, name }) => `${from} ${name}`)).toEqual([
      'secret demo',
      'secret shop_app.crt',
    ])
  })

  it('looks into several folders, and tells the same names apart', async () => {
    await using dir = await tempDir()
    const folders = (['folder', 'secret', 'config'] as const).map((from) => ({
      from,
      path: join(dir.path, from),
      isNeeded: false,
    }))
    const store = createCertificateStore({ folders })
    expect(await store.look(never)).toEqual([])
    for (const { path } of folders) {
      await mkdir(path)
      await writeFile(join(path, 'demo.pem'), demo.both)
    }
    expect((await store.look(never)).map(({ from, name }) => ({ from, name }))).toEqual([
      { from: 'config', name: 'demo.pem' },
      { from: 'folder', name: 'demo.pem' },
      { from: 'secret', name: 'demo.pem' },
    ])
  })

  it('is bounded in files, in bytes of one, and in bytes of all', async () => {
    await using here = await world()
    for (const name of ['a.pem', 'b.pem', 'c.pem']) await here.put(name, `# ${name}\n${demo.both}`)
    expect(await here.create({ filesMax: 2 }).look(never)).toHaveLength(2)
    expect(here.troubles).toMatchObject([
      { code: 'certificates-unreadable', message: expect.stringContaining('holds 3 files, and 2 are read') },
    ])
    const size = demo.both.length
    const faults = async (limits: object) => (await here.create(limits).look(never)).map(({ fault }) => fault)
    expect(await faults({ fileBytesMax: size })).toEqual(
      Array.from({ length: 3 }, () => `it is larger than ${size} bytes`),
    )
    expect(await faults({ bytesMax: 2 * size })).toEqual([
      undefined,
      undefined,
      'there is no room left for so many certificates',
    ])
  })

  it('says of a file that it may not read how to cure that, and reads it then', async () => {
    await using here = await world()
    await chmod(join(here.path, '..'), 0o755)
    await here.put('demo.pem', demo.both)
    await chmod(here.file('demo.pem'), 0)
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(65_534)
    try {
      const [material] = await here.store.look(never)
      expect(material).toMatchObject({ name: 'demo.pem', digest: '' })
      expect(material?.fault).toMatch(
        /^the agent's user \(\d+\) may not read it: change its owner or its mode$/,
      )
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
    await chmod(here.file('demo.pem'), 0o600)
    expect((await here.store.look(never))[0]?.certificate).toBeDefined()
  })

  it('tells once that a folder is missing that was asked for, and keeps what it had', async () => {
    await using here = await world()
    await here.put('demo.pem', demo.both)
    const before = await here.store.look(never)
    await rename(here.path, `${here.path}.old`)
    for (const _ of [1, 2]) expect(await here.store.look(never)).toBe(before)
    expect(here.troubles).toMatchObject([
      {
        code: 'certificates-unreadable',
        message: `the certificate folder ${here.path} cannot be read: ENOENT`,
      },
    ])
    await rename(`${here.path}.old`, here.path)
    expect(await here.store.look(never)).toBe(before)
    expect(here.troubles).toHaveLength(1)
  })

  it('does not wait for a folder that does not answer, and takes what it says later', async () => {
    await using here = await world()
    for (let index = 0; index < 50; index += 1) await here.put(`${index}.pem`, `# ${index}\n${demo.both}`)
    const store = here.create({ lookMsMax: 1 })
    expect(await store.look(never)).toEqual([])
    expect(here.troubles).toMatchObject([
      { code: 'certificates-unreadable', message: expect.stringContaining('was not read within 1 ms') },
    ])
    await eventually(async () => (await store.look(never)).length === 50)
  })

  it('says nothing of one that nobody asked for', async () => {
    await using here = await world({ isNeeded: false })
    await rm(here.path, { recursive: true })
    expect(await here.store.look(never)).toEqual([])
    expect(here.troubles).toEqual([])
  })
})

describe('looking again', () => {
  it('keeps the list and its objects while nothing changes, and reads what is new only', async () => {
    await using here = await world()
    await here.put('demo.pem', demo.both)
    await here.put('shop.pem', shop.both)
    const before = await here.store.look(never)
    expect(await here.store.look(never)).toBe(before)
    await utimes(here.file('demo.pem'), 1, 1)
    expect(await here.store.look(never)).toBe(before)
    await here.put('shop.pem', shop.certificate)
    const after = await here.store.look(never)
    expect(after).not.toBe(before)
    expect(after[0]).toBe(before[0])
    expect(after[1]).toMatchObject({ name: 'shop.pem', certificate: { names: ['shop.local'] } })
    expect(after[1]?.key).toBeUndefined()
  })

  it('sees a change that leaves size and time as they were', async () => {
    await using here = await world()
    await here.put('demo.key', demo.key)
    await utimes(here.file('demo.key'), 1000, 1000)
    const [before] = await here.store.look(never)
    expect(renewed.key).toHaveLength(demo.key.length)
    await here.put('demo.key', renewed.key)
    await utimes(here.file('demo.key'), 1000, 1000)
    const [after] = await here.store.look(never)
    expect(after?.key?.publicKey).not.toBe(before?.key?.publicKey)
  })

  it('judges anew as time passes, by its clock', async () => {
    await using here = await world()
    await here.put('demo.pem', demo.both)
    await here.put('shop.key', shop.key)
    const notAfterMs = Date.parse((await look(here.store))?.certificate?.notAfter ?? '')
    const before = await here.store.look(never)
    const day = 24 * 3600 * 1000
    const seen: unknown[] = []
    for (const nowMs of [
      notAfterMs - 15 * day,
      notAfterMs - 13 * day,
      notAfterMs + 1,
      notAfterMs - 100 * day,
    ]) {
      here.clock.nowMs = () => nowMs
      const list = await here.store.look(never)
      seen.push(list[0]?.certificate?.validity)
      expect(list[1]).toBe(before[1])
      expect(await here.store.look(never)).toBe(list)
    }
    expect(seen).toEqual(['good', 'expiring', 'expired', 'not-yet'])
  })

  it('keeps the bytes of what is in use though its file is gone', async () => {
    await using here = await world()
    await here.put('demo.pem', demo.both)
    const digest = (await look(here.store))?.digest ?? ''
    here.store.retain([digest])
    await rm(here.file('demo.pem'))
    expect(await here.store.look(never)).toEqual([])
    expect(here.store.pem(digest, digest)?.toString()).toBe(demo.both)
  })
})

describe('following', () => {
  /** Far less than the two seconds after which it looks all the same. */
  const soon = { timeoutMs: 1000 }

  it('sees soon what is written, renewed by renaming and in place, broken, and removed', async () => {
    await using here = await world()
    await using seen = following(here.store)
    await eventually(() => seen.lists.length === 1)
    await here.put('demo.pem', demo.both)
    await eventually(() => seen.find('demo.pem')?.digest === digestOf(demo.both), soon)
    await here.put('.new', renewed.both)
    await rename(here.file('.new'), here.file('demo.pem'))
    await eventually(() => seen.find('demo.pem')?.digest === digestOf(renewed.both), soon)
    await here.put('demo.pem', demo.both)
    await eventually(() => seen.find('demo.pem')?.digest === digestOf(demo.both), soon)
    await truncate(here.file('demo.pem'), 100)
    await eventually(() => seen.find('demo.pem')?.fault !== undefined, soon)
    await appendFile(here.file('demo.pem'), demo.both.slice(100))
    await eventually(() => seen.find('demo.pem')?.fault === undefined, soon)
    await rm(here.file('demo.pem'))
    await eventually(() => seen.lists.at(-1)?.length === 0, soon)
  })

  it('sees a certificate and its key, renewed one after the other, as one change', async () => {
    await using here = await world()
    await here.put('demo.crt', demo.certificate)
    await here.put('demo.key', demo.key)
    await using seen = following(here.store)
    await eventually(() => seen.lists.length === 1)
    await here.put('demo.crt', renewed.certificate)
    await here.put('demo.key', renewed.key)
    await eventually(() => seen.find('demo.key')?.digest === digestOf(renewed.key), soon)
    const pairs = seen.lists.map((list) => {
      const [certificate, key] = list
      return certificate?.certificate?.publicKey === key?.key?.publicKey
    })
    expect(pairs).toEqual([true, true])
  })

  it('sees the mount of Kubernetes being changed: the link to all of them', async () => {
    await using here = await world({ from: 'secret' })
    for (const [version, { both }] of Object.entries({ '..1': demo, '..2': renewed })) {
      await mkdir(here.file(version))
      await here.put(`${version}/tls.pem`, both)
    }
    await symlink('..1', here.file('..data'))
    await symlink('..data/tls.pem', here.file('tls.pem'))
    await using seen = following(here.store)
    await eventually(() => seen.find('tls.pem')?.digest === digestOf(demo.both))
    await symlink('..2', here.file('..new'))
    await rename(here.file('..new'), here.file('..data'))
    await eventually(() => seen.find('tls.pem')?.digest === digestOf(renewed.both), soon)
  })

  it('sees a folder that comes late, and what happens in another one that takes its place', async () => {
    await using here = await world({ isNeeded: false })
    await rm(here.path, { recursive: true })
    await using seen = following(here.store)
    await eventually(() => seen.lists.length === 1)
    await mkdir(`${here.path}.1`)
    await writeFile(join(`${here.path}.1`, 'demo.pem'), demo.both)
    await rename(`${here.path}.1`, here.path)
    await eventually(() => seen.find('demo.pem')?.digest === digestOf(demo.both))
    await mkdir(`${here.path}.2`)
    await rename(here.path, `${here.path}.1`)
    await rename(`${here.path}.2`, here.path)
    await eventually(() => seen.lists.at(-1)?.length === 0)
    await here.put('shop.pem', shop.both)
    await eventually(() => seen.find('shop.pem') !== undefined, soon)
  })

  it('sees by looking what no hint tells: a file that a link leads out of the folder to', async () => {
    await using here = await world()
    const outside = join(here.path, '../outside.pem')
    await writeFile(outside, demo.both)
    await symlink('../outside.pem', here.file('demo.pem'))
    await using seen = following(here.store)
    await eventually(() => seen.find('demo.pem')?.digest === digestOf(demo.both))
    await here.put('shop.pem', shop.both)
    await eventually(() => seen.find('shop.pem') !== undefined)
    await writeFile(outside, renewed.both)
    await eventually(() => seen.find('demo.pem')?.digest === digestOf(renewed.both))
  })
})
