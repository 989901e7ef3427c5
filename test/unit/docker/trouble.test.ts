// What is said about an engine in trouble, and what to do.

import { expect, test } from 'vitest'
import { DeadlineError } from '../../../agent/docker/deadline.ts'
import { badReply, troubleOfSocket, troubleOfStatus } from '../../../agent/docker/trouble.ts'

const unix = { kind: 'unix', socketPath: '/run/d.sock' } as const
const tcp = { kind: 'tcp', host: 'manager', port: 2376, tls: undefined } as const
const failing = (code: string) => Object.assign(new Error(`connect ${code}`), { code })

test.for([
  [unix, 'ENOENT', 'docker-unreachable', 'no such socket', '-v /run/d.sock:/run/d.sock:ro'],
  [unix, 'EACCES', 'docker-refused', 'permission', '--group-add'],
  [unix, 'ECONNREFUSED', 'docker-unreachable', 'nothing listens', 'Start the engine'],
  [unix, 'ECONNRESET', 'docker-unreachable', 'the connection broke off', 'tried again'],
  [unix, 'EMFILE', 'docker-unreachable', 'EMFILE', 'tried again'],
  [tcp, 'ECONNREFUSED', 'docker-unreachable', 'nothing listens', 'DOCKER_HOST'],
  [tcp, 'ENOTFOUND', 'docker-unreachable', 'does not resolve', 'DOCKER_HOST'],
  [tcp, 'EHOSTUNREACH', 'docker-unreachable', 'cannot be reached', 'firewall'],
  [tcp, 'HPE_INVALID_CONSTANT', 'docker-unreachable', 'does not speak HTTP', 'DOCKER_TLS_VERIFY'],
  [tcp, 'DEPTH_ZERO_SELF_SIGNED_CERT', 'docker-refused', 'TLS handshake failed', 'ca.pem'],
  [tcp, 'CERT_HAS_EXPIRED', 'docker-refused', 'CERT_HAS_EXPIRED', 'expired'],
  [tcp, 'ERR_TLS_CERT_ALTNAME_INVALID', 'docker-refused', 'TLS', 'names this host'],
] as const)('of %o, %s is %s', ([endpoint, code, expected, message, hint]) => {
  const error = troubleOfSocket(failing(code), endpoint, 'GET /tasks')
  expect(error.code).toBe(expected)
  expect(error.message).toContain(message)
  expect(error.hint).toContain(hint)
  expect(error.cause).toBeInstanceOf(Error)
})

test('an engine that is late is unreachable, and the message says how late', () => {
  const error = troubleOfSocket(new DeadlineError('no answer within 10000 ms'), unix, 'GET /tasks')
  expect(error).toMatchObject({
    code: 'docker-unreachable',
    message: expect.stringContaining('no answer within 10000 ms to GET /tasks'),
  })
})

// The engine's own sentences: moby daemon/cluster/errors.go and cluster.go, errNoManager.
test.for([
  [
    503,
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    'docker-not-manager',
    'docker swarm init',
  ],
  [
    406,
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state.",
    'docker-not-manager',
    'docker node promote',
  ],
  [503, 'This node is not part of a swarm', 'docker-not-manager', 'docker swarm init'],
  [
    503,
    'Swarm is encrypted and needs to be unlocked before it can be used.',
    'docker-not-manager',
    'docker swarm unlock',
  ],
  [
    503,
    'Swarm certificates have expired. To replace them, leave the swarm and join again.',
    'docker-not-manager',
    'join it again',
  ],
  [
    503,
    'This node is not a swarm manager. Manager is being prepared or has trouble connecting to the cluster.',
    'docker-bad-reply',
    'starting',
  ],
  [500, 'rpc error: code = Unknown desc = The swarm does not have a leader.', 'docker-bad-reply', 'quorum'],
  [403, 'denied by the proxy', 'docker-refused', '/events'],
] as const)('%d with %j is %s', ([status, message, code, hint]) => {
  const error = troubleOfStatus(status, JSON.stringify({ message }), unix, 'GET /services')
  expect(error.code).toBe(code)
  expect(error.message).toContain(JSON.stringify(message).slice(1, 30).replaceAll('\\', ''))
  expect(error.hint).toContain(hint)
})

test("a proxy's page is quoted, cut and escaped", () => {
  const error = troubleOfStatus(502, `<html>\u001b[31m${'x'.repeat(1000)}`, tcp, 'GET /services')
  expect(error.message.length).toBeLessThan(350)
  expect(error.message).not.toContain('\u001b')
})

test('a bad reply says what came', () => {
  expect(badReply(tcp, 'GET /tasks', 'content of the type "text/html"').message).toBe(
    'the engine at tcp://manager:2376 answered GET /tasks with content of the type "text/html".',
  )
})
