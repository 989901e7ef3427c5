import { describe, expect, test } from 'vitest'
import { parseProcesses } from '../../../agent/haproxy/master.ts'
import { parseBackends, parseInfo, parseMap } from '../../../agent/haproxy/replies.ts'
import { parseServersState } from '../../../agent/haproxy/servers-state.ts'

describe('show info', () => {
  const info = (changes: Record<string, string | undefined> = {}) => {
    const facts = {
      Name: 'HAProxy',
      Version: '3.0.11-1+deb13u4',
      Pid: '8124',
      Uptime: '0d 0h00m01s',
      Uptime_sec: '1',
      node: 'vm',
      description: 'tidegate structure=5f0c',
      Stopping: '0',
      ...changes,
    }
    return Object.entries(facts)
      .flatMap(([name, value]) => (value === undefined ? [] : `${name}: ${value}`))
      .join('\n')
  }

  test('the worker is read, with the digest in its description', () => {
    expect(parseInfo(info())).toEqual({
      pid: 8124,
      version: '3.0.11-1+deb13u4',
      structure: '5f0c',
      stopping: false,
    })
  })

  test.for([
    ['none', undefined],
    ['an empty one', ''],
    ['another one', 'the proxy of the shop'],
    ['one that only begins alike', 'tidegate structure=5f0c and more'],
  ] as const)('a worker with %s for a description has no known structure', ([, description]) => {
    expect(parseInfo(info({ description })).structure).toBe('')
  })

  test('a worker that is on its way out says so', () => {
    expect(parseInfo(info({ Stopping: '1' })).stopping).toBe(true)
  })

  test.for([
    ['a missing pid', info({ Pid: undefined }), 'Pid: no such line'],
    ['a pid that is no number', info({ Pid: 'x' }), 'Pid: x'],
    ['an empty version', info({ Version: '' }), 'Version: '],
    ['a line without a colon', 'garbage', 'garbage'],
    ['a refusal', 'Permission denied', 'Permission denied'],
  ] as const)('%s is refused with the line at fault', ([, reply, line]) => {
    expect(() => parseInfo(reply)).toThrow(
      `unexpected line in the reply to "show info": ${JSON.stringify(line)}`,
    )
  })
})

describe('show backend', () => {
  test('names come in order', () => {
    expect(parseBackends('# name\nweb.example\nno-route')).toEqual(['web.example', 'no-route'])
  })

  test.for([
    ['nothing', '', '""'],
    ['another header', '# pxname', '"# pxname"'],
    ['a name with a space', '# name\na b', '"a b"'],
  ] as const)('%s is refused', ([, reply, line]) => {
    expect(() => parseBackends(reply)).toThrow(`"show backend": ${line}`)
  })
})

describe('show map', () => {
  test('an empty map is an empty reply', () => {
    expect(parseMap('')).toEqual([])
  })

  test('keys and values come in the order of the map', () => {
    expect(parseMap('0x55d0 a.example/ a.example\n0x7f9f80041380 *.b/api/ b')).toEqual([
      { key: 'a.example/', value: 'a.example' },
      { key: '*.b/api/', value: 'b' },
    ])
  })

  test.for(['Unknown map identifier. Please use #<id> or <file>.', '0x55d0 a.example/', 'a.example/ a'])(
    '"%s" is refused',
    (reply) => {
      expect(() => parseMap(reply)).toThrow(JSON.stringify(reply))
    },
  )
})

describe('show servers state', () => {
  const header =
    '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_check_state srv_fqdn srv_port'
  const reply = (...rows: readonly string[]) => ['1', header, ...rows].join('\n')
  const server = {
    backend: 'web',
    name: 's',
    server: { address: '10.0.0.1', port: 80, weight: 7, admin: 'ready', checks: 'on' },
  }

  test('a server is read by the names of its columns', () => {
    expect(parseServersState(reply('3 web 1 s 10.0.0.1 2 0 7 1 6 - 80'))).toEqual([server])
    expect(
      parseServersState(
        '1\n# srv_port be_name new srv_name srv_uweight srv_addr srv_check_state srv_admin_state\n80 web x s 7 10.0.0.1 6 0',
      ),
    ).toEqual([server])
  })

  test.for([
    [0, 'ready'],
    [1, 'maint'],
    [2, 'maint'],
    [4, 'ready'],
    [5, 'maint'],
    [8, 'drain'],
    [9, 'maint'],
    [16, 'drain'],
    [24, 'drain'],
    [32, 'maint'],
    [64, 'ready'],
  ] as const)('the admin bits %i mean %s', ([bits, admin]) => {
    expect(parseServersState(reply(`3 web 1 s 10.0.0.1 2 ${bits} 7 1 6 - 80`))).toEqual([
      { ...server, server: { ...server.server, admin } },
    ])
  })

  test.for([
    [0, undefined],
    [2, 'off'],
    [6, 'on'],
    [14, 'on'],
  ] as const)('the check bits %i mean checks that are %s', ([bits, checks]) => {
    const [state] = parseServersState(reply(`3 web 1 s 10.0.0.1 2 0 7 1 ${bits} - 80`))
    expect(state?.server.checks).toBe(checks)
  })

  test('an address of version 6 is given without brackets, and none as empty text', () => {
    const states = parseServersState(
      reply('3 web 1 a fd00::2 2 0 7 1 6 - 80', '3 web 2 b - 2 0 7 1 6 name.example 80'),
    )
    expect(states.map((state) => state.server.address)).toEqual(['fd00::2', ''])
  })

  test('no servers are no fault', () => {
    expect(parseServersState(reply())).toEqual([])
  })

  test.for([
    ['nothing', '', '""'],
    ['another version', `2\n${header}`, '"2"'],
    ['no header', '1\n3 web 1 s', '"3 web 1 s"'],
    ['a header without the address', '1\n# be_name srv_name', '"# be_name srv_name"'],
    ['a row that is cut short', reply('3 web 1 s 10.0.0.1 2 0'), '"3 web 1 s 10.0.0.1 2 0"'],
    [
      'a weight that is no number',
      reply('3 web 1 s 10.0.0.1 2 0 x 1 6 - 80'),
      '"3 web 1 s 10.0.0.1 2 0 x 1 6 - 80"',
    ],
  ] as const)('%s is refused with the line at fault', ([, text, line]) => {
    expect(() => parseServersState(text)).toThrow(`"show servers state": ${line}`)
  })
})

describe('show proc', () => {
  const header = '#<PID>          <type>          <reloads>       <uptime>        <version>      '

  test('master, workers and old workers are told apart', () => {
    const reply = [
      header,
      '8116            master          1 [failed: 0]   0d00h00m01s     3.0.11-1+deb13u4',
      '# workers',
      '8203            worker          0               0d00h00m00s     3.0.11-1+deb13u4',
      '# old workers',
      '8124            worker          1               0d00h00m01s     3.0.11-1+deb13u4',
      '# programs',
      '9001            foo             0               0d00h00m01s     -',
      '',
    ].join('\n')
    const version = '3.0.11-1+deb13u4'
    expect(parseProcesses(reply)).toEqual({
      master: { pid: 8116, version },
      workers: [{ pid: 8203, version }],
      oldWorkers: [{ pid: 8124, version }],
    })
  })

  test('a reply without a master is none of a master', () => {
    expect(parseProcesses('Unknown command: proc')).toBeUndefined()
    expect(parseProcesses(header)).toBeUndefined()
  })
})
