import { expect, test } from 'vitest'
import { createRouteTable, matchRoute } from '../../../../agent/core/explain/route-table.ts'

const table = createRouteTable(
  new Map(
    Object.entries({
      shop: { routes: ['shop.local/'] },
      cart: { routes: ['shop.local/cart/'] },
      any: { routes: ['.shop.local/'] },
      api: { routes: ['.shop.local/api/'] },
      rest: { routes: ['*/rest/'] },
    }),
  ),
)

test.for([
  ['shop.local', '/', 'shop'],
  ['shop.local', '/cart', 'cart'],
  ['shop.local', '/cart/', 'cart'],
  ['shop.local', '/cart/1', 'cart'],
  ['shop.local', '/carton', 'shop'],
  ['shop.local', '/Cart', 'shop'],
  ['shop.local', '//cart', 'shop'],
  ['a.shop.local', '/', 'any'],
  ['a.shop.local', '/api/v1', 'api'],
  ['*.shop.local', '/', 'any'],
  ['a.b.shop.local', '/', undefined],
  ['.shop.local', '/', 'any'],
  ['elsewhere', '/rest/1', 'rest'],
  ['elsewhere', '/', undefined],
  ['local', '/', undefined],
  ['xshop.local', '/', undefined],
  ['[::1]', '/rest', 'rest'],
] as const)('%s%s leads to %s', ([host, path, backend]) => {
  expect(matchRoute(table, host, path)?.backend).toBe(backend)
})

test('the rule is told as the label writes it', () => {
  expect(matchRoute(table, 'a.shop.local', '/api/v1')?.rule).toEqual({
    kind: 'wildcard',
    host: '*.shop.local',
    path: '/api',
  })
  expect(matchRoute(table, 'elsewhere', '/rest')?.rule).toEqual({ kind: 'default', host: '*', path: '/rest' })
})
