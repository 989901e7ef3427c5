import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backendName, ownSections } from '../../../agent/core/backend-name.ts'
import { parseHosts, parsePath } from '../../../agent/core/labels/values.ts'

test.for([
  ['demo.local', '', 'demo.local'],
  ['demo.local', '/app', 'demo.local:app'],
  ['demo.local', '/a/b', 'demo.local:a:b'],
  ['.example.com', '', '.example.com'],
  ['demo.local', '/~me', 'demo.local:::7eme'],
  ['demo.local', '/a:b', 'demo.local:a::3ab'],
  ['*', '', 'default'],
  ['*', '/app', 'default:app'],
  ['default', '', 'default.'],
  ['http', '', 'http.'],
  ['no-route', '/app', 'no-route.:app'],
] as const)('the backend of %s%s is called %s', ([host, path, name]) => {
  expect(backendName(host, path)).toBe(name)
})

const hosts = fc
  .stringMatching(/^(\*\.)?[a-z-]{1,4}(\.[a-z]{1,3})?$/)
  .filter((text) => parseHosts(text).value !== undefined)
const paths = fc
  .stringMatching(/^(\/[a-c3:~%@.+]{1,3}){0,3}$/)
  .filter((text) => parsePath(text).value === text)
const route = fc.tuple(fc.oneof(hosts, fc.constantFrom('*', 'default', ...ownSections)), paths)

test('HAProxy takes every name, and none is one of its own sections here', () => {
  fc.assert(
    fc.property(route, ([host, path]) => {
      const name = backendName(host.replace(/^\*\./, '.'), path)
      expect(name).toMatch(/^[A-Za-z0-9._:-]+$/)
      expect(ownSections).not.toContain(name)
    }),
  )
})

test('different routes get different names', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(route, { selector: (each) => each.join(), minLength: 2, maxLength: 30 }),
      (routes) => {
        const names = routes.map(([host, path]) => backendName(host.replace(/^\*\./, '.'), path))
        expect(new Set(names).size).toBe(routes.length)
      },
    ),
  )
})
