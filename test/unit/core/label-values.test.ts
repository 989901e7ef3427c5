// What each parser accepts. What it refuses stands in bad-labels.test.ts.

import { expect, test } from 'vitest'
import {
  parseBoolean,
  parseHosts,
  parseMode,
  parseName,
  parsePath,
  parsePort,
} from '../../../agent/core/labels/values.ts'

test.for([
  ['demo.local', ['demo.local']],
  ['demo.local,www.demo.local', ['demo.local', 'www.demo.local']],
  [' b.local ,\ta.local,', ['b.local', 'a.local']],
  ['Demo.LOCAL', ['demo.local']],
  ['demo.local.', ['demo.local']],
  ['a.local,b.local,A.local', ['a.local', 'b.local']],
  ['*.example.com', ['.example.com']],
  ['localhost', ['localhost']],
  ['10.0.0.1', ['10.0.0.1']],
  ['my_service.local', ['my_service.local']],
  ['xn--bcher-kva.local', ['xn--bcher-kva.local']],
  [`${'a'.repeat(63)}.local`, [`${'a'.repeat(63)}.local`]],
] as const)('hosts %j are %j', ([text, hosts]) => {
  expect(parseHosts(text)).toEqual({ value: hosts, faults: [] })
})

test('of several hosts the good ones are kept, and each bad one has its own fault', () => {
  const { value, faults } = parseHosts('a.local,http://b.local,c.local,d e')
  expect(value).toEqual(['a.local', 'c.local'])
  expect(faults.map((fault) => fault.found)).toEqual(['"http://b.local"', '"d e"'])
})

test.for([
  ['1', 1],
  [' 8080 ', 8080],
  ['00080', 80],
  ['65535', 65_535],
] as const)('port %j is %d', ([text, port]) => {
  expect(parsePort(text)).toEqual({ value: port, faults: [] })
})

test.for([
  ['true', true],
  ['True', true],
  ['1', true],
  ['t', true],
  ['false', false],
  [' FALSE ', false],
  ['0', false],
  ['f', false],
] as const)('boolean %j is %s', ([text, value]) => {
  expect(parseBoolean(text)).toEqual({ value, faults: [] })
})

test.for([
  ['task', 'task'],
  ['TASK ', 'task'],
  ['default', 'task'],
  ['vip', 'vip'],
  ['VIP', 'vip'],
] as const)('backend mode %j is %s', ([text, value]) => {
  expect(parseMode(text)).toEqual({ value, faults: [] })
})

test.for([
  ['', ''],
  ['/', ''],
  ['/app', '/app'],
  ['/app/', '/app'],
  [' /app//', '/app'],
  ['/a/b-c_d.e~f', '/a/b-c_d.e~f'],
  ['/%C3%A4', '/%C3%A4'],
  ['/.well-known', '/.well-known'],
  ['/App', '/App'],
] as const)('path %j is %j', ([text, value]) => {
  expect(parsePath(text)).toEqual({ value, faults: [] })
})

test.for([
  ['', ''],
  [' demo ', 'demo'],
  ['stack_demo-1.net', 'stack_demo-1.net'],
  ['d'.repeat(128), 'd'.repeat(128)],
] as const)('name %j is %j', ([text, value]) => {
  expect(parseName(text)).toEqual({ value, faults: [] })
})
