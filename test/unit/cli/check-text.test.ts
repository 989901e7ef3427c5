import { expect, test } from 'vitest'
import { checkedOf, checkLines, isAtFault } from '../../../agent/cli/check-text.ts'
import { plain } from '../../../agent/cli/paint.ts'
import { computeRouting } from '../../../agent/core/desired.ts'
import type { Snapshot } from '../../../agent/core/snapshot.ts'
import { routingSettings } from '../../support/builders.ts'
import { service, swarm } from './world.ts'

function check(snapshot: Snapshot) {
  const { routing } = computeRouting(snapshot, routingSettings())
  return checkedOf(routing, snapshot.services.length)
}

const good = service('shop', { hosts: 'shop.local', port: '80' })
const warned = service('api', { hosts: 'api.local', port: '80', prot: '80' })

test('each problem is told with label, value, expectation and cure, and all are summed up', () => {
  expect(checkLines(check(swarm({ services: [...swarm().services, warned] })), plain)).toEqual([
    'warning  api  com.docker.lb.prot',
    '  found     the label "com.docker.lb.prot"',
    '  expected  a label that Tidegate knows',
    '  cure      Did you mean com.docker.lb.port?',
    '',
    'error  blog  com.docker.lb.port',
    '  found     "80a"',
    '  expected  a port from 1 to 65535',
    '  cure      Write digits only, for example 8080.',
    '',
    '3 services, 2 published, 2 problems (1 error, 1 warning)',
  ])
})

test('without problems there is one line', () => {
  expect(checkLines(check(swarm({ services: [good] })), plain)).toEqual([
    '1 service, 1 published, no problems',
  ])
})

test('a service on several backends is published once', () => {
  const canary = service('canary', { hosts: 'shop.local', port: '80' })
  const wide = service('wide', { hosts: 'shop.local,wide.local', port: '80' })
  expect(check(swarm({ services: [good, canary, wide] })).published).toEqual(['canary', 'shop', 'wide'])
})

test('a warning is at fault only where the check is strict', () => {
  const checked = check(swarm({ services: [warned] }))
  expect([isAtFault(checked, false), isAtFault(checked, true)]).toEqual([false, true])
})

test('an error is at fault in any case', () => {
  expect(isAtFault(check(swarm()), false)).toBe(true)
})
