// IP addresses as text: telling them apart, comparing them, writing them for HAProxy.
// Refuses names: HAProxy never resolves anything here.

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$/
const ipv6 = /^[0-9a-f:.]{2,45}$/i

/** True for a plain IPv4 address. */
export function isIpv4(text: string): boolean {
  return ipv4.test(text) && !text.endsWith('.')
}

/**
 * An IPv6 address, given without brackets or zone, in the one form in which HAProxy reports it (RFC 5952).
 * Undefined for any other text.
 */
export function canonicalIpv6(text: string): string | undefined {
  if (!text.includes(':') || !ipv6.test(text)) return undefined
  try {
    return new URL(`http://[${text}]/`).hostname.slice(1, -1)
  } catch {
    return undefined
  }
}

/** True for an IPv6 address, without brackets or zone. */
export function isIpv6(text: string): boolean {
  return canonicalIpv6(text) !== undefined
}

/** Prefers IPv4, as Swarm's own VIPs do; undefined where none of the texts is an address. */
export function preferredAddress(addresses: readonly string[]): string | undefined {
  return addresses.find(isIpv4) ?? addresses.map(canonicalIpv6).find((address) => address !== undefined)
}

/** `10.0.0.1:80`, or `[fd00::1]:80`. */
export function formatAddress(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
