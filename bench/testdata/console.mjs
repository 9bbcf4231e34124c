// Measures the console in Chromium, and prints what it found as JSON. Package bench starts it.
import { request } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { randomCuts } from '../../tests/clients/console_cuts.mjs'

const given = JSON.parse(process.env.GIVEN)
const found = {}
const settings = { viewport: { width: 360, height: 780 }, locale: 'nb-NO' }
const launch = { executablePath: given.browser, chromiumSandbox: false }
const say = (text) => process.stderr.write(`console: ${text}\n`)

/** Signs in, and notes when the first row of a roster is there. */
async function prepare(context, signedIn = given.session) {
  context.setDefaultTimeout(120_000)
  await context.addInitScript(([session]) => {
    if (!localStorage.getItem('console.session')) localStorage.setItem('console.session', session)
    const seen = new MutationObserver(() => {
      if (!globalThis.readable && document.querySelector('.mentor .row-link')) {
        // What was put there is painted in the frame after the next.
        requestAnimationFrame(() => requestAnimationFrame(() => (globalThis.readable ??= performance.now())))
      }
    })
    seen.observe(document, { childList: true, subtree: true })
  }, [JSON.stringify(signedIn)])
}

async function open(context, slowness = 1) {
  const page = await context.newPage()
  if (slowness > 1) {
    const session = await context.newCDPSession(page)
    await session.send('Emulation.setCPUThrottlingRate', { rate: slowness })
  }
  return page
}

/** Seconds until the roster can be read. */
async function readable(page) {
  await page.goto(`${given.url}/likepersoner`, { waitUntil: 'commit' })
  await page.waitForFunction(() => globalThis.readable)
  return (await page.evaluate(() => globalThis.readable)) / 1000
}

/** How many bytes a file has in a coding. */
const weigh = (path, coding) => new Promise((resolve, reject) => {
  request(given.url + path, { headers: { 'accept-encoding': coding } }, (answer) => {
    let size = 0
    answer.on('data', (part) => (size += part.length))
    answer.on('end', () => resolve(size))
  }).on('error', reject).end()
})

const browser = await chromium.launch(launch)

// What it weighs: the files that the page asked for until the roster was there.
{
  const context = await browser.newContext({ ...settings, serviceWorkers: 'block' })
  await prepare(context)
  const page = await open(context)
  const paths = new Set()
  page.on('request', (request) => paths.add(new URL(request.url()).pathname))
  await readable(page)
  const files = [...paths]
  for (const [kind, ending] of [['JS', '.js'], ['CSS', '.css'], ['Fonts', '.woff2']]) {
    found[kind] = { Gzip: 0, Brotli: 0 }
    for (const path of files.filter((path) => path.endsWith(ending))) {
      found[kind].Gzip += await weigh(path, 'gzip')
      found[kind].Brotli += await weigh(path, 'br')
    }
  }
  found.Files = `${files.filter((path) => path.endsWith('.js')).length} files`
  await context.close()
}

// On a thin line, the service worker's requests too.
{
  const folder = await mkdtemp(join(tmpdir(), 'console-'))
  const context = await chromium.launchPersistentContext(folder, {
    ...launch, ...settings, args: [`--host-resolver-rules=MAP 127.0.0.1 ${given.thin}`],
  })
  await prepare(context)
  let page = await open(context, 4)
  found.First = await readable(page)
  say(`first visit ${found.First.toFixed(2)} s`)
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.close()
  page = await open(context, 4)
  found.Second = await readable(page)
  say(`second visit ${found.Second.toFixed(2)} s`)
  await page.close()
  await context.setOffline(true)
  page = await open(context, 4)
  found.Offline = await readable(page)
  say(`offline ${found.Offline.toFixed(2)} s`)
  await context.close()
  await rm(folder, { recursive: true, force: true })
}

// Typing a search.
{
  const context = await browser.newContext({ ...settings, serviceWorkers: 'block' })
  await prepare(context)
  const page = await open(context, 4)
  await readable(page)
  await page.waitForLoadState('networkidle')
  await page.evaluate(() => {
    globalThis.longest = 50
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration)
    }).observe({ type: 'longtask' })
  })
  await page.getByLabel('Søk etter navn').focus()
  for (const text of ['kari nord', 'ole', 'ingrid berg']) {
    await page.keyboard.type(text, { delay: 130 })
    await page.waitForTimeout(1500)
    for (const _ of text) await page.keyboard.press('Backspace', { delay: 40 })
  }
  await page.waitForTimeout(1500)
  found.LongestTask = await page.evaluate(() => globalThis.longest)
  say(`longest task ${found.LongestTask} ms`)
  await context.close()
}

