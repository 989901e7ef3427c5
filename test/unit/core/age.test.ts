import { expect, it } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import { routingSettings, service, snapshot } from '../../support/builders.ts'

it.each([
  ['2026-01-01T00:00:00.12Z', '2026-01-01T00:00:00.123Z'],
  ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.5Z'],
  ['2026-01-01T00:00:00.999Z', '2026-01-01T00:00:01Z'],
])('%s is older than %s', (older, younger) => {
  const services = [
    service({ name: 'a', createdAt: younger, lb: { hosts: 'shop.local' } }),
    service({ name: 'b', createdAt: older, lb: { hosts: 'shop.local' } }),
  ]
  const { routing } = computeRouting(snapshot({ services }), routingSettings())
  expect(routing.backends.get('shop.local')?.services.map((each) => each.name)).toEqual(['b', 'a'])
})
