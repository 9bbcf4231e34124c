// The console when something goes wrong: lines that are cut, slow or come and go, sessions that
// end in the middle of a form, two tabs, two people on one device, a browser that is killed.
// Nothing that was done is lost or done twice, and the page says what is so. The Go test
// TestConsoleFaults serves it; make test does the quick ones, make test-console all.
import test from 'node:test'
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { randomCuts } from './console_cuts.mjs'
import { browser, code, everywhere, given, heading, launch, log, look, open, row, session, signedIn } from './console.mjs'

const long = { timeout: 90_000 }
const mentor = (n) => `00000000-0000-4000-8000-0000000f0${String(n).padStart(3, '0')}`
const functions = /\/functions\/v1\//
const settings = { viewport: { width: 360, height: 780 }, locale: 'nb-NO' }

/** Without a service worker, whose requests a test could not cut. */
const bare = () => browser.newContext({ ...settings, serviceWorkers: 'block' })

/** Ends a pause by the function, for the next round. */
async function end(email, id) {
  const answer = await fetch(`${given.url}/functions/v1/reactivate`, {
    method: 'POST', body: JSON.stringify({ mentor_id: id }),
    headers: { authorization: `Bearer ${signedIn.sessions[email].access_token}`, 'content-type': 'application/json' },
  })
  assert.equal(answer.status, 200, await answer.text())
}

