import { expect, test } from 'vitest'
import { capabilitiesOf, parseVersion } from '../../../agent/haproxy/capabilities.ts'

test.for([
  ['3.0.11-1+deb13u4', 3, 0],
  ['3.2.26-1', 3, 2],
  ['3.5-dev5-1a2b3c', 3, 5],
  ['10.1.0', 10, 1],
] as const)('%s is version %i.%i', ([text, major, minor]) => {
  expect(parseVersion(text)).toEqual({ text, major, minor })
})

test.for(['', 'HAProxy 3.0', '3', 'nginx/1.2'])('"%s" is no version', (text) => {
  expect(() => parseVersion(text)).toThrow(`HAProxy reports its version as "${text}"`)
})

test.for(['2.6.12-1+deb12u4', '2.9.9', '1.8'])('%s is refused with the reason', (text) => {
  expect(() => capabilitiesOf(parseVersion(text))).toThrow(
    expect.objectContaining({
      code: 'haproxy-too-old',
      message: `HAProxy ${text} is too old: 3.0 or later is needed`,
      hint: expect.stringContaining('del server'),
    }),
  )
})

test('each branch can do what came with it and before it', () => {
  const able = (text: string) =>
    Object.entries(capabilitiesOf(parseVersion(text))).flatMap(([name, has]) => (has ? name : []))
  expect(able('3.0.11')).toEqual([])
  expect(able('3.2.26')).toEqual(['initState'])
  expect(able('3.3.0')).toEqual(['initState', 'idleConnectionsCloseLater', 'mapChangesNeedAdmin'])
  expect(able('3.4.7')).toHaveLength(6)
  expect(able('4.0.0')).toHaveLength(6)
})
