// What the console's tests have in common: a browser, people who are signed in, and what
// every page is looked at for.
import test, { after } from 'node:test'
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

export const given = JSON.parse(process.env.CLIENT_TEST)
const timeout = 60_000 // of one step, on a busy machine
const axe = await readFile(given.axe, 'utf8')
export const pictures = given.update ? new URL('../../docs/console/', import.meta.url).pathname : process.env.PICTURES

/** Takes a picture, with UPDATE=1 only of what docs/console has one. */
export async function picture(page, name) {
  if (!pictures) return
  const path = join(pictures, `${name}.png`)
  if (!given.update || existsSync(path)) await page.screenshot({ path })
}
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
export const launch = { executablePath: given.browser, chromiumSandbox: false, timeout }

export const browser = await chromium.launch(launch)
after(() => browser.close())

/** A page in a context of its own; what it logs as an error fails the test at the end. */
export async function open(options = {}) {
  const { path: _, ...settings } = options
  const context = options.context ?? (await browser.newContext({ viewport: { width: 360, height: 780 }, locale: 'nb-NO', ...settings }))
  const page = await context.newPage()
  page.setDefaultTimeout(timeout)
  page.faults = []
  page.on('pageerror', (error) => page.faults.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|ERR_INTERNET/.test(message.text())) page.faults.push(message.text())
  })
  await page.goto(given.url + (options.path ?? '/likepersoner'))
  return page
}

export const code = async (email) => (await fetch(`${given.url}/test/code?email=${email}`)).json()
export const log = async (name) => (await fetch(`${given.url}/test/log?name=${encodeURIComponent(name)}`)).json()

/** Signs in as a person does, with the code from the e-mail. */
export async function signIn(page, email) {
  await page.getByLabel('E-postadresse').fill(email)
  await page.getByRole('button', { name: 'Send kode' }).click()
  await page.getByRole('heading', { name: 'Skriv koden fra e-posten' }).waitFor()
  await page.getByLabel('Kode på seks tall').fill(await code(email))
  await page.getByRole('button', { name: 'Logg inn' }).click()
}

/** The session of somebody who signs in once, so that not each test needs a code. */
export async function session(email) {
  if (!signedIn.sessions[email]) {
    const headers = { apikey: given.key, 'content-type': 'application/json' }
    await fetch(`${given.url}/auth/v1/otp`, { method: 'POST', headers, body: JSON.stringify({ email, create_user: false }) })
    const answer = await fetch(`${given.url}/auth/v1/verify`, {
      method: 'POST', headers, body: JSON.stringify({ type: 'email', email, token: await code(email) }),
    })
    signedIn.sessions[email] = await answer.json()
    assert.equal(answer.status, 200, JSON.stringify(signedIn.sessions[email]))
  }
  return signedIn.sessions[email]
}

/** A page of somebody who has signed in before. */
export async function signedIn(email, options = {}) {
  const held = JSON.stringify(await session(email))
  const { path: _, ...settings } = options
  const context = options.context ?? (await browser.newContext({ viewport: { width: 360, height: 780 }, locale: 'nb-NO', ...settings }))
  await context.addInitScript(([url, session]) => {
    if (location.origin === url && !localStorage.getItem('console.session') && !sessionStorage.getItem('was')) {
      localStorage.setItem('console.session', session)
      sessionStorage.setItem('was', '1')
    }
  }, [given.url, held])
  return open({ context, path: options.path })
}
signedIn.sessions = {}

export async function wantAccessible(page, what) {
  // Transitions change colours half-way.
  await page.waitForTimeout(250)
  await page.evaluate(axe)
  const found = await page.evaluate((values) => globalThis.axe.run({ runOnly: { type: 'tag', values } }), tags)
  assert.ok(found.passes.length > 5, `${what}: axe looked at ${found.passes.length} rules`)
  assert.deepEqual(
    found.violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map((node) => node.html.slice(0, 160))]), [], what)
}

/** Nothing is wider than the window. */
export async function wantNoSidewaysScrolling(page, what) {
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
  assert.ok(wide <= window, `${what}: ${wide} px in a window of ${window}`)
}

export async function look(page, name) {
  await wantNoSidewaysScrolling(page, name)
  await wantAccessible(page, name)
  await picture(page, name)
}

export const row = (page, name) => page.getByRole('listitem').filter({ has: page.getByRole('link', { name, exact: true }) })
export const heading = (page, name) => page.getByRole('heading', { level: 1, name })