/** Gives a pause, from the mentor's page on. */
async function pause(page, name, reason) {
  await page.getByRole('link', { name: `Sett ${name} på pause` }).click()
  await page.getByLabel('Hvorfor?').fill(reason)
  await page.getByRole('button', { name: `Sett ${name} på pause` }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}

/** Tells the page that the line is back, as a browser does. */
const online = (page) => page.evaluate(() => dispatchEvent(new Event('online')))

async function wantAllSent(page) {
  await page.goto(`${given.url}/usendt`)
  await page.getByText('Alt er sendt.').waitFor(long)
}

/** Everything that the browser keeps, as text. */
const kept = (page) => page.evaluate(async () => {
  const db = await new Promise((resolve) => {
    const request = indexedDB.open('console')
    request.onsuccess = () => resolve(request.result)
  })
  const stores = await Promise.all([...db.objectStoreNames].map((name) => new Promise((resolve) => {
    const request = db.transaction(name).objectStore(name).getAll()
    request.onsuccess = () => resolve(request.result)
  })))
  db.close()
  return JSON.stringify([stores, { ...localStorage }, { ...sessionStorage }])
})

/** Cuts the line at the nth request of a kind: before it reaches the server, or before its answer is back. */
async function cutAt(context, isMeant, n, isActed) {
  const state = { seen: [], isCut: false }
  await context.route(functions, async (route) => {
    const request = route.request()
    if (!state.isCut && isMeant(request) && state.seen.push(`${request.method()} ${new URL(request.url()).pathname}`) === n) {
      state.isCut = true
      if (isActed) await route.fetch()
      return route.abort('connectionreset').catch(() => {})
    }
    return (state.isCut ? route.abort('internetdisconnected') : route.continue()).catch(() => {})
  })
  state.repair = async (page) => {
    await context.unroute(functions)
    await online(page)
  }
  return state
}

for (const isActed of [false, true]) {
  const which = isActed ? test : everywhere
  which(`the line is cut ${isActed ? 'after' : 'before'} the server has acted: the page says so, and it is done once`, async () => {
    const context = await bare()
    const page = await signedIn('marit@example.org', { context, path: `/likepersoner/${mentor(10)}` })
    await heading(page, 'Per-Erik Tangestad').waitFor()
    const before = (await log('Per-Erik')).length
    const cut = await cutAt(context, (request) => request.method() === 'POST', 1, isActed)
    await pause(page, 'Per-Erik', 'Kuttet linje')
    assert.ok(cut.isCut)
    await page.getByText('Per-Erik Tangestad settes på pause når du er på nett igjen. Endringen venter på å bli sendt.').waitFor()
    assert.equal((await log('Per-Erik')).length - before, isActed ? 1 : 0)
    await cut.repair(page)
    await page.getByText(/^På pause siden |^På pause/).first().waitFor(long)
    await page.getByText('venter på å bli sendt.').waitFor({ state: 'detached' })
    assert.equal((await log('Per-Erik')).length - before, 1)
    await end('marit@example.org', mentor(10))
    await context.close()
  })
}

everywhere('the line is cut at each request of a task in turn: what was done is done once', async () => {
  const email = 'marit@example.org'
  const task = async (page) => {
    await page.getByRole('link', { name: 'Per-Erik Tangestad' }).click()
    await heading(page, 'Per-Erik Tangestad').waitFor()
    await pause(page, 'Per-Erik', 'Kuttet linje')
  }
  const before = async () => {
    const context = await bare()
    const page = await signedIn(email, { context })
    await row(page, 'Per-Erik Tangestad').waitFor()
    // The mentor's page and its form have been there once: there is no service worker here.
    await page.getByRole('link', { name: 'Per-Erik Tangestad' }).click()
    await page.getByRole('link', { name: 'Sett Per-Erik på pause' }).click()
    await page.getByRole('button', { name: 'Avbryt' }).click()
    await page.goto(`${given.url}/likepersoner`)
    await row(page, 'Per-Erik Tangestad').waitFor()
    await page.waitForLoadState('networkidle')
    return { context, page }
  }
  const isMeant = (request) => request.method() !== 'OPTIONS'
  const whole = await before()
  const seen = await cutAt(whole.context, isMeant, 0, false)
  await task(whole.page)
  await whole.page.waitForLoadState('networkidle')
  await end(email, mentor(10))
  await whole.context.close()
  assert.ok(seen.seen.some((request) => request.startsWith('POST')), String(seen.seen))
  for (let n = 1; n <= seen.seen.length; n++) {
    for (const isActed of [false, true]) {
      const { context, page } = await before()
      const count = (await log('Per-Erik')).length
      const cut = await cutAt(context, isMeant, n, isActed)
      await task(page)
      const what = `cut ${isActed ? 'after' : 'before'} the answer to ${seen.seen[n - 1]} (${n} of ${seen.seen.length})`
      const done = (await log('Per-Erik')).length - count
      if (done === 0) await page.getByText('venter på å bli sendt.').first().waitFor()
      await cut.repair(page)
      await wantAllSent(page)
      assert.equal((await log('Per-Erik')).length - count, 1, what)
      await page.goto(`${given.url}/likepersoner/${mentor(10)}`)
      await page.getByText(/^På pause/).first().waitFor()
      await end(email, mentor(10))
      await context.close()
    }
  }
})

/** A line as one has it in a valley. */
async function slow(page, isOffline = false) {
  const session = await page.context().newCDPSession(page)
  const set = (offline) => session.send('Network.emulateNetworkConditions', { offline, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 })
  await session.send('Network.enable')
  await set(isOffline)
  return set
}

everywhere('a slow line: a pause is given, once', async () => {
  const context = await bare()
  const page = await signedIn('marit@example.org', { context, path: '/mer' })
  await slow(page)
  await page.goto(`${given.url}/likepersoner/${mentor(10)}`)
  await heading(page, 'Per-Erik Tangestad').waitFor()
  const before = (await log('Per-Erik')).length
  await pause(page, 'Per-Erik', 'Treg linje')
  await page.getByText(/^På pause/).first().waitFor()
  assert.equal((await log('Per-Erik')).length - before, 1)
  await end('marit@example.org', mentor(10))
  await context.close()
})

everywhere('a line that comes and goes: three pauses arrive, in order, each once', async () => {
  const context = await bare()
  const page = await signedIn('marit@example.org', { context, path: `/likepersoner/${mentor(10)}` })
  await page.getByRole('link', { name: 'Sett Per-Erik på pause' }).click()
  await page.getByRole('button', { name: 'Avbryt' }).click()
  const set = await slow(page)
  let isOver = false
  const flapping = (async () => {
    for (let n = 0; !isOver; n++) {
      await set(n % 2 === 0)
      if (n % 2) await online(page).catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 700))
    }
    await set(false)
  })()
  const started = {}
  for (const [n, name, whole] of [[3, 'Berit', 'Berit Haugstuen'], [4, 'Hans', 'Hans Petter Østmoen'], [10, 'Per-Erik', 'Per-Erik Tangestad']]) {
    started[whole] = (await log(whole)).length
    await page.getByRole('link', { name: /Likepersoner/ }).first().click()
    await page.getByRole('link', { name: whole }).click()
    await heading(page, whole).waitFor()
    await page.getByRole('link', { name: `Sett ${name} på pause` }).waitFor(long)
    await pause(page, name, `Vaklende linje ${n}`)
  }
  isOver = true
  await flapping
  await wantAllSent(page)
  const changes = await Promise.all(Object.keys(started).map(async (name) => (await log(name)).slice(started[name])))
  assert.deepEqual(changes.map((found) => found.length), [1, 1, 1])
  const ids = changes.map(([change]) => change.id)
  assert.deepEqual(ids, [...ids].sort((one, other) => one - other))
  for (const n of [3, 4, 10]) await end('marit@example.org', mentor(n))
  await context.close()
})

