// The engine's process, as a bench sees it.
// Owns the child and the order of commands and answers.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type EngineCommand, type EngineOptions, engineAnswer } from './commands.ts'

export type Engine = AsyncDisposable & {
  /** Resolves when the command is carried out. One at a time. */
  readonly tell: (command: EngineCommand) => Promise<void>
}

/** Ten thousand tasks pass through all of their states first, on a machine that may be busy. */
const readyTimeoutMs = 180_000
const answerTimeoutMs = 60_000

/** Starts the compiled engine and resolves when all tasks run. */
export async function startEngine(program: string, options: EngineOptions): Promise<Engine> {
  const child = fork(program, [JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const ended = once(child, 'exit')
  const answer = async (timeoutMs: number) => {
    const died = ended.then(() => Promise.reject(new Error('the engine has ended')))
    const heard = once(child, 'message', { signal: AbortSignal.timeout(timeoutMs) })
    const [message] = await Promise.race([heard, died])
    engineAnswer.parse(message)
  }
  const end = async () => {
    if (child.connected) child.disconnect()
    await ended
  }
  try {
    await answer(readyTimeoutMs)
  } catch (error) {
    child.kill('SIGKILL')
    await end()
    throw error
  }
  return {
    tell: async (command) => {
      const answered = answer(answerTimeoutMs)
      child.send(command)
      await answered
    },
    [Symbol.asyncDispose]: end,
  }
}
