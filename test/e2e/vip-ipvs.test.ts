// VIP mode against the real IP_VS: the document's VIP example on the stack as it ships, then scale and update under traffic,
// in a guest with Debian's kernel and a newer engine. It runs emulated, so that it needs no hardware and no IP_VS here.

import { beforeAll, describe, expect, it } from 'vitest'
import { tempDir } from '../support/temp-dir.ts'
import { makeDisks } from './guest/disks.ts'
import { runGuest } from './guest/machine.ts'
import { type Change, type Result, resultShape } from './guest/results.ts'
import { ensurePrograms } from './swarm/programs.ts'

/** Some eight minutes on two processors that have nothing else to do. */
const guestTimeoutMs = 1_200_000
/** The first time the disks are made, and for them the images. */
const disksTimeoutMs = 1_200_000

let results: readonly Result[] = []

beforeAll(async () => {
  const say = (line: string) => console.log(`guest: ${line}`)
  await ensurePrograms(say)
  await using folder = await tempDir('tg-guest-')
  const disks = await makeDisks(folder.path, say)
  const lines: string[] = []
  const end = await runGuest({ disks, timeoutMs: guestTimeoutMs, hear: (line) => lines.push(line) })
  results = lines.filter((line) => line.startsWith('{')).map((line) => resultShape.parse(JSON.parse(line)))
  if (!results.some(({ step }) => step === 'done')) throw new Error(story(results, end))
}, guestTimeoutMs + disksTimeoutMs)

/** What there is to see of a guest that did not come to its end. */
function story(seen: readonly Result[], end: Awaited<ReturnType<typeof runGuest>>): string {
  const failure = seen.find((result) => result.step === 'failed')
  return [
    end.inTime
      ? 'the guest did not finish its scenario'
      : `the guest was not done after ${guestTimeoutMs} ms`,
    `steps: ${seen.map((result) => (result.step === 'change' ? result.name : result.step)).join(', ')}`,
    failure === undefined ? '' : `${failure.why}\n${failure.diagnosis}`,
    end.complaint,
    ...end.console.split('\n').slice(-60),
  ].join('\n')
}

function only<Step extends Result['step']>(step: Step): Extract<Result, { step: Step }> {
  const found = results.find((result): result is Extract<Result, { step: Step }> => result.step === step)
  if (found === undefined) throw new Error(`the guest reported no "${step}"`)
  return found
}

it('runs on a kernel with IP_VS and a newer engine', () => {
  const { ipvs, engine } = only('platform')
  expect(ipvs).toMatch(/^IP Virtual Server version/)
  expect(Number.parseInt(engine, 10)).toBeGreaterThanOrEqual(26)
})

describe("the document's VIP example", () => {
  it('answers with the headers shown, and x-upstream-addr is the VIP that the service has', () => {
    const { status, headers, body, networkId, virtualIps } = only('example')
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{32,36}$/),
      'x-proxy-id': expect.stringMatching(/^[0-9a-f]{12}$/),
      'x-server-info': expect.stringMatching(/^tidegate\/\S+ linux\/amd64$/),
      'x-upstream-response-time': expect.stringMatching(/^\d+\.\d{3}$/),
      'set-cookie': [expect.stringMatching(/^session=/)],
    })
    expect(JSON.parse(body)).toMatchObject({ metadata: 'demo-vip-1', request_id: headers['x-request-id'] })
    const upstream = String(headers['x-upstream-addr']).replace(/:8080$/, '')
    expect(virtualIps).toEqual([{ NetworkID: networkId, Addr: `${upstream}/24` }])
  })

  it('is balanced by IP_VS: the mark of the VIP has four tasks behind it, and all of them answer', () => {
    const { balancing, instances } = only('example')
    expect(balancing.mark).toBeGreaterThan(0)
    expect(balancing.servers).toHaveLength(4)
    for (const { weight, connections } of balancing.servers) {
      expect(weight).toBe(1)
      expect(connections).toBeGreaterThan(0)
    }
    expect(instances).toHaveLength(4)
  })
})

describe('under traffic', () => {
  const changes = [
    { name: 'scale from 4 to 6', replicas: 6, version: '0.1' },
    { name: 'scale from 6 to 2', replicas: 2, version: '0.1' },
    { name: 'new image, start-first', replicas: 2, version: '1' },
    { name: 'new image, stop-first', replicas: 2, version: '2' },
  ]

  it.each(changes)(
    '$name: nothing is sent to HAProxy, and no request fails',
    ({ name, replicas, version }) => {
      const change = results.find(
        (result): result is Change => result.step === 'change' && result.name === name,
      )
      expect(change).toMatchObject({
        failed: 0,
        failures: [],
        reloads: 0,
        liveChanges: 0,
        isNewWorker: false,
        plan: expect.stringMatching(/^nothing/m),
        versions: [version],
      })
      // The traffic was there, of each kind.
      expect(Object.keys(change?.answered ?? {}).toSorted()).toEqual([
        'GET kept',
        'GET new',
        'POST kept',
        'POST new',
      ])
      for (const count of Object.values(change?.answered ?? {})) expect(count).toBeGreaterThan(0)
      // And IP_VS followed Swarm.
      expect(change?.balancing.servers).toHaveLength(replicas)
      for (const { weight } of change?.balancing.servers ?? []) expect(weight).toBe(1)
    },
  )
})