everywhere('a browser that is killed with a full outbox sends it when it is opened again, in order, once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'console-'))
  const options = { ...launch, ...settings }
  const people = [[3, 'Berit', 'Berit Haugstuen'], [4, 'Hans', 'Hans Petter Østmoen'], [10, 'Per-Erik', 'Per-Erik Tangestad']]
  let context
  try {
    context = await chromium.launchPersistentContext(folder, options)
    let page = await signedIn('marit@example.org', { context })
    await page.evaluate(() => navigator.serviceWorker.ready)
    for (const [n, , whole] of people) {
      await page.goto(`${given.url}/likepersoner/${mentor(n)}`)
      await heading(page, whole).waitFor()
    }
    const before = await Promise.all(people.map(async ([, , whole]) => (await log(whole)).length))
    await context.setOffline(true)
    for (const [n, name] of people) {
      await page.goto(`${given.url}/likepersoner/${mentor(n)}`)
      await pause(page, name, 'Før strømmen gikk')
      await page.getByText('settes på pause når du er på nett igjen. Endringen venter på å bli sendt.').waitFor()
    }
    // No page is told: the process ends as by a fault of its own.
    const gone = new Promise((resolve) => context.once('close', resolve))
    const session = await context.newCDPSession(page)
    session.send('Browser.crash').catch(() => {})
    await gone
    context = await chromium.launchPersistentContext(folder, options)
    page = await open({ context, path: '/usendt' })
    await page.getByText('Alt er sendt.').waitFor(long)
    const changes = await Promise.all(people.map(async ([, , whole], n) => (await log(whole)).slice(before[n])))
    assert.deepEqual(changes.map((found) => found.length), [1, 1, 1])
    const ids = changes.map(([change]) => change.id)
    assert.deepEqual(ids, [...ids].sort((one, other) => one - other))
    for (const [n] of people) await end('marit@example.org', mentor(n))
  } finally {
    await context?.close().catch(() => {})
    await rm(folder, { recursive: true, force: true })
  }
})

// make bench does it a thousand times; WRITES=1000 here too. SEED repeats a run.
everywhere('many writes with random cuts: none is lost, none is done twice', async () => {
  const writes = Number(process.env.WRITES ?? 40)
  const seed = Number(process.env.SEED ?? Date.now() % 1e6)
  const context = await bare()
  const page = await signedIn('marit@example.org', { context })
  await row(page, 'Ingrid Fossmark').waitFor()
  const { outcome } = await randomCuts({
    page, url: given.url, paused: [[mentor(5), 'Ingrid'], [mentor(7), 'Solveig']],
    written: async () => (await log('Ingrid')).length + (await log('Solveig')).length,
  }, writes, seed)
  assert.deepEqual(outcome, { sent: writes, lost: 0, doubled: 0, refused: 0 }, `SEED=${seed}`)
  await context.close()
})

everywhere('a tab does what the other one waits for, and tells its form', async () => {
  const context = await bare()
  const first = await signedIn('marit@example.org', { context, path: `/likepersoner/${mentor(3)}` })
  const second = await open({ context, path: `/likepersoner/${mentor(4)}` })
  await heading(first, 'Berit Haugstuen').waitFor()
  await heading(second, 'Hans Petter Østmoen').waitFor()
  const before = [(await log('Berit')).length, (await log('Hans')).length]
  // The first tab sends, slowly; what the second one writes meanwhile is sent by the first.
  let release
  const held = new Promise((resolve) => (release = resolve))
  let sent = 0
  await context.route(/\/functions\/v1\/pause$/, async (route) => {
    if (route.request().method() !== 'POST') return route.continue()
    if (sent++ === 0) await held
    await route.continue()
  })
  const one = pause(first, 'Berit', 'Fra den ene fanen')
  await first.waitForTimeout(500)
  const other = pause(second, 'Hans', 'Fra den andre fanen')
  await second.waitForTimeout(500)
  release()
  await Promise.all([one, other])
  assert.equal(await second.getByText('venter på å bli sendt').count(), 0)
  assert.match(await second.locator('[data-announcer]').innerText(), /Hans/)
  assert.equal(sent, 2)
  assert.deepEqual([(await log('Berit')).length - before[0], (await log('Hans')).length - before[1]], [1, 1])
  // What was done in one shows in the other.
  await first.getByRole('link', { name: 'Likepersoner', exact: true }).first().click()
  await row(first, 'Hans Petter Østmoen').getByText('På pause').waitFor()
  await end('marit@example.org', mentor(4))
  await second.getByRole('link', { name: /tilbake/ }).first().waitFor()
  await end('marit@example.org', mentor(3))
  assert.deepEqual([...first.faults, ...second.faults], [])
  await context.close()
})