/** How one goes on with the keyboard alone: presses Tab until something of that name has the focus, which it shows. */
export const tabber = (page) => async (name) => {
  for (let n = 0; n < 60; n++) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => {
      const element = document.activeElement
      const label = element.ariaLabel ?? element.labels?.[0]?.textContent ?? element.textContent
      const style = getComputedStyle(element)
      const around = [element.closest('li'), element.closest('label'), element.parentElement].filter(Boolean)
      // The link to the content is there only while it has the focus.
      const isShown = element.matches('.ds-skip-link') && element.offsetWidth > 20 || style.outlineStyle !== 'none' || style.boxShadow !== 'none' ||
        around.some((other) => getComputedStyle(other).outlineStyle !== 'none' || getComputedStyle(other).boxShadow !== 'none')
      return { label: label?.replaceAll('\u00a0', ' ').trim(), isShown, isPage: element === document.body }
    })
    if (!focused.isPage && focused.label?.startsWith(name)) {
      assert.ok(focused.isShown, `${name} has the focus and doesn't show it`)
      return
    }
  }
  assert.fail(`Tab doesn't reach ${name}`)
}

/** A test that only make test-console runs. */
export const everywhere = given.all ? test : () => {}

export const locales = { nb: 'nb-NO', nn: 'nn-NO', en: 'en-GB' }

/** Looks at pages, by name, in every language, width and theme. */
export function accessibleEverywhere(email, pages) {
  for (const [language, locale] of Object.entries(locales)) {
    for (const colorScheme of ['light', 'dark']) {
      everywhere(`every page is accessible at 320 and 1,280 px, ${language}, ${colorScheme}`, async () => {
        const page = await signedIn(email, { locale, colorScheme })
        for (const [name, path] of Object.entries(pages)) {
          await page.goto(given.url + path)
          await page.getByRole('heading', { level: 1 }).last().waitFor()
          await page.waitForFunction(() => !document.querySelector('.ds-skeleton') && !document.querySelector('[data-busy]'))
          for (const width of [320, 1280]) {
            await page.setViewportSize({ width, height: 900 })
            await wantNoSidewaysScrolling(page, `${name} ${width}`)
            await wantAccessible(page, `${name} ${width}`)
            if (!given.update) await picture(page, `${name}-${width}-${language}-${colorScheme}`)
            else if (language === 'nb' && width === 1280 && colorScheme === 'light') await picture(page, `${name}-1280`)
          }
        }
        assert.deepEqual(page.faults, [])
        await page.context().close()
      })
    }
  }
}

export function readableAtTwiceTheSize(email, pages) {
  everywhere('text of 200 % on a small screen stays readable', async () => {
    // What a browser does with twice the size: half the window.
    const page = await signedIn(email, { viewport: { width: 180, height: 390 }, deviceScaleFactor: 2 })
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(given.url + path)
      await page.getByRole('heading', { level: 1 }).last().waitFor()
      const hidden = await page.evaluate(() => [...document.querySelectorAll('h1, p, a, button')].filter((element) => element.checkVisibility() && !element.closest('.unseen, .sheet-dialog') && element.getBoundingClientRect().right > innerWidth + 1)
        .map((element) => `${element.textContent} until ${Math.round(element.getBoundingClientRect().right)} of ${innerWidth}, in ${element.parentElement.className} of ${element.parentElement.parentElement.className}`))
      assert.deepEqual(hidden, [], name)
    }
    // What a browser does whose user has chosen larger letters: the window stays as wide as it was.
    for (const width of [320, 360]) {
      for (const [size, name] of [['100%', 'as usual'], ['200%', 'twice the size']]) {
        await page.setViewportSize({ width, height: 780 })
        await page.evaluate((size) => (document.documentElement.style.fontSize = size), size)
        const { rows, cut } = await page.evaluate(() => {
          const tabs = [...document.querySelectorAll('.bottom a')]
          const words = document.createRange()
          const isCut = (tab) => {
            const box = tab.getBoundingClientRect()
            return [...tab.querySelectorAll('*'), tab].some((part) => [...part.childNodes].some((text) => {
              if (text.nodeType !== Node.TEXT_NODE || part.closest('.unseen')) return false
              words.selectNodeContents(text)
              const { left, right } = words.getBoundingClientRect()
              return left < box.left - 1 || right > box.right + 1
            }))
          }
          return { rows: new Set(tabs.map((tab) => tab.getBoundingClientRect().top)).size, cut: tabs.filter(isCut).map((tab) => tab.textContent) }
        })
        assert.deepEqual({ rows, cut }, { rows: size === '100%' ? 1 : 2, cut: [] }, `tabs, ${width} px, ${name}`)
        await picture(page, `faner-${width}-${size.replace('%', '')}`)
      }
    }
    await page.context().close()
  })
}
