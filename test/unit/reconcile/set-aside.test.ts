import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import type { Routing } from '../../../agent/core/routing.ts'
import { fileNames } from '../../../agent/core/settings.ts'
import type { Files } from '../../../agent/reconcile/ports.ts'
import { findCulprits } from '../../../agent/reconcile/set-aside.ts'
import { rendererFor, service, snapshot } from '../../support/builders.ts'

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
const routing = computeRouting(snapshot({ services: names.map((name) => service({ name })) }), {
  serviceCluster: '',
  isTlsOn: true,
}).routing

/** A trial in which HAProxy refuses whatever holds one of these texts, and says no line. */
function trial(...refused: readonly string[]) {
  let checks = 0
  return {
    checks: () => checks,
    render: (given: Routing) => rendererFor().render(given),
    configFile: fileNames.config,
    check: async (files: Files) => {
      checks += 1
      const config = files.get(fileNames.config) ?? ''
      return refused.some((text) => config.includes(text))
        ? [{ line: undefined, section: undefined, text: 'no' }]
        : []
    },
  }
}

test('a fault with a line tells at once', async () => {
  const config = rendererFor().render(routing).get(fileNames.config) ?? ''
  const line = config.split('\n').indexOf('backend c.local') + 1
  const it = trial()
  expect([...(await findCulprits(routing, [{ line, section: undefined, text: 'bad' }], it))]).toEqual([
    ['id-c', 'bad'],
  ])
  expect(it.checks()).toBe(0)
})

test.for(names)('a fault without a line is found by halving: service %s', async (name) => {
  const it = trial(`backend ${name}.local`)
  const faults = [{ line: undefined, section: undefined, text: 'bad' }]
  expect([...(await findCulprits(routing, faults, it))]).toEqual([[`id-${name}`, 'bad']])
  expect(it.checks()).toBeLessThanOrEqual(1 + Math.ceil(Math.log2(names.length)))
})

test('where the configuration is refused even without services, no service is blamed', async () => {
  const it = trial('global')
  await expect(
    findCulprits(routing, [{ line: 3, section: undefined, text: 'bad bind' }], it),
  ).rejects.toMatchObject({
    code: 'config-rejected',
    message: 'HAProxy refuses the configuration: no',
  })
})

test('where there are no services, nobody can be blamed', async () => {
  const nothing: Routing = {
    backends: new Map(),
    certificates: new Map(),
    redirects: new Map(),
    problems: [],
  }
  await expect(
    findCulprits(nothing, [{ line: undefined, section: undefined, text: 'odd' }], trial()),
  ).rejects.toMatchObject({
    code: 'config-rejected',
    message: 'HAProxy refuses the configuration: odd',
  })
})
