import { expect, test } from 'vitest'
import { cutBlocks } from '../../../agent/certificates/pem-blocks.ts'

const block = (label: string, ...lines: readonly string[]) =>
  [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')

test('cuts blocks in their order, and leaves out what stands around them', () => {
  const text = `Bag Attributes\n  name: x\n${block('CERTIFICATE', 'AAAA')}\n\nsubject=CN = x\n${block('PRIVATE KEY', 'BBBB', 'CC==')}rest`
  expect(cutBlocks(text)).toEqual({
    blocks: [
      { label: 'CERTIFICATE', text: block('CERTIFICATE', 'AAAA'), hasHeaders: false },
      { label: 'PRIVATE KEY', text: block('PRIVATE KEY', 'BBBB', 'CC=='), hasHeaders: false },
    ],
    isBroken: false,
  })
})

test("writes a block without blank lines and another system's line ends", () => {
  const text = '-----BEGIN CERTIFICATE-----\r\nAAAA\r\n\r\n  BBBB\r\n-----END CERTIFICATE-----'
  expect(cutBlocks(text).blocks[0]?.text).toBe(block('CERTIFICATE', 'AAAA', 'BBBB'))
})

test('tells a key with headers', () => {
  const text = block('RSA PRIVATE KEY', 'Proc-Type: 4,ENCRYPTED', 'DEK-Info: AES-256-CBC,00', '', 'AAAA')
  expect(cutBlocks(text).blocks).toMatchObject([{ hasHeaders: true }])
})

test.for([
  { title: 'ends in the middle', text: '-----BEGIN CERTIFICATE-----\nAAAA' },
  { title: 'ends as something else', text: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END PRIVATE KEY-----' },
  { title: 'begins twice', text: '-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nAAAA' },
  { title: 'holds something else', text: block('CERTIFICATE', 'AAAA', '<<\nset server') },
])('a block that $title is broken', ({ text }) => {
  expect(cutBlocks(text).isBroken).toBe(true)
})

test('text without a block has none', () => {
  expect(cutBlocks('user:secret\n-----BEGIN-----\n')).toEqual({ blocks: [], isBroken: false })
})
