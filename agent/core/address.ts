// IP addresses as text: telling them apart, comparing them, writing them for HAProxy.
// Refuses names: HAProxy never resolves anything here.

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$/
const ipv6 = /^[0-9a-f:]+(?:\d+\.\d+\.\d+\.\d+)?$/i

/** True for a plain IPv4 address. */
export function isIpv4(text: string): boolean {
  return ipv4.test(text) && !text.endsWith('.')
}

/** True for what can only be an IPv6 address, without brackets or zone. */
export function isIpv6(text: string): boolean {
  return text.includes(':') && text.length <= 45 && ipv6.test(text)
}

/** Prefers IPv4, as Swarm's own VIPs do; undefined where none of the texts is an address. */
export function preferredAddress(addresses: readonly string[]): string | undefined {
  return addresses.find(isIpv4) ?? addresses.find(isIpv6)
}

/** `10.0.0.1:80`, or `[fd00::1]:80`. */
export function formatAddress(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
