// How the text of a label becomes a list of addresses and networks.
// Refuses names: HAProxy never resolves anything here.

import { canonicalIpv6, isIpv4 } from '../address.ts'
import { limits } from '../settings.ts'
import { quote } from '../text.ts'
import { bad, type Fault, type Parsed } from './values.ts'

/** A comma list of addresses and networks, IPv4 and IPv6, in the order given, each once. */
export function parseNetworks(text: string): Parsed<readonly string[]> {
  const parts = text.split(',', limits.addressesPerList + 1).map((part) => part.trim())
  const expected = 'a comma list of addresses and networks'
  const given = parts.filter((part) => part !== '')
  if (given.length > limits.addressesPerList) {
    return bad(
      `${text.slice(0, 40)}...`,
      `at most ${limits.addressesPerList} of them`,
      'Name whole networks.',
    )
  }
  if (given.length === 0) return bad(text, expected, 'Write for example 10.0.0.0/8,192.0.2.7.')
  const networks = new Set<string>()
  const faults: Fault[] = []
  for (const part of given) {
    const network = networkOf(part)
    if (network !== undefined) networks.add(network)
    else {
      const found = quote(part)
      faults.push({
        found,
        expected: 'an address or a network',
        hint: 'Write it as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32.',
      })
    }
  }
  return { value: networks.size === 0 ? undefined : [...networks], faults }
}

function networkOf(text: string): string | undefined {
  const [, address = '', , bits] = /^([0-9a-fA-F.:]{2,45})(\/(\d{1,3}))?$/.exec(text) ?? []
  const canonical = isIpv4(address) ? address : canonicalIpv6(address)
  if (canonical === undefined) return undefined
  if (bits === undefined) return canonical
  return Number(bits) <= (canonical.includes(':') ? 128 : 32) ? `${canonical}/${Number(bits)}` : undefined
}
