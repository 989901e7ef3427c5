import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { plain } from '../../../agent/cli/paint.ts'
import { settingKeys } from '../../../agent/cli/settings-table.ts'
import { settingsInForce, settingsLines, settingsMarkdown } from '../../../agent/cli/settings-text.ts'
import { host, tidegate } from './world.ts'

test('docs/settings.md is what `tidegate settings --markdown` prints', async () => {
  const page = readFileSync(new URL('../../../docs/settings.md', import.meta.url), 'utf8')
  expect(page, 'npm run -s tidegate -- settings --markdown > docs/settings.md').toBe(settingsMarkdown())
  expect((await tidegate(['settings', '--markdown'])).stdout).toBe(page)
})

test('the help of run lists every setting with its default', async () => {
  const { stdout } = await tidegate(['run', '--help'], { columns: 1000 })
  for (const key of settingKeys)
    expect(stdout).toMatch(new RegExp(`^  --${key} <[a-z:]+> +\\S.*; default: .+\\)$`, 'm'))
})

test('a setting in force says where it comes from', () => {
  const input = { flags: { retries: '1' }, env: { TIDEGATE_LOG_LEVEL: 'warn', DOCKER_HOST: 'tcp://m' }, host }
  const settings = settingsInForce(input)
  expect(settings.map((setting) => setting.name)).toEqual(settingKeys)
  expect(settings.filter((setting) => setting.source !== 'default')).toEqual([
    {
      name: 'docker-host',
      flag: '--docker-host',
      variable: 'TIDEGATE_DOCKER_HOST',
      value: 'tcp://m',
      source: 'DOCKER_HOST',
    },
    { name: 'retries', flag: '--retries', variable: 'TIDEGATE_RETRIES', value: '1', source: '--retries' },
    {
      name: 'log-level',
      flag: '--log-level',
      variable: 'TIDEGATE_LOG_LEVEL',
      value: 'warn',
      source: 'TIDEGATE_LOG_LEVEL',
    },
  ])
})

test('the settings in force are told by group, in columns', () => {
  const lines = settingsLines(settingsInForce({ flags: {}, env: {}, host }), plain)
  expect(lines.slice(0, 3)).toEqual([
    'Docker',
    '  docker-host         unix:///var/run/docker.sock  default',
    '  docker-timeout      10s                          default',
  ])
  expect(lines).toContain('  service-cluster     -                            default')
  expect(lines.filter((line) => line === '')).toHaveLength(8)
})