for (const isOffline of [false, true]) {
  const which = isOffline ? everywhere : test
  which(`signing out in one tab signs out the other${isOffline ? ', without a network too' : ''}`, async () => {
    const email = isOffline ? 'ella@example.org' : 'frida@example.org'
    const context = await bare()
    const first = await signedIn(email, { context, path: '/mer' })
    const second = await open({ context, path: `/likepersoner/${mentor(6)}/pause` })
    await second.getByLabel('Hvorfor?').fill('Et utkast som ikke skal bli liggende')
    await context.setOffline(isOffline)
    await first.getByRole('button', { name: /^Logg ut/ }).click()
    await heading(first, 'Logg inn').waitFor()
    await heading(second, 'Logg inn').waitFor()
    await second.getByText('Du er logget ut. Logg inn igjen for å fortsette.').waitFor()
    assert.equal(await first.getByText('Du er logget ut.').count(), 0)
    for (const page of [first, second]) {
      const left = await kept(page)
      assert.ok(!/Åsgårdsrud|utkast|example\.org|access_token|eyJ/.test(left), left.slice(0, 500))
    }
    // The other tab has nothing in its memory either.
    await context.setOffline(false)
    assert.equal(await second.getByText('Åsgårdsrud').count(), 0)
    await context.close()
  })
}

test('a session that ends by itself leaves what was typed, and nothing that was read', async () => {
  const context = await bare()
  const page = await signedIn('oda@example.org', { context, path: `/likepersoner/${mentor(6)}/pause` })
  const other = await open({ context, path: '/likepersoner' })
  await row(other, 'Liv Åsgårdsrud').waitFor()
  await page.getByLabel('Hvorfor?').fill('Skrevet før økten tok slutt')
  const wantKept = async (name, isThere) => {
    for (let n = 0; (await kept(page)).includes(name) !== isThere; n++) {
      assert.ok(n < 100, `${name} is ${isThere ? 'not ' : ''}kept: ${(await kept(page)).slice(0, 500)}`)
      await page.waitForTimeout(100)
    }
  }
  await wantKept('Åsgårdsrud', true)
  await wantKept('Skrevet før', true)
  // The server takes neither the token nor the one to renew it with.
  const expired = await (await fetch(`${given.url}/test/expired?email=oda@example.org`)).json()
  await page.evaluate((access_token) => {
    const session = JSON.parse(localStorage.getItem('console.session'))
    localStorage.setItem('console.session', JSON.stringify({ ...session, access_token, refresh_token: 'ended', expires_at: 1 }))
  }, expired)
  await page.reload()
  await heading(page, 'Logg inn').waitFor()
  await heading(other, 'Logg inn').waitFor()
  await wantKept('Åsgårdsrud', false)
  assert.ok(!/Haugstuen|Vikhammer|access_token|eyJ/.test(await kept(page)))
  // She goes on where she was.
  await page.getByLabel('E-postadresse').fill('oda@example.org')
  await page.getByRole('button', { name: 'Send kode' }).click()
  await heading(page, 'Skriv koden fra e-posten').waitFor()
  await page.getByLabel('Kode på seks tall').fill(await code('oda@example.org'))
  await page.getByRole('button', { name: 'Logg inn' }).click()
  await page.waitForFunction(() => document.querySelector('textarea')?.value === 'Skrevet før økten tok slutt')
  await context.close()
})

