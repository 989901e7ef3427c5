// The DOCKER_* variables as one endpoint.

import { expect, test } from 'vitest'
import { isAgentError } from '../../../agent/core/errors.ts'
import { type DockerVariables, endpointText, parseEndpoint } from '../../../agent/docker/endpoint.ts'

const pem = '-----BEGIN CERTIFICATE-----\n'

/** A folder `/certs` with the given files. */
function readerOf(
  files: Readonly<Record<string, string>> = { 'ca.pem': pem, 'cert.pem': pem, 'key.pem': pem },
) {
  return (path: string) => {
    const text = new Map(Object.entries(files)).get(path.replace('/certs/', ''))
    if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`)
    return text
  }
}

const parse = (variables: DockerVariables, files?: Readonly<Record<string, string>>) =>
  parseEndpoint(variables, readerOf(files))
const tls = (verify: boolean) => ({ ca: pem, cert: pem, key: pem, verify })

test.for([
  [{}, { kind: 'unix', socketPath: '/var/run/docker.sock' }],
  [{ DOCKER_HOST: '' }, { kind: 'unix', socketPath: '/var/run/docker.sock' }],
  [{ DOCKER_HOST: 'unix:///run/x.sock' }, { kind: 'unix', socketPath: '/run/x.sock' }],
  [{ DOCKER_HOST: 'tcp://manager' }, { kind: 'tcp', host: 'manager', port: 2375, tls: undefined }],
  [{ DOCKER_HOST: 'TCP://10.0.0.1:4243/' }, { kind: 'tcp', host: '10.0.0.1', port: 4243, tls: undefined }],
  [
    { DOCKER_HOST: 'tcp://[2001:db8::1]:2375' },
    { kind: 'tcp', host: '2001:db8::1', port: 2375, tls: undefined },
  ],
  [
    { DOCKER_HOST: 'tcp://m', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs/' },
    { kind: 'tcp', host: 'm', port: 2376, tls: tls(true) },
  ],
  [
    { DOCKER_HOST: 'tcp://m:1', DOCKER_TLS_VERIFY: '', DOCKER_CERT_PATH: '/certs' },
    { kind: 'tcp', host: 'm', port: 1, tls: tls(false) },
  ],
  [
    { DOCKER_HOST: 'unix:///x', DOCKER_TLS_VERIFY: '1' },
    { kind: 'unix', socketPath: '/x' },
  ],
] as const)('%j names %j', ([variables, endpoint]) => {
  expect(parse(variables)).toEqual(endpoint)
})

test.for([
  ['ssh://root@manager', 'ssh:// is not supported', 'ssh -L'],
  ['npipe:////./pipe/docker_engine', 'npipe:// is not supported', 'tcp://'],
  ['https://manager:2376', 'https:// is not supported', 'tcp://'],
  ['manager:2375', 'no scheme', 'tcp://'],
  ['/var/run/docker.sock', 'no scheme', 'unix://'],
  ['unix://', 'no absolute path', 'unix:///var/run/docker.sock'],
  ['unix://run/docker.sock', 'no absolute path', 'unix:///var/run/docker.sock'],
  ['tcp://', 'not a host and a port', 'tcp://manager'],
  ['tcp://:2375', 'not a host and a port', 'tcp://manager'],
  ['tcp://manager:', 'not a host and a port', 'tcp://manager'],
  ['tcp://manager:http', 'not a host and a port', 'tcp://manager'],
  ['tcp://manager:0', '0 is not a port', '65535'],
  ['tcp://manager:65536', '65536 is not a port', '65535'],
  ['tcp://user:secret@manager:2375', 'not a host and a port', 'without a user'],
  ['tcp://manager:2375/v1.40', 'not a host and a port', 'path'],
  ['tcp://2001:db8::1:2375', 'not a host and a port', '['],
  ['tcp://man ager', 'not a host and a port', 'tcp://manager'],
])('refuses DOCKER_HOST=%s: %s', ([host, message, hint]) => {
  expect(() => parse({ DOCKER_HOST: host })).toThrow(message)
  expect(hintOf(() => parse({ DOCKER_HOST: host }))).toContain(hint)
})

test.for([
  [{ DOCKER_TLS_VERIFY: '1' }, undefined, 'DOCKER_CERT_PATH is not'],
  [
    { DOCKER_CERT_PATH: '/certs' },
    { 'ca.pem': pem, 'cert.pem': pem },
    '/certs/key.pem cannot be read: ENOENT',
  ],
  [{ DOCKER_CERT_PATH: '/certs' }, {}, '/certs/ca.pem cannot be read'],
  [
    { DOCKER_CERT_PATH: '/certs' },
    { 'ca.pem': '', 'cert.pem': pem, 'key.pem': pem },
    '/certs/ca.pem holds no PEM block',
  ],
] as const)('refuses %j with files %j: %s', ([variables, files, message]) => {
  const all = { DOCKER_HOST: 'tcp://m', ...variables }
  expect(() => parse(all, files)).toThrow(message)
  expect(hintOf(() => parse(all, files))).toContain('ca.pem')
})

function hintOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (isAgentError(error, 'settings-invalid')) return error.hint
    throw error
  }
  return ''
}

test.for(['unix:///run/x.sock', 'tcp://manager:2375', 'tcp://[2001:db8::1]:2375'])(
  'writes %s as it was given',
  (text) => {
    expect(endpointText(parse({ DOCKER_HOST: text }))).toBe(text)
  },
)
