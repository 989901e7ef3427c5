// Asks an engine over its unix socket, where a whole client would be too much.
// Owns GET requests for JSON. Refuses changes: those go through the docker client, as a user's would.

import { request } from 'node:http'

/** GETs a path of the Engine API; rejects on any status but 200, and when there is no answer in time. */
export function askEngine(socket: string, path: string, timeoutMs = 3000): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const sent = request({ socketPath: socket, path, signal, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (response.statusCode !== 200)
          reject(new Error(`GET ${path}: ${response.statusCode} ${text.trim()}`))
        else resolve(response.headers['content-type'] === 'application/json' ? JSON.parse(text) : text)
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}
