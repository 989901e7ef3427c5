// Starts HAProxy as the agent does, and waits to be killed: the part of a killed agent, in a process of its own.
// Run as `tsx survivor.ts <options as JSON>`; prints the master's pid.

import { createHaproxyProcess, type ProcessOptions } from '../../agent/haproxy/process.ts'

const options: Omit<ProcessOptions, 'onEvent'> = JSON.parse(process.argv[2] ?? '{}')
const haproxy = await createHaproxyProcess({ ...options, onEvent: () => {} })
const { pid } = await haproxy.start(AbortSignal.timeout(10_000))
console.log(pid)
setInterval(() => {}, 1000)
