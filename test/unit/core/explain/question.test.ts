import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseQuestion } from '../../../../agent/core/explain/question.ts'

describe('a question', () => {
  test.for([
    ['http://shop.local/a', 'http', 'shop.local', undefined, '/a'],
    ['shop.local/a', undefined, 'shop.local', undefined, '/a'],
    ['shop.local', undefined, 'shop.local', undefined, '/'],
    ['  shop.local\n', undefined, 'shop.local', undefined, '/'],
    ['HTTP://Shop.Local./Cart?a=/b#c', 'http', 'shop.local', undefined, '/Cart'],
    ['https://shop.local', 'https', 'shop.local', undefined, '/'],
    ['https://shop.local:443/', 'https', 'shop.local', undefined, '/'],
    ['http://user:secret@shop.local:8080/', 'http', 'shop.local', 8080, '/'],
    ['shop.local:80', undefined, 'shop.local', 80, '/'],
    ['shop.local:8080/a', undefined, 'shop.local', 8080, '/a'],
    ['müller.local/größe', undefined, 'xn--mller-kva.local', undefined, '/gr%C3%B6%C3%9Fe'],
    ['xn--mller-kva.local', undefined, 'xn--mller-kva.local', undefined, '/'],
    ['shop.local/a/../b/./c', undefined, 'shop.local', undefined, '/b/c'],
    ['shop.local//a', undefined, 'shop.local', undefined, '//a'],
    ['[2001:DB8::1]:8080/a', undefined, '[2001:db8::1]', 8080, '/a'],
    ['http://[::1]/', 'http', '[::1]', undefined, '/'],
    ['fd00::0:1', undefined, '[fd00::1]', undefined, '/'],
    ['127.0.0.1', undefined, '127.0.0.1', undefined, '/'],
    ['*.example.com', undefined, '*.example.com', undefined, '/'],
    ['a_b.local/x', undefined, 'a_b.local', undefined, '/x'],
  ] as const)('%j is a request', ([text, scheme, host, port, path]) => {
    expect(parseQuestion(text).request).toEqual({ scheme, host, port, path })
  })

  test.for(['shop', 'shop_web', 'Shop.Web-1', 'shop.local', 'x8k2m4q9p0q1r7s3a5b6c7d8e'])(
    '%j can be a service',
    (text) => expect(parseQuestion(text).service).toBe(text),
  )

  test.for(['http://shop', 'shop/', 'shop:80', '_shop', 'müller.local', '::1'])(
    '%j cannot be a service',
    (text) => expect(parseQuestion(text)).toMatchObject({ service: undefined }),
  )

  test.for([
    ['', 'it is empty'],
    ['   ', 'it is empty'],
    ['shop local', 'it holds blanks or control characters'],
    ['shop\u001b[2J', 'it holds blanks or control characters'],
    ['ftp://shop.local', 'the scheme "ftp" is neither http nor https'],
    ['http://', 'it is neither a URL nor the name of a service'],
    ['/cart', 'it is neither a URL nor the name of a service'],
    ['shop.local:99999', 'it is neither a URL nor the name of a service'],
    ['a'.repeat(3000), 'it has 3000 characters; at most 2048 make sense'],
  ] as const)('%j is none', ([text, fault]) => {
    expect(parseQuestion(text)).toEqual({ text: text.trim(), request: undefined, service: undefined, fault })
  })

  test('is read from any text, and what is not understood is said to be so', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const { request, service, fault } = parseQuestion(text)
        expect(request === undefined && service === undefined).toBe(fault !== undefined)
        // What a map's key is made of must not hold a slash where the host ends.
        expect(request?.host ?? 'h').toMatch(/^[^/\s]+$/)
        expect(request?.path ?? '/').toMatch(/^\//)
      }),
    )
  })
})
