// What the parsers of options let through, and as what; what they refuse stands in bad-labels.test.ts.

import { expect, test } from 'vitest'
import { parseHostHeader, parseRequestPath } from '../../../agent/core/labels/choice-values.ts'
import { parseHeader, parseHsts } from '../../../agent/core/labels/header-values.ts'
import {
  parseNginxTime,
  parseRate,
  parseSize,
  parseStatuses,
  parseTime,
} from '../../../agent/core/labels/measure-values.ts'
import { parseNetworks } from '../../../agent/core/labels/network-values.ts'

const time = parseTime({ least: 1, most: 86_400_000 })

test.for([
  ['1ms', 1],
  ['30s', 30_000],
  ['5M', 300_000],
  [' 2h ', 7_200_000],
  ['1d', 86_400_000],
] as const)('a time %j is %d ms', ([text, value]) => {
  expect(time(text)).toEqual({ value, faults: [] })
})

test.for([
  ['10', 10_000],
  ['0', 0],
  ['10s', 10_000],
  ['1m30s', 90_000],
  ['1m 30s', 90_000],
  ['500ms', 500],
  ['1d', 86_400_000],
] as const)("nginx's time %j is %d ms", ([text, value]) => {
  expect(parseNginxTime(text)).toEqual({ value, faults: [] })
})

test.for([
  ['1', 1],
  ['512k', 524_288],
  ['10m', 10_485_760],
  ['10MB', 10_485_760],
  ['1024g', 1_099_511_627_776],
] as const)('a size %j is %d bytes', ([text, value]) => {
  expect(parseSize(text)).toEqual({ value, faults: [] })
})

test.for([
  ['100/s', { requests: 100, periodMs: 1000 }],
  ['600 / 10m', { requests: 600, periodMs: 600_000 }],
  ['1/1d', { requests: 1, periodMs: 86_400_000 }],
] as const)('a rate %j is %j', ([text, value]) => {
  expect(parseRate(text)).toEqual({ value, faults: [] })
})

test.for([
  ['200', '200'],
  ['200-399', '200-399'],
  [' 200, 204 ,300-301', '200,204,300-301'],
] as const)('statuses %j are written %j', ([text, value]) => {
  expect(parseStatuses(text)).toEqual({ value, faults: [] })
})

test.for([
  ['10.0.0.1', ['10.0.0.1']],
  ['10.0.0.0/8, 192.0.2.7 ,10.0.0.0/8,', ['10.0.0.0/8', '192.0.2.7']],
  ['2001:DB8:0:0::1,2001:db8::/032', ['2001:db8::1', '2001:db8::/32']],
  ['0.0.0.0/0,::/0', ['0.0.0.0/0', '::/0']],
  ['::ffff:192.0.2.1', ['::ffff:c000:201']],
] as const)('networks %j are written %j', ([text, value]) => {
  expect(parseNetworks(text)).toEqual({ value, faults: [] })
})

test('of a list of networks each that is at fault is told, and the others hold', () => {
  const { value, faults } = parseNetworks('10.0.0.1,x,10.0.0.256,10.0.0.2')
  expect(value).toEqual(['10.0.0.1', '10.0.0.2'])
  expect(faults.map(({ found }) => found)).toEqual(['"x"', '"10.0.0.256"'])
})

test.for([
  ['31536000', 'max-age=31536000'],
  ['0', 'max-age=0'],
  ['31536000; includesubdomains; PRELOAD', 'max-age=31536000; includeSubDomains; preload'],
  ['31536000,preload', 'max-age=31536000; preload'],
] as const)('hsts %j is %j', ([text, value]) => {
  expect(parseHsts(text)).toEqual({ value, faults: [] })
})

test('a header has each printable character, and none where its value is empty', () => {
  const all = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
  expect(parseHeader('X-All', all).value).toEqual({ name: 'X-All', value: all.trim() })
  expect(parseHeader('x_b', '  ').value).toEqual({ name: 'x_b' })
})

test.for(['Host', 'CONNECTION', 'content-length', 'Transfer-Encoding', 'TE', 'Upgrade', 'Keep-Alive'])(
  'the header %s is nobody else’s to set',
  (name) => {
    expect(parseHeader(name, 'x').value).toBeUndefined()
  },
)

test('a path to ask for may have a query, a host a port', () => {
  expect(parseRequestPath(' /health?a=1&b=%20 ').value).toBe('/health?a=1&b=%20')
  expect(parseHostHeader('Demo.Local:8080').value).toBe('demo.local:8080')
})
