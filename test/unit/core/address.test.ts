import { expect, test } from 'vitest'
import { formatAddress, isIpv4, isIpv6, preferredAddress } from '../../../agent/core/address.ts'

test.for(['0.0.0.0', '10.0.1.7', '192.0.2.255', '255.255.255.255'])('%s is IPv4', (text) => {
  expect([isIpv4(text), isIpv6(text)]).toEqual([true, false])
})

test.for(['::', '::1', 'fd00::a:1', 'FE80::1', '::ffff:10.0.1.7', '2001:db8:0:0:0:0:0:1'])(
  '%s is IPv6',
  (text) => {
    expect([isIpv4(text), isIpv6(text)]).toEqual([false, true])
  },
)

test.for([
  '',
  '10.0.1',
  '10.0.1.7.',
  '10.0.1.256',
  '10.0.1.7/24',
  ' 10.0.1.7',
  '10.0.1.7\n',
  'web.local',
  'fd00::1%eth0',
  '[fd00::1]',
  'fd00::1\n',
  `${'0:'.repeat(30)}1`,
])('%j is no address', (text) => {
  expect([isIpv4(text), isIpv6(text)]).toEqual([false, false])
})

test.for([
  { among: ['fd00::1', '10.0.1.7'], chosen: '10.0.1.7' },
  { among: ['10.0.1.8', '10.0.1.7'], chosen: '10.0.1.8' },
  { among: ['web.local', 'fd00::1'], chosen: 'fd00::1' },
  { among: ['web.local', ''], chosen: undefined },
  { among: [], chosen: undefined },
])('of $among the edge takes $chosen', ({ among, chosen }) => {
  expect(preferredAddress(among)).toBe(chosen)
})

test('an IPv6 address stands in brackets before its port', () => {
  expect(formatAddress('10.0.1.7', 80)).toBe('10.0.1.7:80')
  expect(formatAddress('fd00::1', 80)).toBe('[fd00::1]:80')
})