test('what one person asked for is not shown to the next one, whenever it comes', async () => {
  const context = await bare()
  const first = await signedIn('lise@example.org', { context, path: `/likepersoner/${mentor(3)}` })
  await heading(first, 'Berit Haugstuen').waitFor()
  await pause(first, 'Berit', 'Lises grunn')
  await first.locator('main').getByText('Berit er satt på pause.').waitFor()
  const jonas = JSON.stringify(await session('jonas@example.org'))
  const second = await open({ context, path: '/mer' })
  const asked = (url) => functions.test(url.href) && url.search.includes(mentor(3))
  let held
  // The reason is to be read anew: it is there already when the page has just changed.
  for (let n = 0; !held && n < 5; n++) {
    await context.unroute(asked)
    await first.reload()
    await heading(first, 'Berit Haugstuen').waitFor()
    await first.waitForLoadState('networkidle')
    await context.route(asked, (route) => {
      if (held) return route.abort('internetdisconnected').catch(() => {})
      held = route
    })
    await first.getByRole('button', { name: 'Vis grunn' }).first().click()
    for (let m = 0; !held && m < 30; m++) await first.waitForTimeout(100)
  }
  await second.getByRole('button', { name: /^Logg ut/ }).click()
  await heading(first, 'Logg inn').waitFor()
  await second.evaluate((kept) => localStorage.setItem('console.session', kept), jonas)
  await heading(first, 'Logg inn').waitFor({ state: 'detached' })
  const answered = first.waitForResponse((answer) => answer.url().includes(mentor(3)))
  await held.continue()
  await answered
  await first.getByText('dette er ikke hentet før').first().waitFor()
  await first.waitForTimeout(500)
  assert.equal(await first.getByText('Lises grunn').count() + await heading(first, 'Berit Haugstuen').count(), 0)
  assert.ok(!(await kept(first)).includes('Berit'))
  await end('lise@example.org', mentor(3))
  await context.close()
})

test('what was chosen and said is forgotten when somebody signs out', async () => {
  const context = await bare()
  const page = await signedIn('mia@example.org', { context, path: `/likepersoner/${mentor(4)}` })
  await heading(page, 'Hans Petter Østmoen').waitFor()
  await pause(page, 'Hans', 'Mias grunn')
  await page.locator('main').getByText('Hans er satt på pause.').waitFor()
  await page.getByRole('navigation').getByRole('link', { name: 'Likepersoner', exact: true }).click()
  await page.getByRole('button', { name: 'Velg flere' }).click()
  await page.getByLabel('Velg Liv Åsgårdsrud').check()
  await page.getByText('1 valgt').waitFor()
  await page.getByRole('navigation').getByRole('link', { name: 'Mer' }).click()
  const hers = await page.evaluate(() => localStorage.getItem('console.session'))
  await page.getByRole('button', { name: /^Logg ut/ }).click()
  await heading(page, 'Logg inn').waitFor()
  const enter = async (kept) => {
    // As another tab does in which somebody signs in.
    const other = await context.newPage()
    await other.goto(`${given.url}/version.json`)
    await other.evaluate((kept) => localStorage.setItem('console.session', kept), kept)
    await other.close()
  }
  await enter(JSON.stringify(await session('jonas@example.org')))
  await page.getByRole('button', { name: /^Logg ut/ }).waitFor()
  assert.doesNotMatch(await page.locator('body').innerText(), /Hans|Liv/)
  // She herself begins anew too.
  await enter(hers)
  await page.getByText('mia@example.org').waitFor()
  await page.getByRole('navigation').getByRole('link', { name: 'Likepersoner', exact: true }).click()
  await page.getByRole('button', { name: 'Velg flere' }).waitFor()
  await end('mia@example.org', mentor(4))
  await context.close()
})

test('what waits for more than a day is sent when its user says so', async () => {
  const context = await bare()
  const page = await signedIn('nora@example.org', { context, path: `/likepersoner/${mentor(4)}` })
  const before = (await log('Hans')).length
  await page.getByRole('link', { name: 'Sett Hans på pause' }).click()
  await page.getByLabel('Hvorfor?').fill('<img src=x onerror=alert(1)>')
  await context.route(functions, (route) => route.abort('internetdisconnected'))
  await page.getByRole('button', { name: 'Sett Hans på pause' }).click()
  await page.getByText('venter på å bli sendt.').first().waitFor()
  // The browser was closed for a night and a day.
  await page.evaluate(() => new Promise((resolve, reject) => {
    indexedDB.open('console').onsuccess = ({ target: { result: db } }) => {
      const transaction = db.transaction('outbox', 'readwrite')
      const outbox = transaction.objectStore('outbox')
      outbox.getAll().onsuccess = ({ target: { result } }) => result.forEach((item) => outbox.put({ ...item, made: item.made - 25 * 3_600_000 }))
      transaction.oncomplete = () => resolve(db.close())
      transaction.onerror = reject
    }
  }))
  await context.unroute(functions)
  await page.goto(`${given.url}/usendt`)
  await page.getByText('Mer enn et døgn gammel. Skal den fortsatt sendes?').waitFor()
  await look(page, 'døgngammel-360')
  assert.equal((await log('Hans')).length, before)
  await page.getByRole('button', { name: 'Send nå' }).click()
  await page.getByText('Alt er sendt.').waitFor()
  assert.equal((await log('Hans')).length, before + 1)
  // A reason is text, whatever it looks like.
  await page.goto(`${given.url}/likepersoner/${mentor(4)}`)
  await page.waitForLoadState('networkidle') // no longer what was kept of before
  await page.getByRole('button', { name: 'Vis grunn' }).first().click()
  await page.getByText('<img src=x onerror=alert(1)>', { exact: true }).first().waitFor()
  assert.equal(await page.locator('img[src=x]').count(), 0)
  await end('nora@example.org', mentor(4))
  await context.close()
})

