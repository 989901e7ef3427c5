import { expect, test } from 'vitest'
import { createVault } from '../../../agent/certificates/vault.ts'

function world(bytesMax = 1000) {
  const clock = { nowMs: 0 }
  const vault = createVault(bytesMax, () => clock.nowMs)
  vault.put('c1', { chain: 'chain\n', key: undefined })
  vault.put('k1', { chain: undefined, key: 'key\n' })
  return { clock, vault, pem: () => vault.pem('c1', 'k1')?.toString() }
}

test('puts a chain and its key together, from one file or from two', () => {
  const { vault, pem } = world()
  vault.put('both', { chain: 'chain of both\n', key: 'key of both\n' })
  expect(pem()).toBe('chain\nkey\n')
  expect(vault.pem('both', 'both')?.toString()).toBe('chain of both\nkey of both\n')
  expect(vault.pem('both', 'k1')?.toString()).toBe('chain of both\nkey\n')
})

test('gives nothing where a half is missing', () => {
  const { vault } = world()
  expect(vault.pem('c1', 'c1')).toBeUndefined()
  expect(vault.pem('k1', 'k1')).toBeUndefined()
  expect(vault.pem('c1', 'gone')).toBeUndefined()
})

test('what no file holds any more is there for a minute', () => {
  const { clock, vault, pem } = world()
  vault.sweep(new Set())
  clock.nowMs = 59_000
  vault.sweep(new Set())
  vault.put('c2', { chain: 'other\n', key: undefined })
  expect(vault.bytes()).toBe(16)
  clock.nowMs = 60_000
  vault.sweep(new Set(['c2']))
  expect(pem()).toBeUndefined()
  expect(vault.bytes()).toBe(6)
})

test('what was handed out stays until another is said to be in use', () => {
  const { clock, vault, pem } = world()
  expect(pem()).toBeDefined()
  for (clock.nowMs of [0, 3_600_000]) vault.sweep(new Set())
  expect(pem()).toBeDefined()
  vault.retain(['k1'])
  for (clock.nowMs of [3_600_000, 7_200_000]) vault.sweep(new Set())
  expect(pem()).toBeUndefined()
  expect(vault.bytes()).toBe(4)
})

test('a file that comes back within the minute counts as never gone', () => {
  const { clock, vault, pem } = world()
  vault.sweep(new Set())
  clock.nowMs = 50_000
  vault.sweep(new Set(['c1', 'k1']))
  clock.nowMs = 70_000
  vault.sweep(new Set())
  expect(pem()).toBeDefined()
})

test('takes no more bytes than there is room for, and the same ones twice', () => {
  const { vault } = world(12)
  expect(vault.put('c2', { chain: '123', key: undefined })).toBe(false)
  expect(vault.put('c1', { chain: 'chain\n', key: undefined })).toBe(true)
  expect(vault.put('c3', { chain: '12', key: undefined })).toBe(true)
  expect(vault.bytes()).toBe(12)
})
