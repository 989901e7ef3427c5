// HAProxy itself on every golden configuration, and on settings that try to break out of it.

import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { computeRouting } from '../../agent/core/desired.ts'
import { fileNames } from '../../agent/core/settings.ts'
import type { Files } from '../../agent/render/render.ts'
import { configSettings, rendererFor, routingSettings, snapshot } from '../support/builders.ts'
import { makeCertificate } from '../support/certificates.ts'
import { haproxyBinary } from '../support/haproxy-binary.ts'
import { tempDir } from '../support/temp-dir.ts'

const casesDir = join(import.meta.dirname, '../golden/cases')
const runDir = '/run/tidegate'
const empty = computeRouting(snapshot(), routingSettings()).routing

/** Without any HAProxy warns that TLS cannot work, and rightly. */
const { both: pem } = await makeCertificate({ names: ['golden.local'] })

/** What HAProxy says of files that were rendered for the run folder; empty where it has nothing to say. */
async function complaints(files: Files): Promise<string> {
  await using dir = await tempDir()
  for (const [name, text] of files) {
    const path = join(dir.path, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text.replaceAll(runDir, dir.path))
  }
  await writeFile(join(dir.path, 'golden.pem'), pem)
  await writeFile(join(dir.path, fileNames.certificatesList), `${join(dir.path, 'golden.pem')}\n`)
  const args = ['-c', '-f', join(dir.path, fileNames.config)]
  const { status, stdout, stderr } = spawnSync(haproxyBinary(), args, { encoding: 'utf8', timeout: 20_000 })
  const said = `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('[NOTICE]') && line !== 'Configuration file is valid')
  return [...(status === 0 ? [] : [`status ${status}`]), ...said].join('\n')
}

test.for(await readdir(casesDir))('HAProxy accepts %s without a word', async (name) => {
  const read = (file: string) => readFile(join(casesDir, name, file), 'utf8')
  const files = new Map(rendererFor().render(empty))
  files.set(fileNames.config, await read('haproxy.cfg')).set(fileNames.routes, await read('routes.map'))
  expect(await complaints(files)).toBe('')
})

test.for([
  { title: 'nothing optional', given: { infoHeaders: false } },
  { title: 'everything optional', given: { maxConnections: 5000, logTarget: 'stdout' } },
  { title: 'several addresses', given: { httpBind: [':80', '127.0.0.1:8080', `unix@${runDir}/http.sock`] } },
  { title: 'a log format in a header', given: { proxyId: '100%[src] %{x', serverInfo: '%[nosuch()]' } },
  { title: 'quotes and signs in a header', given: { proxyId: `it's "so" #1; {} \\ $HOME`, serverInfo: "'" } },
])('HAProxy accepts settings with $title', async ({ given }) => {
  expect(await complaints(rendererFor(configSettings(given)).render(empty))).toBe('')
})
