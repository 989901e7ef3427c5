import { describe, expect, test } from 'vitest'
import type { CliPorts, PromptOptions } from '../../../../agent/cli/ports.ts'
import { AgentError } from '../../../../agent/core/errors.ts'
import { tidegate } from '../world.ts'

const help = '  show info : info\n  show backend : backends\n  set server <bk>/<srv> : set\n'
const replies: Readonly<Record<string, string>> = {
  help,
  'show info': 'Name: HAProxy\nPid: 1\n',
  'show backend': '# name\nweb\n',
  'show stat -1 3 -1': '# pxname',
  'set server a/b state maint': '',
}

function haproxy(): { readonly sent: string[]; readonly ports: Pick<CliPorts, 'openRuntime'> } {
  const sent: string[] = []
  const send = async (commands: readonly string[]) => {
    sent.push(...commands)
    return commands.map((command) => {
      const reply = replies[command]
      if (reply === undefined)
        throw new AgentError('runtime-unreachable', 'HAProxy is gone', { hint: 'wait' })
      return reply
    })
  }
  return { sent, ports: { openRuntime: () => ({ send, [Symbol.asyncDispose]: async () => {} }) } }
}

/** A person who enters these lines, and asks for completion once. */
function person(
  lines: readonly string[],
  completing = '',
): { completed: readonly string[]; ports: Partial<CliPorts> } {
  const seen: { completed: readonly string[]; ports: Partial<CliPorts> } = { completed: [], ports: {} }
  async function* entered({ complete }: PromptOptions): AsyncGenerator<string> {
    seen.completed = await complete(completing)
    yield* lines
  }
  seen.ports = {
    isTerminal: { stdin: true, stdout: true, stderr: true },
    openPrompt: (options) => ({ lines: entered(options), [Symbol.asyncDispose]: async () => {} }),
  }
  return seen
}

describe('one command', () => {
  test.for([
    ['as words', ['show', 'info']],
    ['in quotes', ['show info']],
  ] as const)('%s is sent, and its reply printed', async ([, words]) => {
    const { sent, ports } = haproxy()
    const { stdout, exitCode } = await tidegate(['socket', ...words], ports)
    expect({ sent, stdout, exitCode }).toEqual({
      sent: ['show info'],
      stdout: 'Name: HAProxy\nPid: 1\n',
      exitCode: 0,
    })
  })

  test('in quotes it may have words that look like flags', async () => {
    const { stdout } = await tidegate(['socket', 'show stat -1 3 -1'], haproxy().ports)
    expect(stdout).toBe('# pxname\n')
  })

  test('with --json it comes with its reply', async () => {
    const { stdout } = await tidegate(['socket', 'show', 'info', '--json'], haproxy().ports)
    expect(stdout).toBe('{"command":"show info","reply":"Name: HAProxy\\nPid: 1"}\n')
  })

  test('that changes something is refused, and told to be', async () => {
    const { sent, ports } = haproxy()
    const { stderr, exitCode } = await tidegate(['socket', 'set', 'server', 'a/b', 'state', 'maint'], ports)
    expect(stderr).toContain('"set server" is no command that only reads')
    expect({ sent, exitCode }).toEqual({ sent: [], exitCode: 2 })
  })

  test('that changes something is sent with --write', async () => {
    const { sent, ports } = haproxy()
    const { stdout, exitCode } = await tidegate(['socket', '--write', 'set server a/b state maint'], ports)
    expect({ sent, stdout, exitCode }).toEqual({
      sent: ['set server a/b state maint'],
      stdout: '',
      exitCode: 0,
    })
  })

  test('goes to the master with --master', async () => {
    const askMaster = async (_: unknown, command: string) => `answer to ${command}\n`
    const { stdout } = await tidegate(['socket', '--master', 'show', 'proc'], {
      ...haproxy().ports,
      askMaster,
    })
    expect(stdout).toBe('answer to show proc\n')
  })

  test('without a reply ends with the trouble', async () => {
    const { stderr, exitCode } = await tidegate(['socket', 'show', 'nothing'], haproxy().ports)
    expect(stderr).toContain('HAProxy is gone')
    expect(exitCode).toBe(3)
  })
})

describe('commands from a pipe', () => {
  const piped = (text: string) => {
    const { sent, ports } = haproxy()
    return { sent, told: tidegate(['socket'], { ...ports, readStdin: async () => text }) }
  }

  test('are sent in order, without comments and blank lines', async () => {
    const { sent, told } = piped('# who\nshow info\n\n  show backend  \n')
    expect((await told).stdout).toBe('Name: HAProxy\nPid: 1\n# name\nweb\n')
    expect(sent).toEqual(['show info', 'show backend'])
  })

  test('end at the first that is refused', async () => {
    const { sent, told } = piped('show info\ndel server a/b\nshow backend\n')
    expect((await told).exitCode).toBe(2)
    expect(sent).toEqual(['show info'])
  })
})

describe('the shell', () => {
  test('answers line by line, and no refusal and no trouble ends it', async () => {
    const { sent, ports } = haproxy()
    const { ports: lines } = person([
      'show nothing',
      'del server a/b',
      '',
      'show info',
      'exit',
      'show backend',
    ])
    const { stdout, stderr, exitCode } = await tidegate(['socket'], { ...ports, ...lines })
    expect(sent).toEqual(['help', 'show nothing', 'show info'])
    expect(stdout).toBe('Name: HAProxy\nPid: 1\n')
    expect(stderr).toMatch(/HAProxy is gone.*is no command that only reads/s)
    expect(exitCode).toBe(0)
  })

  test.for([
    ['', [], ['show']],
    ['', ['--write'], ['set', 'show']],
    ['set server ', ['--write'], ['web']],
    ['show ', [], ['backend', 'info']],
  ] as const)('completes "%s" %s', async ([line, flags, words]) => {
    const asking = person([], line)
    await tidegate(['socket', ...flags], { ...haproxy().ports, ...asking.ports })
    expect(asking.completed).toEqual(words)
  })
})