// Everybody loaded, and scrolled from end to end.
{
  const context = await browser.newContext({ ...settings, serviceWorkers: 'block' })
  await prepare(context)
  const page = await open(context)
  await readable(page)
  const more = page.getByRole('button', { name: 'Vis flere' })
  const rows = page.locator('.mentor .row-link')
  for (let shown = await rows.count(); shown < given.listed; ) {
    await more.click()
    await page.waitForFunction((before) => document.querySelectorAll('.mentor .row-link').length > before, shown)
    shown = await rows.count()
  }
  found.Shown = await rows.count()
  const frames = await page.evaluate(async () => {
    const lengths = []
    let before = await new Promise(requestAnimationFrame)
    const step = Math.max(40, document.documentElement.scrollHeight / 900)
    for (let n = 0; n < 900; n++) {
      scrollBy(0, step)
      const now = await new Promise(requestAnimationFrame)
      lengths.push(now - before)
      before = now
    }
    return lengths
  })
  found.Frames = frames.length
  found.Quick = frames.filter((length) => length <= 50).length
  say(`${found.Frames - found.Quick} of ${found.Frames} frames over 50 ms, ${found.Shown} mentors`)
  await context.close()
}

// A large file, until its preview can be read, and through all of it.
{
  const context = await browser.newContext({ ...settings, serviceWorkers: 'block' })
  await prepare(context, given.administrator)
  const page = await open(context, 4)
  await page.goto(`${given.url}/import`)
  const file = ['Medlemsnr;Navn;E-post;Startdato', ...Array.from({ length: given.imported }, (_, n) =>
    `${n + 1000};Likeperson nummer ${n};person${n}@example.net;${n % 50 === 0 ? '31.02.2026' : '02.02.2026'}`)].join('\r\n')
  await page.evaluate(() => {
    const send = globalThis.fetch
    globalThis.fetch = async (...args) => {
      const answer = await send(...args)
      // From here on: the answer begins, and nothing that the server does is left.
      if (new URL(args[0]?.url ?? args[0], location.href).pathname.endsWith('/import') && args[1]?.method === 'POST') {
        globalThis.longest = 50
        new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration)
        }).observe({ type: 'longtask' })
        globalThis.answered = performance.now()
      }
      return answer
    }
    globalThis.painted = async (isThere) => {
      while (!isThere()) await new Promise(requestAnimationFrame)
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      return performance.now()
    }
  })
  await page.getByTestId('file').setInputFiles({ name: 'alle.csv', mimeType: 'text/csv', buffer: Buffer.from(file) })
  const next = page.getByRole('button', { name: 'Se hva som vil skje' })
  await next.waitFor()
  const columns = await page.evaluate(async () => (await globalThis.painted(() => document.querySelector('.column'))) - globalThis.answered)
  // What the person takes to press it does not count.
  await next.evaluate((button) => button.addEventListener('click', () => (globalThis.pressed = performance.now()), { capture: true }))
  await next.click()
  const rows = await page.evaluate(async () => (await globalThis.painted(() => document.querySelector('.import-row'))) - globalThis.pressed)
  await page.waitForTimeout(500)
  for (let n = 1; n <= 20; n++) {
    await page.evaluate((share) => scrollTo(0, document.documentElement.scrollHeight * share), n / 20)
    await page.waitForFunction(() => [...document.querySelectorAll('.import-row')].some((row) => {
      const { top, bottom } = row.getBoundingClientRect()
      return bottom > 0 && top < innerHeight
    }))
  }
  found.Import = { Readable: (columns + rows) / 1000, LongestTask: await page.evaluate(() => globalThis.longest) }
  say(`a preview readable after ${found.Import.Readable.toFixed(2)} s, of it the columns ${(columns / 1000).toFixed(2)} s; longest task ${found.Import.LongestTask} ms`)
  await context.close()
}

// A day on which nothing changes.
{
  const context = await browser.newContext(settings)
  await prepare(context)
  let page = await open(context)
  await readable(page)
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.waitForLoadState('networkidle')
  await page.close()
  const bytes = async () => Number(await (await fetch(`${given.url}/test/bytes`)).text())
  const before = await bytes()
  for (let n = 0; n < 10; n++) {
    page = await open(context)
    await readable(page)
    await page.waitForTimeout(1500)
    await page.close()
  }
  found.Day = (await bytes()) - before
  say(`a day ${found.Day} bytes`)
  await context.close()
}

// Writes on a line that is cut at random.
{
  const context = await browser.newContext({ ...settings, serviceWorkers: 'block' })
  await prepare(context)
  const page = await open(context)
  await readable(page)
  const seed = Number(process.env.SEED ?? Date.now() % 1e6)
  const { outcome, cuts } = await randomCuts({
    page, url: given.url, paused: given.paused,
    written: async () => Number(await (await fetch(`${given.url}/test/written`)).text()),
  }, given.writes, seed)
  Object.assign(found, { Sent: outcome.sent, Lost: outcome.lost, Doubled: outcome.doubled, Refused: outcome.refused, Before: cuts.before, After: cuts.after, Seed: String(seed) })
  await context.close()
}
await browser.close()
console.log(JSON.stringify(found))
