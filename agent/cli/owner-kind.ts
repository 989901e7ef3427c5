// The kind of the setting that says which services may claim which hosts.
// Refuses to apply it (core/host-owners.ts).

import { parseHosts } from '../core/labels/values.ts'
import type { HostOwner } from '../core/settings.ts'
import { fault, type Kind, type Parsed, value } from './setting-kinds.ts'

const rulesMax = 1000
const form = 'rules such as *.shop.example.com=shop_*, separated by semicolons'

/** `hosts=services` pairs, separated by semicolons or lines; several services of one by commas. */
export const hostOwners: Kind<readonly HostOwner[]> = {
  form: `nothing, or ${form}`,
  placeholder: 'rules',
  parse: (text) => {
    const rules = text
      .split(/[;\n]/)
      .map((rule) => rule.trim())
      .filter((rule) => rule !== '')
    if (rules.length > rulesMax) return fault(form, `There may be ${rulesMax} of them; use more wildcards.`)
    const owners: HostOwner[] = []
    for (const rule of rules) {
      const parsed = parseRule(rule)
      if (parsed.kind === 'fault') return parsed
      if (owners.some(({ hosts }) => hosts === parsed.value.hosts))
        return fault(form, `Say ${parsed.value.hosts} once, with all its services: a=b,c.`)
      owners.push(parsed.value)
    }
    return value(owners)
  },
}

function parseRule(rule: string): Parsed<HostOwner> {
  const [written = '', services = '', ...more] = rule.split('=').map((part) => part.trim())
  const names = services.split(',').map((name) => name.trim())
  if (more.length > 0 || !names.every((name) => /^[A-Za-z0-9_.*-]{1,128}$/.test(name)))
    return fault(form, `Behind the = stand names of services, with * for any letters: ${shown(rule)}.`)
  const hosts = written === '*' ? '*' : hostOf(written)
  if (hosts === undefined)
    return fault(form, `Before the = stands a host, *.host for all below it, or * for all: ${shown(rule)}.`)
  return value({ hosts, services: names })
}

function hostOf(text: string): string | undefined {
  const [host, ...others] = parseHosts(text).value ?? []
  if (host === undefined || others.length > 0 || text.includes(',')) return undefined
  return host.startsWith('.') ? `*${host}` : host
}

const shown = (rule: string) => JSON.stringify(rule.length > 60 ? `${rule.slice(0, 60)}…` : rule)
