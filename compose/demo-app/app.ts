// The demo's application: it says which task has answered, in words and in a colour.
//
//     GET  /        a page that asks again and again, and shows who answers
//     GET  /json    { service, task, colour, answered }
//     GET  /health  200, or 503 while the task is sick
//     POST /sick    makes this task sick for 20 s: it leaves the rotation, and comes back by itself
//
// Its argument is the name of its service. Refuses everything that a demo does not need. It ends as a good server does: told to stop, it finishes what it has.

import { createServer, type ServerResponse } from 'node:http'
import { hostname } from 'node:os'
import { argv, exit } from 'node:process'

/** The container's id, which is the task's. */
const task = hostname()
const service = argv[2] ?? 'demo'
const colour = `hsl(${hueOf(task)} 65% 45%)`

/** How long a task goes on after it was told to stop: the edge needs some milliseconds to take it out. */
const farewellMs = 300
const sickMs = 20_000

let answered = 0
let wellAgainMs = 0
let isLeaving = false

const server = createServer((request, response) => {
  if (isLeaving) response.setHeader('Connection', 'close')
  response.setHeader('Cache-Control', 'no-store')
  const path = (request.url ?? '/').replace(/\?.*/, '')
  if (path.endsWith('/health'))
    return answer(response, Date.now() < wellAgainMs ? 503 : 200, 'text/plain', '')
  if (path.endsWith('/sick') && request.method === 'POST') wellAgainMs = Date.now() + sickMs
  answered += 1
  const facts = { service, task, colour, answered }
  if (path.endsWith('/json')) return answer(response, 200, 'application/json', `${JSON.stringify(facts)}\n`)
  if (path.endsWith('/sick')) return answer(response, 200, 'text/plain', `${task} is sick for 20 seconds\n`)
  answer(response, 200, 'text/html', page())
})

// The edge closes idle connections first, so that none ends just as a request is on its way.
server.keepAliveTimeout = 75_000
server.listen(8080)

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    isLeaving = true
    setTimeout(() => server.close(() => exit(0)), farewellMs)
  })
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8` })
  response.end(body)
}

function hueOf(text: string): number {
  let hue = 0
  for (const letter of text) hue = (hue * 31 + letter.charCodeAt(0)) % 360
  return hue
}

function page(): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${service}</title>
<style>
  :root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }
  body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem }
  h1 { border-left: .6em solid ${colour}; padding-left: .5em }
  #tasks { list-style: none; padding: 0 }
  #tasks li { display: flex; gap: .7em; align-items: center; font-family: ui-monospace, monospace }
  #tasks span { height: 1em; background: var(--colour); border-radius: .2em; transition: width .2s }
</style>
<h1>${service}</h1>
<p>This page came from <code>${task}</code>. It asks ten times a second; each answer counts for the task that gave it:</p>
<ul id="tasks"></ul>
<p id="failed">0 requests have failed.</p>
<script type="module">
  const recent = []
  let failed = 0
  const show = () => {
    const tasks = new Map()
    for (const { task, colour } of recent) tasks.set(task, { colour, count: (tasks.get(task)?.count ?? 0) + 1 })
    const rows = [...tasks].sort().map(([task, { colour, count }]) => {
      const row = document.createElement('li')
      const bar = document.createElement('span')
      bar.style.setProperty('--colour', colour)
      bar.style.width = (count * 100) / recent.length * 0.6 + '%'
      row.append(task, bar, String(count))
      return row
    })
    document.getElementById('tasks').replaceChildren(...rows)
    document.getElementById('failed').textContent = failed + ' requests have failed.'
  }
  setInterval(async () => {
    try {
      const response = await fetch('json')
      if (!response.ok) throw new Error(response.statusText)
      recent.push(await response.json())
      if (recent.length > 50) recent.shift()
    } catch {
      failed += 1
    }
    show()
  }, 100)
</script>
</html>
`
}
