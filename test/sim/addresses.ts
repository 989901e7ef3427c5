// Loopback addresses for networks, tasks, VIPs and nodes: 127.32.0.0/11, in /16 blocks.
// Owns the claim of blocks, so that simulators that run at the same time (also in other processes) never meet, and the
// handing out of addresses. Refuses IPv6: Linux has only one loopback address there.

import { createServer, type Server } from 'node:net'

export type AddressSpace = AsyncDisposable & {
  /** The address of the n-th node. */
  readonly nodeAddress: (index: number) => string
  /** A free subnet of the given prefix length, 16 to 30. */
  readonly createPool: (prefixLength: number) => Promise<Pool>
}

/** The addresses of one subnet. They are handed out in turn, so a freed one comes back as late as possible (as in Swarm). */
export type Pool = {
  readonly subnet: string
  readonly gateway: string
  /** A free address in CIDR notation; undefined when the subnet is used up. */
  readonly take: () => string | undefined
  readonly release: (cidr: string) => void
}

const firstBlock = 32
const blocks = 32
/** Holding this port on a block's first address is the claim on the block; the kernel frees it with the process. */
const claimPort = 2377

export async function createAddressSpace(): Promise<AddressSpace> {
  const claims: Server[] = []
  const claimBlock = async (): Promise<number> => {
    for (let block = firstBlock; block < firstBlock + blocks; block += 1) {
      const claim = await tryClaim(`127.${block}.0.1`)
      if (claim === undefined) continue
      claims.push(claim)
      return toNumber(`127.${block}.0.0`)
    }
    throw new Error(
      `all ${blocks} blocks of 127.${firstBlock}.0.0/11 are in use; is an old simulator still running?`,
    )
  }
  const home = await claimBlock()
  // The first /24 belongs to the nodes.
  const state = { next: home + 256, end: home + 65_536 }
  return {
    nodeAddress: (index) => toText(home + 10 + index),
    createPool: async (prefixLength) => {
      const size = 2 ** (32 - prefixLength)
      let base = Math.ceil(state.next / size) * size
      if (base + size > state.end) {
        base = await claimBlock()
        state.end = base + 65_536
      }
      state.next = base + size
      return createPool(toText(base), prefixLength)
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(claims.map((claim) => new Promise((resolve) => claim.close(resolve))))
    },
  }
}

/** The pool of a subnet given by address and prefix length; it makes no claim. */
export function createPool(address: string, prefixLength: number): Pool {
  const size = 2 ** (32 - prefixLength)
  const base = toNumber(address)
  // Network, gateway and broadcast addresses are not handed out.
  const usable = size - 3
  const used = new Set<number>()
  let cursor = 0
  return {
    subnet: `${toText(base)}/${prefixLength}`,
    gateway: toText(base + 1),
    take: () => {
      if (used.size >= usable) return undefined
      while (used.has(cursor)) cursor = (cursor + 1) % usable
      const offset = cursor
      used.add(offset)
      cursor = (cursor + 1) % usable
      return `${toText(base + 2 + offset)}/${prefixLength}`
    },
    release: (cidr) => used.delete(toNumber(plainAddress(cidr)) - base - 2),
  }
}

/** `127.32.1.5/24` to `127.32.1.5`. */
export function plainAddress(cidr: string): string {
  return cidr.slice(0, cidr.indexOf('/'))
}

function tryClaim(host: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', () => resolve(undefined))
    server.listen({ host, port: claimPort, exclusive: true }, () => resolve(server.unref()))
  })
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

function toText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}
