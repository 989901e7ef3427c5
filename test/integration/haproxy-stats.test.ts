// The figures of a real HAProxy under a known number of requests.

import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { flowsBetween } from '../../agent/core/rates.ts'
import { reload } from '../../agent/haproxy/master.ts'
import { createRuntime } from '../../agent/haproxy/runtime.ts'
import { readTraffic } from '../../agent/haproxy/stats.ts'
import { eventually } from '../support/eventually.ts'
import { testedBranches } from '../support/haproxy-binary.ts'
import { startHaproxy } from '../support/haproxy-instance.ts'
import { tempDir } from '../support/temp-dir.ts'

const signal = () => AbortSignal.timeout(20_000)
const timeoutMs = 5000

/** A service on a unix socket that answers 200, and 500 where the path says so. */
async function startService(socketPath: string): Promise<AsyncDisposable> {
  const server = createServer((asked, answer) => {
    answer.writeHead(asked.url === '/broken' ? 500 : 200).end('hello\n')
  }).listen(socketPath)
  await once(server, 'listening')
  return {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function askHttp(socketPath: string, host: string, path: string, agent: Agent): Promise<number> {
  const sent = request({ socketPath, path, headers: { host }, agent, signal: signal() }).end()
  const [response] = await once(sent, 'response')
  response.resume()
  await once(response, 'end')
  return response.statusCode
}

describe.each(testedBranches)('with HAProxy %s', (branch) => {
  test('requests, answers and errors are counted, kept connections or not, and anew after a reload', async () => {
    await using dir = await tempDir()
    const service = `${dir.path}/service.sock`
    await using _service = await startService(service)
    await using haproxy = await startHaproxy({
      branch,
      backends: `backend web\n  server up unix@${service}\n  server away unix@${service} disabled\nbackend 10.0.0.1`,
      routes: 'web.example web\n',
    })
    await using runtime = createRuntime({ socketPath: haproxy.workerSocket, timeoutMs })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ask = (host: string, path = '/') => askHttp(haproxy.httpSocket, host, path, agent)

    const first = await readTraffic(runtime, 'backends', signal())
    expect(first.backends.map(({ name }) => name).sort()).toEqual(['10.0.0.1', 'no-route', 'web'])
    for (let count = 0; count < 20; count++) await ask('web.example', count < 5 ? '/broken' : '/')
    await ask('nobody.example')
    const second = await readTraffic(runtime, 'backends', signal())
    const web = second.backends.find(({ name }) => name === 'web')
    expect(web).toMatchObject({
      requests: 20,
      responses: { '2xx': 15, '5xx': 5 },
      serversUp: 1,
      status: 'UP',
    })
    expect(second.backends.find(({ name }) => name === 'no-route')).toMatchObject({ responses: { '5xx': 1 } })
    expect(second.frontends[0]).toMatchObject({ name: 'http', requests: 21, responses: { '5xx': 6 } })
    const flow = flowsBetween(first, second).backends.find(({ name }) => name === 'web')
    expect(flow?.rates?.errorShare).toBe(0.25)

    const { servers } = await readTraffic(runtime, { backend: 'web' }, signal())
    expect(servers.map(({ name, status, requests }) => ({ name, status, requests }))).toEqual([
      { name: 'up', status: 'no check', requests: 20 },
      { name: 'away', status: 'MAINT', requests: 0 },
    ])
    expect(servers[0]?.responses).toMatchObject({ '2xx': 15, '5xx': 5 })
    for (const backend of ['nope', '3', '3.0.0.1', '-1'])
      expect((await readTraffic(runtime, { backend }, signal())).servers).toEqual([])

    expect((await reload({ socketPath: haproxy.masterSocket, timeoutMs }, signal())).done).toBe(true)
    const after = await eventually(async () => {
      const traffic = await readTraffic(runtime, 'backends', signal())
      return traffic.info.pid === first.info.pid ? undefined : traffic
    })
    expect(after.info.stopping).toBe(false)
    expect(after.backends.find(({ name }) => name === 'web')?.requests).toBe(0)
    expect(flowsBetween(second, after).isOtherWorker).toBe(true)
    agent.destroy()
  })
})
