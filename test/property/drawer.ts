// The folder of certificates in a world, and what can be put into it.
// Owns files made beforehand: a history puts, renews, breaks and removes them in a moment.

import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeCertificate } from '../support/certificates.ts'

export const drawerFiles = ['one', 'two', 'default'] as const
export type DrawerFile = (typeof drawerFiles)[number]

/** `first` and `second`: whole, another one each. `foreign`: with the key of the other. `broken`: no PEM. */
export const contents = ['first', 'second', 'foreign', 'broken', 'none'] as const
export type Content = (typeof contents)[number]

export type Drawer = {
  readonly folder: string
  readonly put: (file: DrawerFile, content: Content) => Promise<void>
}

/** Names that the hosts of a history meet on. */
const names = {
  one: ['a.local', '*.wild.local'],
  two: ['b.local', 'c.local'],
  default: ['any.local'],
} as const

/** Makes the folder, and two certificates for each file; the first ones lie in it. */
export async function openDrawer(folder: string): Promise<Drawer> {
  await mkdir(folder)
  const texts = new Map<string, string>()
  for (const file of drawerFiles) {
    const [first, second] = await Promise.all([
      makeCertificate({ names: names[file] }),
      makeCertificate({ names: names[file], days: 200 }),
    ])
    texts.set(`${file} first`, first.both).set(`${file} second`, second.both)
    texts.set(`${file} foreign`, first.certificate + second.key).set(`${file} broken`, 'no PEM')
  }
  const put: Drawer['put'] = async (file, content) => {
    const path = join(folder, `${file}.pem`)
    const text = texts.get(`${file} ${content}`)
    if (text === undefined) return rm(path, { force: true })
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  }
  await put('one', 'first')
  await put('two', 'first')
  return { folder, put }
}
