import { expect, test } from 'vitest'
import { createAddressSpace, createPool } from '../../sim/addresses.ts'

test('gives two simulators that run at the same time different addresses', async () => {
  await using one = await createAddressSpace()
  await using other = await createAddressSpace()
  const subnets = await Promise.all([one.createPool(24), one.createPool(24), other.createPool(24)])
  expect(new Set(subnets.map((pool) => pool.subnet)).size).toBe(3)
  expect(one.nodeAddress(0)).not.toBe(other.nodeAddress(0))
})

test('takes another block when the first has no room for a large network', async () => {
  await using space = await createAddressSpace()
  const [first, second] = [await space.createPool(17), await space.createPool(17)]
  expect(first.subnet.split('.')[1]).not.toBe(second.subnet.split('.')[1])
})

test('says when a subnet is used up, and hands a freed address out again', () => {
  const pool = createPool('127.40.1.0', 29)
  const taken = Array.from({ length: 5 }, pool.take)
  expect(taken).toEqual(['2', '3', '4', '5', '6'].map((last) => `127.40.1.${last}/29`))
  expect(pool.take()).toBeUndefined()
  pool.release('127.40.1.4/29')
  expect(pool.take()).toBe('127.40.1.4/29')
})

test('hands a freed address out as late as possible', () => {
  const pool = createPool('127.40.1.0', 29)
  pool.release(pool.take() ?? '')
  expect(pool.take()).toBe('127.40.1.3/29')
})
