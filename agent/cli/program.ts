// The command line: which commands and flags there are, and what is called for them.
// Owns commander. Refuses to act: commands.ts does, through the functions in ports.ts.

import { Command, Option } from 'commander'
import {
  act,
  type Context,
  isGiven,
  ownFlags,
  settingsInput,
  textOption,
  withSettings,
  withSnapshot,
} from './command-line.ts'
import { check, type ExitCode, exitCodes, plan, render, run, snapshot } from './commands.ts'
import { addDiff } from './diff.ts'
import { addExplain } from './explain.ts'
import { isAnswered, tellFailure } from './failure.ts'
import { addHistory } from './history.ts'
import { labelEntries, labelsLines, labelsMarkdown } from './labels-text.ts'
import { createPaint, textOfLines } from './paint.ts'
import type { CliPorts } from './ports.ts'
import { readSettings } from './settings.ts'
import { settingsInForce, settingsLines, settingsMarkdown } from './settings-text.ts'
import { addSocket } from './socket/socket.ts'
import { addStatus } from './status.ts'
import { addTop } from './top/top.ts'

/** Runs the command that the arguments name, and resolves to the exit code. Rejects only for bugs. */
export async function runProgram(ports: CliPorts, signal: AbortSignal): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok
  const paint = createPaint(ports.isTerminal.stdout, ports.env)
  const end = (code: ExitCode) => {
    exitCode = code
  }
  try {
    await createProgram({ ports, paint, signal, end }).parseAsync(ports.argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (isAnswered(error)) return exitCodes.ok
    if (signal.aborted && isAbort(error, signal)) return exitCodes.interrupted
    const failure = tellFailure(error, {
      isJson: ports.argv.includes('--json'),
      paint: createPaint(ports.isTerminal.stderr, ports.env),
    })
    ports.stderr(failure.text)
    return failure.exitCode
  }
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError')
}

function createProgram(context: Context): Command {
  const { ports } = context
  const program = new Command('tidegate')
    .description('An HAProxy edge for Docker Swarm.')
    .version(`tidegate ${ports.host.version}`, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'Print the help of a command.')
    .exitOverride()
    .configureOutput(output(context))
    .configureHelp({ styleTitle: (title) => context.paint('bold', title) })
  addRun(program, context)
  addStatus(program, context)
  addTop(program, context)
  addSocket(program, context)
  addRender(program, context)
  addPlan(program, context)
  addCheck(program, context)
  addExplain(program, context)
  addHistory(program, context)
  addDiff(program, context)
  addSnapshot(program, context)
  addSettings(program, context)
  addLabels(program, context)
  addVersion(program, context)
  return program
}

/** Help goes to standard output; errors are told by failure.ts alone. */
function output({ ports }: Context) {
  const width = ports.columns ?? 80
  return {
    writeOut: ports.stdout,
    writeErr: () => {},
    outputError: () => {},
    getOutHelpWidth: () => width,
    getErrHelpWidth: () => width,
    getOutHasColors: () => true,
  }
}

function addRun(program: Command, context: Context): void {
  const command = program.command('run').description('Run the agent: keep HAProxy in step with the Swarm.')
  withSettings(command, true).action(() => act(command, context, run))
}

function addRender(program: Command, context: Context): void {
  const command = program
    .command('render')
    .description('Print the files that HAProxy would start from.')
    .option('--file <name>', 'the file to print (default: haproxy.cfg)')
    .addOption(new Option('--out <dir>', 'write all files into this folder instead').conflicts('file'))
    .option(
      '--reachable',
      'with --out: then wait until a task of each backend accepts connections, 3 s at most',
    )
  withSettings(withSnapshot(command)).action(() => {
    const options = {
      file: textOption(command, 'file'),
      outDir: textOption(command, 'out'),
      isPatient: isGiven(command, 'reachable'),
    }
    return act(command, context, (call) => render(call, options))
  })
}

function addPlan(program: Command, context: Context): void {
  const command = program
    .command('plan')
    .description('Say what would be done now, and why: nothing, live changes, or a reload.')
    .option('--cold', 'ask no running HAProxy: say what a start would bring')
  withSettings(withSnapshot(command)).action(() => {
    const isCold = isGiven(command, 'cold')
    return act(command, context, (call) => plan(call, { isCold }))
  })
}

function addCheck(program: Command, context: Context): void {
  const command = program
    .command('check')
    .description("Check every service's labels; exit 1 if a service is not published for an error.")
    .option('--strict', 'exit 1 at a warning as well')
  withSettings(withSnapshot(command)).action(() => {
    const isStrict = isGiven(command, 'strict')
    return act(command, context, (call) => check(call, { isStrict }))
  })
}

function addSnapshot(program: Command, context: Context): void {
  const command = program
    .command('snapshot')
    .description("Print the engine's snapshot as JSON, to be saved and read by --snapshot.")
    .addOption(new Option('--json').hideHelp())
  withSettings(command).action(() => act(command, context, snapshot))
}

function addSettings(program: Command, context: Context): void {
  const { ports, paint } = context
  const command = program
    .command('settings')
    .description('Print the settings in force, and where each comes from.')
    .option('--json', 'as JSON')
    .addOption(new Option('--markdown', 'the table of all settings, as Markdown').conflicts('json'))
  withSettings(command).action(() => {
    if (isGiven(command, 'markdown')) return ports.stdout(settingsMarkdown())
    const input = settingsInput(command, context)
    readSettings(input, ownFlags(command))
    const settings = settingsInForce(input)
    if (isGiven(command, 'json')) ports.stdout(`${JSON.stringify(settings, undefined, 2)}\n`)
    else ports.stdout(textOfLines(settingsLines(settings, paint)))
  })
}

function addLabels(program: Command, { ports, paint }: Context): void {
  const command = program
    .command('labels')
    .description('Print the labels that publish a service.')
    .option('--json', 'as JSON')
    .addOption(new Option('--markdown', 'as a table of Markdown').conflicts('json'))
  command.action(() => {
    if (isGiven(command, 'json')) ports.stdout(`${JSON.stringify(labelEntries(), undefined, 2)}\n`)
    else ports.stdout(textOfLines(isGiven(command, 'markdown') ? labelsMarkdown() : labelsLines(paint)))
  })
}

function addVersion(program: Command, { ports }: Context): void {
  const command = program.command('version').description('Print the version.').option('--json', 'as JSON')
  command.action(() => {
    const { version } = ports.host
    ports.stdout(isGiven(command, 'json') ? `${JSON.stringify({ version })}\n` : `tidegate ${version}\n`)
  })
}