test('a file of the console that is gone: the page says so, and what was typed is there again', async () => {
  const context = await bare()
  const page = await signedIn('nora@example.org', { context, path: `/likepersoner/${mentor(6)}/pause` })
  await page.getByLabel('Hvorfor?').fill('Skrevet før den nye versjonen')
  // As the console answers for a file that it has no longer.
  await context.route(/\/assets\/Inbox-/, (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body: '<!doctype html>' }))
  await page.evaluate(() => history.pushState(null, '', '/innboks'))
  await heading(page, 'Dette kunne ikke vises').waitFor()
  await look(page, 'mangler-fil-360')
  await context.unroute(/\/assets\/Inbox-/)
  await page.getByRole('button', { name: 'Last siden på nytt' }).click()
  await heading(page, 'Innboks').waitFor()
  await page.evaluate((path) => history.pushState(null, '', path), `/likepersoner/${mentor(6)}/pause`)
  await page.waitForFunction(() => document.querySelector('textarea')?.value === 'Skrevet før den nye versjonen')
  await context.close()
})

test('what is shown is checked when the page is looked at again, and nothing moves for those who want it so', async () => {
  const context = await browser.newContext({ ...settings, serviceWorkers: 'block', reducedMotion: 'reduce' })
  const page = await signedIn('nora@example.org', { context })
  await row(page, 'Liv Åsgårdsrud').waitFor()
  await page.waitForLoadState('networkidle')
  const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((element) => {
    const { animationDuration, transitionDuration } = getComputedStyle(element)
    return `${animationDuration}, ${transitionDuration}`.split(', ').some((duration) => Number.parseFloat(duration) > 0.001)
  }).length)
  assert.equal(moving, 0)
  await page.waitForTimeout(5_500) // what is younger is not asked for again
  const answered = page.waitForResponse((answer) => new URL(answer.url()).pathname.endsWith('/roster') && answer.request().method() === 'GET')
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })))
  const answer = await answered
  assert.ok((await answer.request().allHeaders())['if-none-match'])
  assert.equal(answer.status(), 304)
  await context.close()
})

test('no token and no code stands in an address, and nobody shows the console in a frame', async () => {
  const page = await open({ path: '/' })
  const addresses = []
  page.context().on('request', (request) => addresses.push(request.url(), request.headers().referer ?? ''))
  page.on('framenavigated', (frame) => addresses.push(frame.url()))
  await page.getByLabel('E-postadresse').fill('nora@example.org')
  await page.getByRole('button', { name: 'Send kode' }).click()
  await heading(page, 'Skriv koden fra e-posten').waitFor()
  const sent = await code('nora@example.org')
  await page.getByLabel('Kode på seks tall').fill(sent)
  await page.getByRole('button', { name: 'Logg inn' }).click()
  await heading(page, 'Trenger deg').waitFor()
  const { access_token, refresh_token } = await page.evaluate(() => JSON.parse(localStorage.getItem('console.session')))
  await page.goto(`${given.url}/mer`)
  await page.getByRole('button', { name: /^Logg ut/ }).click()
  await heading(page, 'Logg inn').waitFor()
  assert.ok(addresses.some((address) => address.includes('/auth/v1/verify')))
  for (const secret of [access_token, refresh_token, sent, 'nora@']) {
    assert.deepEqual(addresses.filter((address) => address.includes(secret)), [])
  }
  const frame = await page.context().newPage()
  await frame.setContent(`<iframe src="${given.url}/"></iframe>`)
  for (let n = 0; !/^chrome-error:/.test(frame.frames()[1]?.url()) && n < 100; n++) await frame.waitForTimeout(100)
  assert.match(frame.frames()[1].url(), /^chrome-error:/)
  await page.context().close()
})

