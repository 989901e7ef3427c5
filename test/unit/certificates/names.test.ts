import { expect, test } from 'vitest'
import { dnsNames } from '../../../agent/certificates/names.ts'

test.for<{ readonly title: string; readonly alternative?: string; readonly names: readonly string[] }>([
  {
    title: 'names and wildcards, sorted, in lower case, each once',
    alternative: 'DNS:Demo.Local, DNS:*.example.com, DNS:demo.local',
    names: ['*.example.com', 'demo.local'],
  },
  {
    title: 'addresses, mails and URIs among them',
    alternative: 'IP Address:10.0.0.1, DNS:demo.local, email:a@b.c, URI:http://x.y/',
    names: ['demo.local'],
  },
  {
    title: 'a name that would be read as several',
    alternative: 'DNS:"one.local, DNS:two.local", DNS:three.local',
    names: ['three.local'],
  },
  {
    title: 'a quote within a quoted name',
    alternative: 'DNS:"a\\", DNS:two.local", DNS:three.local',
    names: ['three.local'],
  },
  {
    title: 'wildcards that nobody heeds',
    alternative: 'DNS:*, DNS:w*.local, DNS:a.*.local, DNS:*.*.local, DNS:*.local',
    names: ['*.local'],
  },
  { title: 'no alternative name: the common name', names: ['common.local'] },
  {
    title: 'alternative names, none of them a DNS name: the common name',
    alternative: 'IP Address:10.0.0.1',
    names: ['common.local'],
  },
  { title: 'what makes no sense', alternative: ',,;"DNS:x.local', names: ['common.local'] },
])('$title', ({ alternative, names }) => {
  const subject = 'O=Shop\nCN=Common.Local'
  expect(dnsNames({ subjectAltName: alternative, subject })).toEqual(names)
})
