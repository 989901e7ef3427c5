// A client inside a task's container: what a service of the same network sees of another one.
// Owns one line an answer. Refuses kept connections: each request is balanced anew.
// Usage: ask.js URL [COUNT] [TIMEOUT-MS]

import { get } from 'node:http'

const [url = '', count = '1', timeoutMs = '2000'] = process.argv.slice(2)

function ask(): Promise<string> {
  return new Promise((resolve) => {
    const failed = (error: Error) => resolve(`failed: ${error.message}`)
    const signal = AbortSignal.timeout(Number(timeoutMs))
    const sent = get(url, { agent: false, signal }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('error', failed)
      response.on('end', () => resolve(body.trim()))
    })
    sent.on('error', failed)
  })
}

for (let turn = 0; turn < Number(count); turn += 1) console.log(await ask())
