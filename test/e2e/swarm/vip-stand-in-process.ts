// The program of the stand-in for IP_VS: follows one test bed's Swarm until it is ended.
// Usage: vip-stand-in-process.ts BED-NAME NODE-COUNT

import { layOut } from './layout.ts'
import { keepVips } from './vip-stand-in.ts'

const [name = '', nodeCount = ''] = process.argv.slice(2)
const end = new AbortController()
process.once('SIGTERM', () => end.abort())
await keepVips(layOut(name, Number(nodeCount)), end.signal, (line) => console.log(line))
