// The browser of the browser tests: Debian's Chromium, headless.
// Owns its start, and the pictures that tests leave. Refuses connections to anywhere but the page under test.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { ensureEach } from '../e2e/swarm/programs.ts'

/** Where tests leave what they saw, for people to look at. */
export const picturesDir = join(import.meta.dirname, '.pictures')

/** Chromium looks for updates and Google's hosts by itself; here it is to ask the page's server alone. */
const quietly = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

/** Starts Chromium, which is installed from Debian's packages where it is missing. */
export async function startChromium(): Promise<Browser> {
  await ensureEach([['chromium', 'chromium']], 'the browser tests', (line) => console.log(line))
  await mkdir(picturesDir, { recursive: true })
  const isRoot = process.getuid?.() === 0
  return await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: isRoot ? ['--no-sandbox', ...quietly] : quietly,
  })
}

/** A page and what went on in it. */
export type Watched = AsyncDisposable & {
  readonly page: Page
  /** Errors of scripts, of the console and of the content security policy. */
  readonly errors: readonly string[]
  /** Where the page asked anything. */
  readonly origins: ReadonlySet<string>
}

/** Opens a page; `options` say who looks: size, light or dark, credentials. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions,
): Promise<Watched> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const errors: string[] = []
  const origins = new Set<string>()
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('request', (request) => origins.add(new URL(request.url()).origin))
  await page.goto(url)
  return { page, errors, origins, [Symbol.asyncDispose]: () => context.close() }
}

/** Keeps a picture of what is seen. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(picturesDir, `${name}.png`) })
}
