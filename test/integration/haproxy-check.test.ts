import { chmod, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkConfig } from '../../agent/haproxy/check.ts'
import { haproxyBinary, testedBranches } from '../support/haproxy-binary.ts'
import { configFor, pathsIn } from '../support/haproxy-instance.ts'
import { tempDir } from '../support/temp-dir.ts'

const signal = () => AbortSignal.timeout(20_000)

describe.each(testedBranches)('with HAProxy %s', (branch) => {
  const check = async (backends: string, dir: string) => {
    const paths = pathsIn(dir)
    await writeFile(paths.routesMap, '')
    const config = configFor(paths, backends)
    const options = { binary: haproxyBinary(branch), configFile: paths.configFile, timeoutMs: 10_000 }
    const result = await checkConfig(config, options, signal())
    return {
      result,
      lineOf: (text: string) => config.split('\n').findIndex((line) => line.includes(text)) + 1,
    }
  }

  test('a sound configuration is sound, and its candidate leaves nothing behind', async () => {
    await using dir = await tempDir()
    const { result } = await check('backend web\n  server s1 127.0.0.1:1', dir.path)
    expect(result.kind).toBe('sound')
    expect(await readdir(dir.path)).toEqual(['routes.map'])
  })

  const broken = [
    ['an unknown keyword', 'backend web\n  blance roundrobin', 'blance', "unknown keyword 'blance'"],
    ['an argument that is none', 'backend web\n  balance best', 'balance best', 'balance only supports'],
    [
      'a server without an address',
      'backend web\n  server s1 no.such.invalid:80',
      'server s1',
      'no.such.invalid',
    ],
    [
      'a server named twice',
      'backend web\n  server s1 127.0.0.1:1\n  server s1 127.0.0.1:2',
      'server s1',
      's1',
    ],
  ] as const

  test.for(broken)('%s is found by its line', async ([, backends, at, text]) => {
    await using dir = await tempDir()
    const { result, lineOf } = await check(backends, dir.path)
    if (result.kind !== 'faulty') throw new Error(`expected faults, got ${JSON.stringify(result)}`)
    expect(result.faults.map((fault) => fault.text).join('\n')).toContain(text)
    expect(result.faults.map((fault) => fault.text).join('\n')).not.toMatch(/\.tmp|Fatal errors|\[.*:\d+\]/)
    const lines = result.faults.flatMap((fault) => fault.line ?? [])
    const first = lineOf(at)
    expect(lines.some((line) => line >= first && line <= first + 1)).toBe(true)
  })

  test('a fault that HAProxy finds only after the last line is found by its backend', async () => {
    await using dir = await tempDir()
    const { result } = await check('backend web\n  use-server nobody if TRUE', dir.path)
    expect(result).toMatchObject({
      kind: 'faulty',
      faults: [{ line: undefined, section: 'web', text: expect.stringContaining('nobody') }],
    })
  })

  test('two faults are both found', async () => {
    await using dir = await tempDir()
    const { result, lineOf } = await check('backend web\n  blance x\nbackend api\n  modus y', dir.path)
    expect(result).toMatchObject({
      kind: 'faulty',
      faults: [{ line: lineOf('blance') }, { line: lineOf('modus') }],
    })
  })

  test('a warning is told, and does not make a configuration faulty', async () => {
    await using dir = await tempDir()
    const { result, lineOf } = await check(
      'backend web\n  redirect location /x if TRUE\n  http-request deny if TRUE',
      dir.path,
    )
    expect(result).toMatchObject({ kind: 'sound', warnings: [{ line: lineOf('http-request deny') }] })
  })
})

test('a check that does not end is given up', async () => {
  await using dir = await tempDir()
  const binary = join(dir.path, 'slow')
  await writeFile(binary, '#!/bin/sh\nexec sleep 60\n')
  await chmod(binary, 0o755)
  const options = { binary, configFile: join(dir.path, 'haproxy.cfg'), timeoutMs: 200 }
  await expect(checkConfig('global\n', options, signal())).rejects.toMatchObject({
    code: 'config-rejected',
    message: 'haproxy -c gave no verdict within 200 ms',
  })
  expect(await readdir(dir.path)).toEqual(['slow'])
})

test('a candidate that is deleted under HAProxy is no fault of the configuration', async () => {
  await using dir = await tempDir()
  const binary = join(dir.path, 'haproxy')
  await writeFile(binary, `#!/bin/sh\nrm "$3"\nexec ${haproxyBinary()} "$@"\n`)
  await chmod(binary, 0o700)
  const options = { binary, configFile: join(dir.path, 'haproxy.cfg'), timeoutMs: 10_000 }
  await expect(checkConfig('global\n', options, signal())).rejects.toMatchObject({
    code: 'files-unwritable',
    message: expect.stringContaining('its folder was emptied'),
  })
})

test('a program that is not there is named', async () => {
  await using dir = await tempDir()
  const options = {
    binary: join(dir.path, 'haproxy'),
    configFile: join(dir.path, 'haproxy.cfg'),
    timeoutMs: 1000,
  }
  await expect(checkConfig('global\n', options, signal())).rejects.toMatchObject({
    code: 'haproxy-missing',
    message: expect.stringContaining(`${dir.path}/haproxy cannot be started`),
    hint: 'Install HAProxy 3.0 or later, or say where it is.',
  })
})
