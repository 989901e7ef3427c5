import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { checkImports } from '../../support/check-imports.ts'
import { tempDir } from '../../support/temp-dir.ts'

const header = '// What this file owns.\n'

/** Violations in a tree of files, each as `file:line: rule`. */
async function check(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  await using dir = await tempDir()
  for (const [file, text] of Object.entries(files)) {
    const path = join(dir.path, 'agent', file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
  return checkImports(dir.path).map(({ file, line, rule }) => `${file}:${line}: ${rule}`)
}

const plain = { 'core/a.ts': `${header}export const a = 1\n`, 'swarm/b.ts': `${header}export const b = 1\n` }

test('a tree that keeps to the rules has no violation', async () => {
  const files = {
    ...plain,
    'core/c.ts': `${header}import { a } from './a.ts'\nexport const c = a\n`,
    'docker/docker.ts': `${header}import { readFile } from 'node:fs/promises'\nimport Docker from 'dockerode'\nimport { a } from '../core/a.ts'\nimport './b.ts'\n`,
    'main.ts': `#!/usr/bin/env node\n${header}import pino from 'pino'\nimport { b } from './swarm/b.ts'\nimport { c } from './core/c.ts'\n`,
  }
  expect(await check(files)).toEqual([])
})

test.for([
  {
    title: 'core imports Node',
    files: { 'core/x.ts': `${header}\nimport type { Socket } from 'node:net'\n` },
    violation: 'agent/core/x.ts:3: agent/core imports no modules: node:net',
  },
  {
    title: 'core imports a package',
    files: { 'core/x.ts': `${header}import { z } from 'zod'\n` },
    violation: 'agent/core/x.ts:2: agent/core imports no modules: zod',
  },
  {
    title: 'core imports an edge',
    files: { 'core/x.ts': `${header}import { b } from '../swarm/b.ts'\n` },
    violation: 'agent/core/x.ts:2: agent/core may not import agent/swarm/b.ts',
  },
  {
    title: 'an edge imports another, over several lines',
    files: { 'haproxy/x.ts': `${header}import {\n  b,\n  type B,\n} from '../swarm/b.ts'\n` },
    violation: 'agent/haproxy/x.ts:2: agent/haproxy may not import agent/swarm/b.ts',
  },
  {
    title: 'an edge exports what another has',
    files: { 'render/x.ts': `${header}export { b } from '../swarm/b.ts'\n` },
    violation: 'agent/render/x.ts:2: agent/render may not import agent/swarm/b.ts',
  },
  {
    title: 'an edge imports another when it runs',
    files: { 'cli/x.ts': `${header}const b = await import('../swarm/b.ts')\n` },
    violation: 'agent/cli/x.ts:2: agent/cli may not import agent/swarm/b.ts',
  },
  {
    title: 'a folder imports the wiring',
    files: { 'main.ts': header, 'cli/x.ts': `${header}import '../main.ts'\n` },
    violation: 'agent/cli/x.ts:2: agent/cli may not import agent/main.ts',
  },
  {
    title: 'the agent imports a test',
    files: { 'main.ts': `${header}import '../test/support/builders.ts'\n` },
    violation: 'agent/main.ts:2: agent imports nothing outside agent: test/support/builders.ts',
  },
  {
    title: 'a module stands in two files',
    files: {
      'render/x.ts': `${header}import ejs from 'ejs'\n`,
      'render/y.ts': `${header}import type ejs from 'ejs'\n`,
    },
    violation: 'agent/render/y.ts:2: ejs is imported by agent/render/x.ts already',
  },
  {
    title: 'a module stands in a folder that does not own it',
    files: { 'swarm/x.ts': `${header}import { spawn } from 'node:child_process'\n` },
    violation: 'agent/swarm/x.ts:2: node:child_process belongs into agent/haproxy',
  },
  {
    title: 'two files import each other',
    files: { 'core/x.ts': `${header}import './y.ts'\n`, 'core/y.ts': `${header}import './x.ts'\n` },
    violation: 'agent/core/y.ts:2: a cycle: agent/core/x.ts -> agent/core/y.ts -> agent/core/x.ts',
  },
  {
    title: 'a file imports itself by its types',
    files: { 'core/x.ts': `${header}import type { X } from './x.ts'\n` },
    violation: 'agent/core/x.ts:2: a cycle: agent/core/x.ts -> agent/core/x.ts',
  },
  {
    title: 'a barrel',
    files: { 'core/index.ts': `${header}export * from './a.ts'\n` },
    violation: 'agent/core/index.ts:1: index.ts does not say what the file holds',
  },
  {
    title: 'a file without a header',
    files: { 'core/x.ts': 'export const x = 1\n' },
    violation: 'agent/core/x.ts:1: a file opens with a comment: what it owns and what it refuses',
  },
  {
    title: 'a folder that nobody planned',
    files: { 'shared/x.ts': header },
    violation: 'agent/shared/x.ts:1: agent/shared is none of the folders in check-imports.ts',
  },
])('it is a violation where $title', async ({ files, violation }) => {
  expect(await check({ ...plain, ...files })).toEqual([violation])
})
