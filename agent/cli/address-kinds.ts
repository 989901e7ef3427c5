// The kinds of settings that are addresses: to listen on, to log to, to find an engine at.
// A value that passes may stand in HAProxy's files as it is. Refuses to look names up.

import { isIPv4, isIPv6 } from 'node:net'
import { fault, type Kind, socketPath, value } from './setting-kinds.ts'

const portPattern = /^[1-9]\d{0,4}$/

function isPort(text: string): boolean {
  return portPattern.test(text) && Number(text) <= 65_535
}

/** Splits at the last colon, as `[::1]:80` wants it. */
function splitPort(text: string): { readonly host: string; readonly port: string } | undefined {
  const at = text.lastIndexOf(':')
  return at < 0 ? undefined : { host: text.slice(0, at), port: text.slice(at + 1) }
}

/** An address to listen on, in the forms of HAProxy's `bind` (configuration manual, section 4.2) that need no more words. */
export const bindAddress: Kind<string> = {
  form: 'address:port or unix@/path',
  placeholder: 'address',
  parse: (text) => {
    if (text.startsWith('unix@')) {
      const parsed = socketPath.parse(text.slice('unix@'.length))
      return parsed.kind === 'value' ? value(`unix@${parsed.value}`) : parsed
    }
    const cure = bindCure(text)
    return cure === undefined ? value(text) : fault('an address and a port such as :80, or unix@/path', cure)
  },
}

function bindCure(text: string): string | undefined {
  if (/\s/.test(text)) return 'Separate addresses by commas; options of a bind line do not belong here.'
  if (isPort(text)) return `Put a colon before the port: :${text}.`
  if (text.startsWith('/')) return `Name a unix socket as unix@${text}.`
  // Two colons at least; and Node takes some 10 ms to be able to tell, which every command would pay.
  if (/:.*:/.test(text) && isIPv6(text))
    return `Put the address into brackets, and add the port: [${text}]:80.`
  const { host, port } = splitPort(text) ?? { host: text, port: undefined }
  if (port === undefined) return `Add the port: ${text}:80.`
  if (!isPort(port)) return 'A port goes from 1 to 65535.'
  if (host === '' || host === '*' || isIPv4(host)) return undefined
  if (host.startsWith('[') && host.endsWith(']')) {
    return isIPv6(host.slice(1, -1)) ? undefined : 'What stands in the brackets is no IPv6 address.'
  }
  return 'Write an IP address; a name is not looked up here.'
}

/** An address to listen on over TCP. IPv6 without brackets. */
export type TcpAddress = { readonly host: string; readonly port: number }

const loopback = '127.0.0.1'

/** Where the admin interface listens: a port alone is one on loopback, as opening it to others has to be said. */
export const adminBind: Kind<TcpAddress> = {
  form: 'a port, or address:port',
  placeholder: 'address',
  parse: (text) => {
    const expected = 'a port such as 9000, or an address and a port'
    const bare = text.startsWith(':') ? text.slice(1) : text
    if (isPort(bare)) return value({ host: loopback, port: Number(bare) })
    if (/^\d*$/.test(bare)) return fault(expected, 'A port goes from 1 to 65535.')
    if (/^(\/|unix@)/.test(text)) return fault(expected, 'A unix socket is what --admin-socket names.')
    if (text.startsWith('*')) return fault(expected, 'Write 0.0.0.0 or [::] for all addresses.')
    const cure = bindCure(text)
    const parts = splitPort(text)
    if (cure !== undefined || parts === undefined) return fault(expected, cure ?? 'Add a port.')
    return value({ host: parts.host.replace(/^\[(.*)\]$/, '$1'), port: Number(parts.port) })
  },
}

const hostName = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/

/** A host, by name or address, and a port. */
export const hostAndPort: Kind<string> = {
  form: 'host:port',
  placeholder: 'target',
  parse: (text) => {
    const expected = 'host:port'
    const parts = splitPort(text)
    if (parts === undefined || isIPv6(text))
      return fault(expected, 'Add a port, such as 10.0.0.1:514 or [fd00::1]:514.')
    if (!isPort(parts.port)) return fault(expected, 'A port goes from 1 to 65535.')
    const inner = parts.host.startsWith('[') && parts.host.endsWith(']') ? parts.host.slice(1, -1) : undefined
    const isHost = inner === undefined ? hostName.test(parts.host) : isIPv6(inner)
    return isHost
      ? value(text)
      : fault(expected, 'Write a host name, an IPv4 address, or an IPv6 address in brackets.')
  },
}

/** Where a Docker engine is, in the forms of DOCKER_HOST that Tidegate can use. */
export const dockerHost: Kind<string> = {
  form: 'unix:///path or tcp://host:port',
  placeholder: 'url',
  parse: (text) => {
    const expected = 'unix:///path or tcp://host:port'
    const [, scheme = '', rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/.exec(text) ?? []
    switch (scheme.toLowerCase()) {
      case 'unix':
        return /^\/[^\s\0]*$/.test(rest)
          ? value(text)
          : fault(expected, 'Write it as unix:///var/run/docker.sock.')
      case 'tcp':
        return /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?\/?$/.test(rest)
          ? value(text)
          : fault(expected, 'Write it as tcp://manager:2376, without a user or a path.')
      case '':
        return fault(expected, 'Begin it with unix:// or tcp://.')
      default:
        return fault(expected, `${scheme}:// is not supported; forward it to a unix socket, or use tcp://.`)
    }
  },
}