everywhere('two people on one device: what the first has not sent stays hers', async () => {
  const context = await bare()
  const page = await signedIn('gro@example.org', { context, path: `/likepersoner/${mentor(6)}` })
  await heading(page, 'Liv Åsgårdsrud').waitFor()
  // The form is loaded while there is a line: without a service worker nothing has kept it.
  await page.getByRole('link', { name: 'Sett Liv på pause' }).click()
  await page.getByRole('button', { name: 'Avbryt' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await context.setOffline(true)
  await pause(page, 'Liv', 'Gros grunn')
  // Her session ends before the network is back.
  await page.evaluate(() => {
    const session = JSON.parse(localStorage.getItem('console.session'))
    localStorage.setItem('console.session', JSON.stringify({ ...session, refresh_token: 'ended', expires_at: 1 }))
  })
  await context.setOffline(false)
  await page.reload()
  await heading(page, 'Logg inn').waitFor(long)
  assert.equal((await log('Liv')).length, 0)

  const requests = []
  page.on('request', (request) => functions.test(request.url()) && requests.push(request))
  const enter = async (email) => {
    await page.getByLabel('E-postadresse').fill(email)
    await page.getByRole('button', { name: 'Send kode' }).click()
    await heading(page, 'Skriv koden fra e-posten').waitFor()
    await page.getByLabel('Kode på seks tall').fill(await code(email))
    await page.getByRole('button', { name: 'Logg inn' }).click()
    await heading(page, 'Liv Åsgårdsrud').waitFor()
  }
  await enter('pia@example.org')
  await page.getByRole('link', { name: 'Sett Liv på pause' }).waitFor()
  assert.equal(await page.getByText('venter på å bli sendt').count(), 0)
  await online(page)
  await page.goto(`${given.url}/usendt`)
  await page.getByText('Alt er sendt.').waitFor()
  assert.deepEqual(requests.filter((request) => ['POST', 'PATCH', 'DELETE'].includes(request.method())).map((request) => request.url()), [])
  assert.equal((await log('Liv')).length, 0)
  await page.goto(`${given.url}/mer`)
  await page.getByRole('button', { name: 'Logg ut' }).click()
  await heading(page, 'Logg inn').waitFor()
  assert.ok(!(await kept(page)).includes('Pia'))

  await page.evaluate((path) => history.pushState(null, '', path), `/likepersoner/${mentor(6)}`)
  await enter('gro@example.org')
  await page.getByText(/^På pause/).first().waitFor(long)
  const changes = await log('Liv')
  assert.deepEqual(changes.map(({ actor_id }) => actor_id), ['00000000-0000-4000-8000-0000000ea003'])
  await wantAllSent(page)
  await end('gro@example.org', mentor(6)).catch(() => {})
  await context.close()
})

everywhere('a token that expires in the middle of a form is renewed, and the form is sent', async () => {
  const context = await bare()
  const page = await signedIn('heidi@example.org', { context, path: `/likepersoner/${mentor(2)}` })
  await page.getByRole('link', { name: 'Sett Ánne-Máret på pause' }).click()
  await page.getByLabel('Hvorfor?').fill('Utløpt token')
  const expired = await (await fetch(`${given.url}/test/expired?email=heidi@example.org`)).json()
  await page.evaluate((token) => {
    const session = JSON.parse(localStorage.getItem('console.session'))
    localStorage.setItem('console.session', JSON.stringify({ ...session, access_token: token }))
  }, expired)
  const statuses = []
  page.on('response', (response) => response.request().method() === 'POST' && statuses.push([new URL(response.url()).pathname, response.status()]))
  await page.getByRole('button', { name: 'Sett Ánne-Máret på pause' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByText(/^På pause/).first().waitFor()
  assert.deepEqual(statuses.filter(([path]) => /pause$|token$/.test(path)), [['/functions/v1/pause', 401], ['/auth/v1/token', 200], ['/functions/v1/pause', 200]])
  assert.equal((await log('Ánne')).length, 1)
  await context.close()
})

for (const [email, isSent] of [['ida@example.org', false], ['kaja@example.org', true]]) {
  everywhere(`a session that ends in the middle of a form${isSent ? ', as it is sent' : ''}: its user signs in again and goes on`, async () => {
    const n = isSent ? 9 : 1
    const context = await bare()
    const page = await signedIn(email, { context, path: `/likepersoner/${mentor(n)}/pause` })
    await page.getByLabel('Hvorfor?').fill('Skrevet før økten tok slutt')
    const before = (await log(isSent ? '<img' : 'Anders')).length
    const expired = await (await fetch(`${given.url}/test/expired?email=${email}`)).json()
    await page.evaluate(([access_token, ends]) => {
      const session = JSON.parse(localStorage.getItem('console.session'))
      localStorage.setItem('console.session', JSON.stringify({ ...session, access_token, refresh_token: 'ended', ...ends }))
    }, [expired, isSent ? {} : { expires_at: 1 }])
    if (isSent) await page.getByRole('button', { name: /^Sett .* på pause$/ }).click()
    else await page.reload()
    await heading(page, 'Logg inn').waitFor()
    if (isSent) await page.getByText('Du er logget ut. Logg inn igjen for å fortsette.').waitFor()
    await look(page, 'logget-ut-360')
    assert.equal((await log(isSent ? '<img' : 'Anders')).length, before)
    await page.getByLabel('E-postadresse').fill(email)
    await page.getByRole('button', { name: 'Send kode' }).click()
    await heading(page, 'Skriv koden fra e-posten').waitFor()
    await page.getByLabel('Kode på seks tall').fill(await code(email))
    await page.getByRole('button', { name: 'Logg inn' }).click()
    if (!isSent) {
      // The form is open where it was, with what was typed.
      await page.waitForFunction(() => document.querySelector('textarea')?.value === 'Skrevet før økten tok slutt')
      await page.getByRole('button', { name: /^Sett .* på pause$/ }).click()
    }
    for (let n = 0; (await log(isSent ? '<img' : 'Anders')).length === before && n < 60; n++) await page.waitForTimeout(500)
    await wantAllSent(page)
    assert.equal((await log(isSent ? '<img' : 'Anders')).length, before + 1)
    await context.close()
  })
}

everywhere('an account with a second factor is asked for its code', async () => {
  const context = await bare()
  const page = await signedIn('julie@example.org', { context })
  await row(page, 'Anders Lillevold').waitFor()
  await context.close()
  const session = signedIn.sessions['julie@example.org']
  const auth = async (path, body) => {
    const answer = await fetch(`${given.url}/auth/v1${path}`, {
      method: 'POST', body: JSON.stringify(body),
      headers: { apikey: given.key, authorization: `Bearer ${session.access_token}`, 'content-type': 'application/json' },
    })
    assert.equal(answer.status, 200)
    return answer.json()
  }
  const made = await auth('/factors', { factor_type: 'totp', friendly_name: 'telefon' })
  const totp = async () => (await fetch(`${given.url}/test/totp?secret=${made.totp.secret}`)).json()
  const challenge = await auth(`/factors/${made.id}/challenge`, {})
  const first = await totp()
  await auth(`/factors/${made.id}/verify`, { challenge_id: challenge.id, code: first })

  const again = await open({ path: '/likepersoner' })
  const requests = []
  again.on('request', (request) => functions.test(request.url()) && requests.push(request.url()))
  await again.getByLabel('E-postadresse').fill('julie@example.org')
  await again.getByRole('button', { name: 'Send kode' }).click()
  await heading(again, 'Skriv koden fra e-posten').waitFor()
  await again.getByLabel('Kode på seks tall').fill(await code('julie@example.org'))
  await again.getByRole('button', { name: 'Logg inn' }).click()
  await heading(again, 'Skriv koden fra autentiseringsappen').waitFor()
  assert.equal(await again.evaluate(() => document.activeElement.textContent), 'Skriv koden fra autentiseringsappen')
  await look(again, 'andre-faktor-360')
  // Loading the page again leads past nothing.
  await again.reload()
  await heading(again, 'Skriv koden fra autentiseringsappen').waitFor()
  assert.deepEqual(requests, [])
  await again.getByLabel('Kode på seks tall').fill('12')
  await again.getByRole('button', { name: 'Logg inn' }).click()
  await again.getByText('Skriv de seks tallene fra appen.').waitFor()
  await again.getByLabel('Kode på seks tall').fill('000000')
  await again.getByRole('button', { name: 'Logg inn' }).click()
  await again.getByText('Koden stemmer ikke. Appen lager en ny').waitFor()
  // A code is taken once; the next step has another.
  let next = await totp()
  for (let n = 0; next === first && n < 70; n++) {
    await again.waitForTimeout(500)
    next = await totp()
  }
  await again.getByLabel('Kode på seks tall').fill(next)
  await again.getByRole('button', { name: 'Logg inn' }).click()
  await row(again, 'Anders Lillevold').waitFor()
  await again.reload()
  await row(again, 'Anders Lillevold').waitFor()
  assert.deepEqual(again.faults, [])
  await again.context().close()
})
