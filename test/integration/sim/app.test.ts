import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { addressOf, ask, createWorld, type World } from './world.ts'

async function startTask(
  world: World,
  env: Record<string, string> = {},
): Promise<{ id: string; url: string; host: string }> {
  world.swarm.createService({ name: 'web', port: 8080, networks: ['demo'], image: 'app:7', env })
  const [task] = await world.swarm.waitFor('web', 1)
  return { id: task?.ID ?? '', url: `http://${addressOf(task)}:8080`, host: addressOf(task) }
}

test('says who it is', async () => {
  await using world = await createWorld()
  const { id, url } = await startTask(world, { METADATA: 'blue' })
  const answer = await ask(`${url}/ping`)
  expect(JSON.parse(answer.body)).toMatchObject({
    instance: `web.1.${id}`,
    service: 'web',
    task: id,
    version: '7',
    metadata: 'blue',
    method: 'GET',
    bytes_received: 0,
  })
})

test('reads a whole body and answers its length and checksum', async () => {
  await using world = await createWorld()
  const { url } = await startTask(world)
  const body = 'x'.repeat(300_000)
  const answer = await ask(`${url}/`, { method: 'POST', body })
  expect(JSON.parse(answer.body)).toMatchObject({
    bytes_received: 300_000,
    sha256: createHash('sha256').update(body).digest('hex'),
  })
})

test('answers the status it is asked for, and streams as long as it is asked to', async () => {
  await using world = await createWorld()
  const { url } = await startTask(world)
  expect((await ask(`${url}/status?code=418`)).status).toBe(418)
  const startedAtMs = performance.now()
  expect((await ask(`${url}/stream?ms=100&chunks=5`)).body).toHaveLength(5 * 1024)
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(95)
})

test('echoes bytes after an upgrade', async () => {
  await using world = await createWorld()
  const { host } = await startTask(world)
  const socket = connect({ host, port: 8080 })
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk.toString()
  })
  socket.write(
    'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await eventually(() => received.endsWith('\r\n\r\n'))
  expect(received).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
  socket.write('hello')
  await eventually(() => received.endsWith('hello'))
  socket.destroy()
})

test('dies with its requests on SIGTERM unless told to be graceful', async () => {
  await using world = await createWorld()
  const { id, url } = await startTask(world)
  const slow = ask(`${url}/slow?ms=5000`)
  slow.catch(() => undefined)
  await ask(url)
  world.swarm.killTask(id, 'SIGTERM')
  await expect(slow).rejects.toThrow('socket hang up')
  await eventually(() => world.swarm.store.get('task', id)?.Status.State === 'complete')
})

test('finishes its requests on SIGTERM when told to be graceful, and listens no more', async () => {
  await using world = await createWorld()
  const { id, url } = await startTask(world, { ON_SIGTERM: 'graceful' })
  const slow = ask(`${url}/slow?ms=200`)
  await ask(url)
  world.swarm.killTask(id, 'SIGTERM')
  await expect(ask(url)).rejects.toThrow('ECONNREFUSED')
  expect((await slow).status).toBe(200)
  await eventually(() => world.swarm.store.get('task', id)?.Status.State === 'complete')
})

test('a killed task’s connections are reset and its address refuses', async () => {
  await using world = await createWorld()
  const { id, url } = await startTask(world)
  const slow = ask(`${url}/slow?ms=5000`)
  slow.catch(() => undefined)
  await ask(url)
  world.swarm.killTask(id)
  await expect(slow).rejects.toThrow('ECONNRESET')
  await expect(ask(url)).rejects.toThrow('ECONNREFUSED')
})

test('the application can crash, and its service gets another', async () => {
  await using world = await createWorld()
  const { id, url } = await startTask(world)
  await expect(ask(`${url}/crash`)).rejects.toThrow()
  await eventually(() => world.swarm.store.get('task', id)?.Status.Err === 'task: non-zero exit (1)')
  await eventually(() => world.swarm.runningTasksOf('web').some((task) => task.ID !== id))
})

test('runs as a real process where asked to, and dies of a real SIGKILL', { timeout: 20_000 }, async () => {
  await using world = await createWorld()
  const { id, url } = await startTask(world, { SIM_RUNTIME: 'process' })
  const pid = world.swarm.store.get('task', id)?.Status.ContainerStatus?.PID ?? 0
  expect(pid).not.toBe(process.pid)
  expect(JSON.parse((await ask(url)).body).task).toBe(id)
  process.kill(pid, 'SIGKILL')
  await eventually(() => world.swarm.store.get('task', id)?.Status.Err === 'task: non-zero exit (137)')
  await expect(ask(url)).rejects.toThrow('ECONNREFUSED')
})
