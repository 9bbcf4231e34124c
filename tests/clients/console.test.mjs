// The console in a browser, from the first click to the row in the log. The Go test
// TestConsole serves it with the functions, the database and the stand-in for Supabase Auth.
// Each task is done once, in Bokmål at 360 px, with axe on every page; CONSOLE=all adds the
// other languages, widths and the dark theme.
import test from 'node:test'
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import {
  accessibleEverywhere, browser, code, everywhere, given, heading, launch, log, look, open, readableAtTwiceTheSize, row, signedIn, signIn, tabber,
} from './console.mjs'

test('somebody signs in with the code from the e-mail', async () => {
  const page = await open({ path: '/' })
  await heading(page, 'Logg inn').waitFor()
  await look(page, 'logg-inn-360')
  await page.getByRole('button', { name: 'Send kode' }).click()
  await page.getByText('Skriv e-postadressen din, for eksempel').waitFor()
  await signIn(page, 'kari@example.org')
  await heading(page, 'Trenger deg').waitFor()
  assert.equal(await page.title(), 'Trenger deg – Likeperson')
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('the language is chosen on the first page and on one’s own, and stays', async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 780 }, locale: 'nb-NO' })
  let page = await open({ context, path: '/' })
  const language = () => page.evaluate(() => document.documentElement.lang)
  const chosen = () => page.getByRole('navigation').getByRole('button', { pressed: true }).allInnerTexts()
  await heading(page, 'Logg inn').waitFor()
  assert.deepEqual([await language(), await chosen()], ['nb', ['Bokmål']])
  const choices = page.getByRole('navigation', { name: 'Språk' }).getByRole('button')
  assert.deepEqual(await choices.evaluateAll((all) => all.map((one) => [one.textContent, one.lang])), [['Bokmål', 'nb'], ['Nynorsk', 'nn'], ['English', 'en']])
  await page.getByRole('button', { name: 'English' }).click()
  await heading(page, 'Sign in').waitFor()
  assert.deepEqual([await language(), await chosen(), await page.title()], ['en', ['English'], 'Sign in – Likeperson'])
  await page.getByRole('button', { name: 'Nynorsk' }).click()
  await page.getByText('Skriv e-postadressa di').first().waitFor()
  assert.deepEqual([await language(), await chosen()], ['nn', ['Nynorsk']])
  await look(page, 'logg-inn-nynorsk-360')
  await page.reload()
  await heading(page, 'Logg inn').waitFor()
  assert.deepEqual([await language(), await chosen()], ['nn', ['Nynorsk']])

  // It is that of the pages behind, until another one is chosen there.
  page = await signedIn('jonas@example.org', { context, path: '/mer' })
  await heading(page, 'Meir').waitFor()
  assert.ok(await page.getByRole('radio', { name: 'Nynorsk' }).isChecked())
  await page.getByRole('radio', { name: 'Bokmål' }).check()
  await heading(page, 'Mer').waitFor()
  assert.equal(await language(), 'nb')
  await page.getByRole('radio', { name: 'English' }).check()
  await heading(page, 'More').waitFor()
  await page.reload()
  await heading(page, 'More').waitFor()
  assert.deepEqual([await language(), page.faults], ['en', []])
  await context.close()
})

test('a first visit whose line breaks says so, and goes on by itself', async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 780 }, locale: 'nb-NO', serviceWorkers: 'block' })
  let isCut = true
  await context.route('**/config.json', (route) => (isCut ? route.abort() : route.continue()))
  const page = await open({ context, path: '/' })
  await heading(page, 'Vi får ikke kontakt').waitFor()
  await look(page, 'uten-kontakt-360')
  await page.getByRole('button', { name: 'Prøv igjen' }).click()
  await page.getByRole('button', { name: 'Prøv igjen' }).waitFor()
  isCut = false
  await heading(page, 'Logg inn').waitFor()
  assert.deepEqual(page.faults, [])
  await context.close()
})

test('known, unknown and unconfirmed addresses look the same, and a wrong code is said', async () => {
  const seen = []
  for (const email of ['nobody@example.org', 'nina@example.org', 'unconfirmed@example.org']) {
    const page = await open()
    await page.getByLabel('E-postadresse').fill(email)
    await page.getByRole('button', { name: 'Send kode' }).click()
    await heading(page, 'Skriv koden fra e-posten').waitFor()
    await page.getByText(/Du kan be om en ny kode om \d+ sekund/).waitFor()
    seen.push((await page.locator('main').innerText()).replace(email, '…').replace(/\d+ sekund/, 'n sekund'))
    await page.getByLabel('Kode på seks tall').fill('12 34 5')
    await page.getByRole('button', { name: 'Logg inn' }).click()
    await page.getByText('Skriv de seks tallene fra e-posten.').waitFor()
    await page.getByLabel('Kode på seks tall').fill('000 000')
    await page.getByRole('button', { name: 'Logg inn' }).click()
    await page.getByText('Koden stemmer ikke').waitFor()
    if (email === 'nina@example.org') await look(page, 'kode-360')
    assert.deepEqual(page.faults, [])
    await page.context().close()
  }
  assert.equal(seen[0], seen[1])
  assert.equal(seen[0], seen[2])
})

test('the roster is searched and filtered, in the address too', async () => {
  const page = await signedIn('marit@example.org')
  await row(page, 'Anders Lillevold').waitFor()
  await page.getByText('10 likepersoner', { exact: true }).waitFor()
  await look(page, 'likepersoner-360')
  // A name is text, whatever it looks like.
  await row(page, '<img src=x onerror=alert(1)> Nordli').waitFor()
  assert.equal(await page.locator('img[src=x]').count(), 0)

  await page.getByLabel('Søk etter navn').fill('oyv')
  await row(page, 'Øyvind Brattåsen').waitFor()
  await row(page, 'Anders Lillevold').waitFor({ state: 'detached' })
  assert.equal(new URL(page.url()).searchParams.get('sok'), 'oyv')
  await page.getByLabel('Søk etter navn').fill('finnes ikke')
  await page.getByText('Ingen likepersoner heter noe med «finnes ikke».').waitFor()
  assert.equal(await page.locator('[data-announcer]').innerText(), 'Ingen treff')
  await look(page, 'likepersoner-ingen-360')
  await page.getByRole('link', { name: 'Vis alle' }).click()
  await row(page, 'Anders Lillevold').waitFor()

  await page.getByRole('checkbox', { name: /^Utløpt/ }).check()
  await row(page, 'Anders Lillevold').waitFor({ state: 'detached' })
  await row(page, 'Øyvind Brattåsen').getByText('Grunnkurs gikk ut').waitFor()
  await page.reload()
  await row(page, 'Øyvind Brattåsen').waitFor()
  assert.ok(await page.getByRole('checkbox', { name: /^Utløpt/ }).isChecked())
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('a pause: mistakes are said, then it is in the log', async () => {
  const page = await signedIn('marit@example.org')
  await page.getByRole('link', { name: 'Anders Lillevold' }).click()
  await heading(page, 'Anders Lillevold').waitFor()
  await page.getByRole('link', { name: 'Ring 912 34 560'.replaceAll(' ', '\u00a0').replace('Ring\u00a0', 'Ring ') }).waitFor()
  await look(page, 'likeperson-360')
  await page.getByRole('link', { name: 'Sett Anders på pause' }).click()
  const dialog = page.getByRole('dialog', { name: 'Sett Anders på pause' })
  await dialog.waitFor()
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Sett Anders på pause')

  await dialog.getByLabel('Når er Anders tilbake?').fill('1.1.20')
  await dialog.getByRole('button', { name: 'Sett Anders på pause' }).click()
  await dialog.getByRole('heading', { name: 'Rett opp to ting før du setter Anders på pause' }).waitFor()
  assert.equal(await page.evaluate(() => document.activeElement.tagName.toLowerCase()), 'ds-error-summary')
  await look(page, 'pause-feil-360')
  await dialog.getByRole('link', { name: 'Skriv hvorfor Anders tar pause' }).click()
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'TEXTAREA')
  await page.keyboard.type('Har fått nytt barn & trenger ro')
  await dialog.getByRole('button', { name: 'Om 3 måneder' }).click()
  await dialog.getByText(/om\s1[23]\suker/).first().waitFor()
  await dialog.getByText(/Anders og Jonas Vikhammer får beskjed\./).waitFor()
  await look(page, 'pause-360')
  await dialog.getByRole('button', { name: 'Sett Anders på pause' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText(/^På pause til /).waitFor()
  await page.getByText('Marit Elvestad satte Anders på pause').waitFor()
  // What was done is said to those who see the page too, and Back doesn't ask for it again.
  await page.locator('main').getByText('Anders er satt på pause.').waitFor()
  await look(page, 'pause-lagret-360')
  await page.goBack()
  await heading(page, 'Anders Lillevold').waitFor()
  assert.equal(await page.getByRole('dialog').count(), 0)

  const [change] = await log('Anders')
  assert.equal(change.to_status, 'paused')
  assert.equal(change.actor_id, '00000000-0000-4000-8000-0000000000c5')

  // The reason is behind a button, and not on the device.
  assert.equal(await page.getByText('Har fått nytt barn').count(), 0)
  await page.getByRole('button', { name: 'Vis grunn' }).click()
  await page.getByText('Har fått nytt barn & trenger ro').waitFor()
  assert.ok(!(await kept(page)).includes('nytt barn'), 'a reason is kept on the device')

  // Nor is it when it stands in a form that is being changed; and a second pause has to wait.
  await page.getByRole('link', { name: 'Endre pausen' }).click()
  await page.getByLabel('Når er Anders tilbake?').fill('1. mai')
  await page.waitForFunction(() => new Promise((resolve) => {
    indexedDB.open('console').onsuccess = ({ target: { result: db } }) => {
      const counted = db.transaction('drafts').objectStore('drafts').count()
      counted.onsuccess = () => { db.close(); resolve(counted.result > 0) }
    }
  }))
  assert.ok(!(await kept(page)).includes('nytt barn'), 'a reason is kept in a draft')
  await page.getByText('En ny pause kan først planlegges når Anders er tilbake.').waitFor()
  await page.getByRole('button', { name: 'Avbryt' }).click()
  await page.goto(`${page.url()}/pause`)
  await page.getByText('En ny pause kan først planlegges når Anders er tilbake.').waitFor()
  await look(page, 'pause-alt-borte-360')
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

const rows = async (query) => {
  const answer = await fetch(`${given.url}/test/rows`, { method: 'POST', body: query })
  assert.equal(answer.status, 200, await answer.clone().text())
  return answer.json()
}

/** Everything that the browser keeps for the console, as text. */
const kept = (page) => page.evaluate(async () => {
  const parts = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)]
  const db = await new Promise((resolve) => {
    const request = indexedDB.open('console')
    request.onsuccess = () => resolve(request.result)
  })
  for (const store of db.objectStoreNames) {
    const all = await new Promise((resolve) => {
      const request = db.transaction(store).objectStore(store).getAll()
      request.onsuccess = () => resolve(request.result)
    })
    parts.push(JSON.stringify(all))
  }
  db.close()
  return parts.join('\n')
})

test('what is chosen while a form opens and while its draft comes is kept', async () => {
  const page = await signedIn('jonas@example.org', { path: '/likepersoner/00000000-0000-4000-8000-0000000f0003' })
  await heading(page, 'Berit Haugstuen').waitFor()
  // Where it is from the first picture on, so that a click hits what was aimed at.
  await page.evaluate(() => {
    globalThis.places = []
    const look = () => {
      const radio = document.querySelector('[role=dialog] input[value=later], dialog input[value=later]')
      if (radio) globalThis.places.push(Math.round(radio.getBoundingClientRect().top))
      if (globalThis.places.length < 40) requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
  await page.getByRole('link', { name: 'Sett Berit på pause' }).click()
  await page.waitForFunction(() => globalThis.places.length >= 40)
  assert.equal(await page.evaluate(() => new Set(globalThis.places).size), 1, 'the form moves while it opens')

  // Two choices before it is drawn again.
  await page.evaluate(() => {
    document.querySelector('.date-choices button').click()
    document.querySelector('input[value=later]').click()
  })
  await page.getByLabel('Første dag').waitFor()
  assert.match(await page.getByLabel('Når er Berit tilbake?').inputValue(), /^\d+\.\d+\.\d{4}$/)
  await page.getByLabel('Hvorfor?').fill('Et utkast')
  const drafts = () => page.evaluate(() => new Promise((resolve) => {
    indexedDB.open('console').onsuccess = ({ target: { result: db } }) => {
      db.transaction('drafts').objectStore('drafts').getAll().onsuccess = ({ target }) => { db.close(); resolve(target.result.map(({ values }) => values)) }
    }
  }))
  const wantDraft = async (starts, reason) => {
    for (let n = 0; n < 50; n++) {
      const [found] = await drafts()
      if (found?.starts === starts && found.reason === reason) return
      await page.waitForTimeout(100)
    }
    assert.fail(`kept is ${JSON.stringify(await drafts())}`)
  }
  await wantDraft('later', 'Et utkast')

  // The draft comes late, because the disk is busy.
  await page.getByRole('button', { name: 'Lukk' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.evaluate(() => new Promise((resolve) => {
    indexedDB.open('console').onsuccess = ({ target: { result: db } }) => {
      const store = db.transaction('drafts', 'readwrite').objectStore('drafts')
      const hold = () => (store.count().onsuccess = () => { resolve(); if (!globalThis.isFree) hold(); else db.close() })
      hold()
    }
  }))
  await page.getByRole('link', { name: 'Sett Berit på pause' }).click()
  await page.getByLabel('Når er Berit tilbake?').fill('1.12.2099')
  await page.getByLabel('En senere dag').check()
  await page.getByLabel('I dag').check()
  await page.evaluate(() => { globalThis.isFree = true })
  await page.waitForFunction(() => document.querySelector('textarea')?.value === 'Et utkast')
  assert.ok(await page.getByLabel('I dag').isChecked())
  assert.equal(await page.getByLabel('Når er Berit tilbake?').inputValue(), '1.12.2099')
  await wantDraft('today', 'Et utkast')
  await page.getByRole('button', { name: 'Avbryt' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  for (let n = 0; (await drafts()).length > 0; n++) {
    assert.ok(n < 50, 'a draft that was given up is kept')
    await page.waitForTimeout(100)
  }
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('a change that somebody else was quicker with keeps what was typed', async () => {
  const page = await signedIn('marit@example.org')
  await page.getByRole('link', { name: 'Anders Lillevold' }).click()
  await page.getByRole('link', { name: 'Endre pausen' }).click()
  const dialog = page.getByRole('dialog', { name: 'Endre pausen til Anders' })
  await dialog.getByLabel('Hvorfor?').fill('Trenger mer tid')

  const jonas = await signedIn('jonas@example.org')
  await jonas.getByRole('link', { name: 'Anders Lillevold' }).click()
  await jonas.getByRole('link', { name: 'Endre pausen' }).click()
  await jonas.getByLabel('Når er Anders tilbake?').fill('')
  await jonas.getByRole('button', { name: 'Lagre endringen' }).click()
  await jonas.getByText('På pause uten sluttdato').waitFor()

  await dialog.getByRole('button', { name: 'Lagre endringen' }).click()
  await dialog.getByRole('heading', { name: 'Jonas Vikhammer endret dette mens du skrev' }).waitFor()
  assert.equal(await dialog.getByLabel('Hvorfor?').inputValue(), 'Trenger mer tid')
  await look(page, 'pause-konflikt-360')
  await dialog.getByRole('button', { name: 'Lagre endringen' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Vis grunn' }).click()
  await page.getByText('Trenger mer tid').waitFor()
  assert.deepEqual([...page.faults, ...jonas.faults], [])
  await jonas.context().close()
  await page.context().close()
})

test('somebody is back', async () => {
  const page = await signedIn('marit@example.org')
  await page.getByRole('link', { name: 'Anders Lillevold' }).click()
  await page.getByRole('link', { name: 'Er tilbake' }).click()
  await page.getByText('Anders er aktiv fra nå av').waitFor()
  await look(page, 'tilbake-360')
  await page.getByRole('button', { name: 'Ja, Anders er tilbake' }).click()
  await page.getByText('Marit Elvestad gjorde Anders aktiv igjen').waitFor()
  assert.equal((await log('Anders')).at(-1).to_status, 'active')
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('a pause is planned, changed and taken back', async () => {
  const page = await signedIn('marit@example.org')
  await page.getByRole('link', { name: 'Berit Haugstuen' }).click()
  await page.getByRole('link', { name: 'Sett Berit på pause' }).click()
  await page.getByLabel('En senere dag').check()
  const first = new Date(Date.now() + 40 * 86_400_000)
  await page.getByLabel('Første dag').fill(`${first.getUTCDate()}.${first.getUTCMonth() + 1}.${first.getUTCFullYear()}`)
  await page.getByLabel('Hvorfor?').fill('Reise')
  await page.getByRole('button', { name: 'Planlegg pausen' }).click()
  await page.getByRole('heading', { name: 'Planlagt pause' }).waitFor()
  await page.getByRole('link', { name: 'Endre planen' }).click()
  await page.getByLabel('Hvorfor?').fill('Lang reise')
  await page.getByRole('button', { name: 'Lagre endringen' }).click()
  await page.getByRole('link', { name: 'Avlys pausen' }).click()
  await page.getByText('Berit går likevel ikke på pause').waitFor()
  await page.getByRole('button', { name: 'Avlys pausen' }).click()
  await page.getByRole('heading', { name: 'Planlagt pause' }).waitFor({ state: 'detached' })
  await page.locator('main').getByText('Pausen til Berit er avlyst.').waitFor()
  await page.getByRole('link', { name: /Innboks/ }).click()
  await page.locator('main').getByText('Pausen til Berit er avlyst.').waitFor({ state: 'detached' })
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('several are paused at once, and who can’t be is said before', async () => {
  const page = await signedIn('marit@example.org')
  await row(page, 'Berit Haugstuen').waitFor()
  await page.getByRole('button', { name: 'Velg flere' }).click()
  await page.getByText('Ingen er valgt').waitFor()
  await page.getByLabel('Velg alle i listen').check()
  await page.getByText('10 valgt').waitFor()
  await page.getByLabel('Velg alle i listen').uncheck()
  // Those who are chosen stay so while one searches for more.
  await page.getByLabel('Velg Berit Haugstuen').check()
  // The whole row does it, and they stay chosen while one looks at another page.
  await page.locator('main').getByText('Ingrid Fossmark', { exact: true }).click()
  await page.getByText('2 valgt').waitFor()
  await page.getByRole('link', { name: /Innboks/ }).click()
  await heading(page, 'Innboks').waitFor()
  await page.goBack()
  await page.getByText('2 valgt').waitFor()
  assert.ok(await page.getByLabel('Velg Ingrid Fossmark').isChecked())
  await page.getByLabel('Søk etter navn').fill('anne-maret')
  await page.getByLabel('Velg Berit Haugstuen').waitFor({ state: 'detached' })
  await page.getByLabel('Velg Ánne-Máret Čáhppesvárri Guhttor-Jåhkkåsjávrrie').check()
  await page.getByText('3 valgt').waitFor()
  await look(page, 'velg-flere-360')
  await page.getByRole('button', { name: 'Sett på pause' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('heading', { name: 'Sett tre likepersoner på pause' }).waitFor()
  await dialog.getByText('Berit Haugstuen, Ingrid Fossmark og Ánne-Máret Čáhppesvárri Guhttor-Jåhkkåsjávrrie.').waitFor()
  await dialog.getByRole('button', { name: 'Se hva som skjer' }).click()
  await dialog.getByRole('heading', { name: 'Rett opp én ting før du går videre' }).waitFor()
  await dialog.getByLabel('Hvorfor?').fill('Kontoret er stengt')
  await dialog.getByRole('button', { name: 'Om 1 måned' }).click()
  await look(page, 'flere-360')
  await dialog.getByRole('button', { name: 'Se hva som skjer' }).click()
  await dialog.getByText(/^To likepersoner er på pause fra nå av, og ventes tilbake /).waitFor()
  await dialog.getByText('Én kan ikke settes på pause:').waitFor()
  await dialog.getByText('Ingrid Fossmark er allerede på pause.').waitFor()
  await look(page, 'flere-dette-skjer-360')
  assert.deepEqual(await log('Ánne'), [])
  await dialog.getByRole('button', { name: 'Sett to på pause' }).click()
  await dialog.waitFor({ state: 'detached' })
  await row(page, 'Ánne-Máret Čáhppesvárri Guhttor-Jåhkkåsjávrrie').getByText('På pause').waitFor()
  assert.deepEqual((await log('Ánne')).map((change) => change.to_status), ['paused'])
  assert.deepEqual((await log('Berit')).map((change) => change.to_status), ['paused'])

  // They are back, so that the other tests find them as they were.
  for (const [id, name] of [['003', 'Berit'], ['002', 'Ánne-Máret']]) {
    await page.goto(`${given.url}/likepersoner/00000000-0000-4000-8000-0000000f0${id}/tilbake`)
    await page.getByRole('button', { name: `Ja, ${name} er tilbake` }).click()
    await page.getByText(`Marit Elvestad gjorde ${name} aktiv igjen`).waitFor()
  }
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('without a network the page opens, says how old it is, and sends later, once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'console-'))
  let context
  try {
    const options = { ...launch, viewport: { width: 360, height: 780 }, locale: 'nb-NO' }
    context = await chromium.launchPersistentContext(folder, options)
    let page = await signedIn('jonas@example.org', { context })
    await page.getByRole('link', { name: 'Hans Petter Østmoen' }).click()
    await heading(page, 'Hans Petter Østmoen').waitFor()
    await page.getByText('Gyldig til og med').first().waitFor()
    await page.waitForFunction(() => navigator.serviceWorker.controller || navigator.serviceWorker.ready)
    await page.goto(`${given.url}/likepersoner`)
    await row(page, 'Hans Petter Østmoen').waitFor()

    await context.setOffline(true)
    await page.reload()
    await page.getByText('Du er uten nett.').waitFor()
    await page.getByText(/^Sist oppdatert kl\.\s\d\d\.\d\d\./).waitFor()
    await look(page, 'frakoblet-360')
    assert.equal(await page.getByText('Oppdatert nå').count(), 0)
    await page.getByRole('link', { name: 'Hans Petter Østmoen' }).click()
    await page.getByRole('link', { name: 'Sett Hans på pause' }).click()
    await page.getByText(/^Hans settes på pause når du er på nett igjen, .* Dette sendes når du er på nett igjen\.$/).waitFor()
    await page.getByLabel('Hvorfor?').fill('Uten nett')
    await page.getByRole('button', { name: 'Sett Hans på pause' }).click()
    await page.getByText('Hans Petter Østmoen settes på pause når du er på nett igjen. Endringen venter på å bli sendt.').waitFor()
    assert.equal(await page.getByRole('link', { name: 'Sett Hans på pause' }).count(), 0)
    await look(page, 'venter-360')
    assert.deepEqual(await log('Hans'), [])
    // The browser is gone before the network is back.
    await context.close()

    context = await chromium.launchPersistentContext(folder, options)
    page = await open({ context })
    await page.goto(`${given.url}/likepersoner`)
    await row(page, 'Hans Petter Østmoen').getByText('På pause').waitFor()
    const changes = await log('Hans')
    assert.equal(changes.length, 1)
    await page.goto(`${given.url}/usendt`)
    await page.getByText('Alt er sendt.').waitFor()

    // Signing out leaves nothing.
    await page.goto(`${given.url}/mer`)
    await page.getByRole('button', { name: 'Logg ut' }).click()
    await heading(page, 'Logg inn').waitFor()
    const left = await kept(page)
    assert.ok(!/Østmoen|Vikhammer|example\.org|access_token|eyJ/.test(left), left.slice(0, 500))
  } finally {
    await context?.close() // or Node waits for the browser, and the failure is never told
    await rm(folder, { recursive: true, force: true })
  }
})

test('what the server refuses later stays visible with the reason', async () => {
  const page = await signedIn('jonas@example.org')
  await page.getByRole('link', { name: 'Liv Åsgårdsrud' }).click()
  await heading(page, 'Liv Åsgårdsrud').waitFor()
  await page.getByRole('link', { name: 'Sett Liv på pause' }).waitFor()
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true))
  await page.context().setOffline(true)
  await page.getByText('Du er uten nett.').waitFor()
  await page.getByRole('link', { name: 'Sett Liv på pause' }).click()
  await page.getByLabel('Hvorfor?').fill('For sent')
  await page.getByRole('button', { name: 'Sett Liv på pause' }).click()
  await page.getByText('venter på å bli sendt.').first().waitFor()

  const marit = await signedIn('marit@example.org')
  await marit.goto(`${given.url}/likepersoner/00000000-0000-4000-8000-0000000f0006/pause`)
  await marit.getByLabel('Hvorfor?').fill('Først')
  await marit.getByRole('button', { name: 'Sett Liv på pause' }).click()
  await marit.getByText('Marit Elvestad satte Liv på pause').waitFor()
  await marit.context().close()

  await page.context().setOffline(false)
  await page.getByRole('link', { name: 'Én endring ble ikke godtatt' }).click({ timeout: 90_000 })
  await page.getByText('Likepersonen er allerede på pause.').waitFor()
  await look(page, 'ikke-godtatt-360')
  await page.getByRole('button', { name: 'Forkast' }).click()
  await page.getByText('Alt er sendt.').waitFor()
  assert.equal((await log('Liv')).length, 1)
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('the first page says whom to call, and what to do', async () => {
  const page = await signedIn('marit@example.org', { path: '/' })
  await heading(page, 'Trenger deg').waitFor()
  await row(page, 'Øyvind Brattåsen').getByText(/^Grunnkurs gikk ut .*Øyvind blir aktiv igjen når sertifiseringen er fornyet\.$/).waitFor()
  const solveig = row(page, 'Solveig Myrvang')
  await solveig.getByText('9 dager over').waitFor()
  await look(page, 'trenger-deg-360')
  // The number too, once her page has been read.
  assert.equal(await solveig.getByRole('link', { name: /^Ring / }).count(), 0)
  await solveig.getByRole('link', { name: 'Solveig Myrvang', exact: true }).click()
  await heading(page, 'Solveig Myrvang').waitFor()
  await page.getByRole('link', { name: /^Ring 912/ }).waitFor()
  await page.goBack()
  await solveig.getByRole('link', { name: /^Ring 912/ }).waitFor()
  await look(page, 'trenger-deg-ring-360')
  await solveig.getByRole('link', { name: 'Er tilbake: Solveig Myrvang' }).click()
  await page.getByRole('button', { name: 'Ja, Solveig er tilbake' }).click()
  await heading(page, 'Solveig Myrvang').waitFor()
  await page.getByText('Marit Elvestad gjorde Solveig aktiv igjen').waitFor()
  await page.getByRole('link', { name: 'Trenger deg' }).click()
  await heading(page, 'Trenger deg').waitFor()
  await solveig.waitFor({ state: 'detached' })
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('a mentor asks and thinks again, and the coordinator answers', async () => {
  const mentor = await signedIn('mentor1@example.org', { path: '/' })
  const soon = new Date(Date.now() + 50 * 86_400_000)
  const ask = async (reason) => {
    await mentor.getByRole('link', { name: 'Be om pause' }).click()
    const dialog = mentor.getByRole('dialog', { name: 'Be om pause' })
    await dialog.getByLabel('En senere dag').check()
    await dialog.getByLabel('Første dag').fill(`${soon.getUTCDate()}.${soon.getUTCMonth() + 1}.${soon.getUTCFullYear()}`)
    await dialog.getByLabel('Hvorfor?').fill(reason)
    await dialog.getByText(/^Du ber om pause fra .*, uten sluttdato\. Det gjelder først når det er godtatt\. Jonas Vikhammer får beskjed\./).waitFor()
    await look(mentor, 'be-om-pause-360')
    await dialog.getByRole('button', { name: 'Be om pause' }).click()
    await dialog.waitFor({ state: 'detached' })
    await mentor.getByRole('heading', { name: /^Du har bedt om pause fra / }).waitFor()
  }
  await heading(mentor, 'Anders Lillevold').waitFor()
  await ask('Eksamen')
  assert.equal(await mentor.getByRole('link', { name: 'Be om pause' }).count(), 0)
  await look(mentor, 'bedt-om-pause-360')
  await mentor.getByRole('button', { name: 'Trekk tilbake: pause' }).click()
  await mentor.getByText(/^Trukket tilbake /).waitFor()
  await ask('Eksamen i vår')

  const page = await signedIn('marit@example.org', { path: '/' })
  const answer = async () => {
    await row(page, 'Anders Lillevold').getByText('Spør om pause.').waitFor()
    await page.getByRole('link', { name: 'Svar Anders' }).click()
    await page.getByRole('heading', { name: /^Anders spør om pause fra / }).waitFor()
  }
  await answer()
  assert.equal(await page.getByText('Eksamen i vår').count(), 0)
  await look(page, 'svar-360')
  // What waits for an answer comes before everything else that can be done.
  const labels = (await page.locator('main .actions').allInnerTexts()).join('|')
  assert.ok(labels.indexOf('Godta') < labels.indexOf('Sett Anders på pause'), labels)
  const request = page.locator('.request')
  await request.getByRole('button', { name: 'Vis grunn' }).click()
  await request.getByText('Eksamen i vår').waitFor()
  assert.ok(!(await kept(page)).includes('Eksamen'), 'a reason is kept on the device')
  await page.getByRole('button', { name: 'Avslå med en melding' }).click()
  await page.getByRole('button', { name: 'Avbryt' }).click()
  await page.getByRole('button', { name: 'Avslå med en melding' }).click()
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'TEXTAREA')
  // To say no takes a sentence.
  await page.getByRole('button', { name: 'Avslå', exact: true }).click()
  await page.getByRole('heading', { name: 'Rett opp én ting før du avslår' }).waitFor()
  await look(page, 'avslå-uten-melding-360')
  await page.getByRole('link', { name: 'Skriv en setning til Anders' }).click()
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'TEXTAREA')
  await page.getByLabel('Melding til Anders').fill('Kan vi snakke først?')
  await page.getByRole('button', { name: 'Avslå', exact: true }).click()
  await request.waitFor({ state: 'detached' })

  await mentor.reload()
  await mentor.getByText(/^Avslått av Marit Elvestad /).waitFor()
  await mentor.getByRole('button', { name: 'Vis meldingen' }).click()
  await mentor.getByText('Kan vi snakke først?').waitFor()
  assert.ok(!(await kept(mentor)).includes('snakke'), 'an answer is kept on the device')
  await look(mentor, 'svar-fått-360')
  await ask('Det er viktig')

  await page.goto(`${given.url}/`)
  await answer()
  await page.getByRole('button', { name: 'Godta' }).click()
  await page.getByRole('heading', { name: 'Planlagt pause' }).waitFor()
  await page.getByRole('heading', { name: /^Anders spør/ }).waitFor({ state: 'detached' })

  // Until its first day it can be withdrawn.
  await mentor.reload()
  await mentor.getByText(/^Godtatt av Marit Elvestad /).waitFor()
  await mentor.getByRole('heading', { name: 'Planlagt pause' }).waitFor()
  await mentor.getByRole('button', { name: 'Trekk tilbake: pause' }).click()
  await mentor.getByRole('heading', { name: 'Planlagt pause' }).waitFor({ state: 'detached' })
  assert.deepEqual([...page.faults, ...mentor.faults], [])
  await mentor.context().close()
  await page.context().close()
})

test('somebody on a pause asks for another date and for the return, without a network', async () => {
  const mentor = await signedIn('mentor5@example.org', { path: '/' })
  await heading(mentor, 'Ingrid Fossmark').waitFor()
  await mentor.getByRole('link', { name: 'Be om ny returdato' }).click()
  const dialog = mentor.getByRole('dialog', { name: 'Be om ny returdato' })
  await dialog.getByRole('button', { name: 'Om 3 måneder' }).click()
  await dialog.getByRole('button', { name: 'Be om ny returdato' }).click()
  await mentor.getByRole('heading', { name: /^Du har bedt om å komme tilbake / }).waitFor()
  await mentor.getByRole('link', { name: 'Be om å komme tilbake' }).click()
  await mentor.getByText('Du ber om å bli aktiv igjen').waitFor()
  await mentor.evaluate(() => navigator.serviceWorker.ready.then(() => true))
  await mentor.context().setOffline(true)
  await mentor.getByRole('button', { name: 'Be om å komme tilbake' }).click()
  await mentor.getByText('Du ber om å komme tilbake når du er på nett igjen. Endringen venter på å bli sendt.').waitFor()
  assert.equal(await mentor.getByRole('link', { name: 'Be om å komme tilbake' }).count(), 0)
  await mentor.context().setOffline(false)
  await mentor.getByRole('heading', { name: 'Du har bedt om å komme tilbake.' }).waitFor({ timeout: 90_000 })
  assert.deepEqual(mentor.faults, [])
  await mentor.context().close()
})

test('the inbox is read', async () => {
  const page = await signedIn('marit@example.org')
  await page.getByRole('link', { name: /Innboks/ }).click()
  await heading(page, 'Innboks').waitFor()
  await page.getByRole('heading', { name: 'Ingen meldinger ennå' }).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Merk alle som lest' }).count(), 0)
  await look(page, 'innboks-tom-360')

  assert.equal((await fetch(`${given.url}/test/messages`, { method: 'POST' })).status, 200)
  await page.reload()
  await page.getByText('To uleste meldinger.').waitFor()
  assert.match(await page.getByRole('navigation').getByRole('link', { name: /Innboks/ }).innerText(), /2/)
  const message = (name) => page.getByRole('listitem').filter({ has: page.getByRole('heading', { level: 2, name, exact: true }) })
  const [berit, digest, oyvind] = ['Berit Haugstuen har ny returdato', 'Uka som kommer', 'Grunnkurset til Øyvind Brattåsen gikk ut'].map(message)
  await berit.getByText('Berit er ventet tilbake en annen dag.').waitFor()
  const isNew = () => Promise.all([berit, digest, oyvind].map((one) => one.getByText('Ny', { exact: true }).count()))
  assert.deepEqual(await isNew(), [1, 1, 0])
  // The newest one first; what is about several leads to nobody.
  assert.deepEqual(await page.locator('main li h2').allInnerTexts(), [
    'Berit Haugstuen har ny returdato', 'Uka som kommer', 'Grunnkurset til Øyvind Brattåsen gikk ut'])
  assert.equal(await digest.getByRole('link').count(), 0)
  await look(page, 'innboks-360')
  await berit.getByRole('link', { name: 'Se likepersonen' }).click()
  await heading(page, 'Berit Haugstuen').waitFor()
  await page.goBack()
  await page.getByRole('button', { name: 'Merk alle som lest' }).click()
  await page.getByText('Du har lest alt.').waitFor()
  await page.getByRole('button', { name: 'Merk alle som lest' }).waitFor({ state: 'detached' })
  assert.deepEqual(await isNew(), [0, 0, 0])
  assert.equal(await page.getByRole('navigation').getByRole('link', { name: 'Innboks', exact: true }).count(), 1)
  assert.deepEqual(await rows('select i.kind from public.notification_inbox i where i.read_at is null'), [])
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('a mentor sees the own page, somebody without a role whom to ask', async () => {
  let page = await signedIn('mentor1@example.org')
  await heading(page, 'Anders Lillevold').waitFor()
  assert.equal(await page.getByRole('link', { name: /på pause/ }).count(), 0)
  await look(page, 'min-side-360')
  assert.deepEqual(page.faults, [])
  await page.context().close()
  page = await signedIn('nina@example.org')
  await heading(page, 'Du har ingen oppgaver her ennå').waitFor()
  await look(page, 'ingen-oppgaver-360')
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

// The rest is make test-console.

const pages = {
  'trenger-deg': '/',
  likepersoner: '/likepersoner',
  likeperson: '/likepersoner/00000000-0000-4000-8000-0000000f0006',
  'likeperson-langt-navn': '/likepersoner/00000000-0000-4000-8000-0000000f0002',
  'likeperson-utløpt': '/likepersoner/00000000-0000-4000-8000-0000000f0008',
  pause: '/likepersoner/00000000-0000-4000-8000-0000000f0002/pause',
  endre: '/likepersoner/00000000-0000-4000-8000-0000000f0006/endre',
  tilbake: '/likepersoner/00000000-0000-4000-8000-0000000f0006/tilbake',
  innboks: '/innboks',
  mer: '/mer',
  usendt: '/usendt',
  'finnes-ikke': '/finnes/ikke',
}
accessibleEverywhere('marit@example.org', pages)

readableAtTwiceTheSize('marit@example.org', pages)

everywhere('a pause is given, ended, planned and taken back with the keyboard alone', async () => {
  const page = await signedIn('marit@example.org')
  await page.goto(`${given.url}/likepersoner`)
  await row(page, 'Per-Erik Tangestad').waitFor()
  const tabTo = tabber(page)
  await tabTo('Gå til innholdet')
  await tabTo('Per-Erik Tangestad')
  await page.keyboard.press('Enter')
  await heading(page, 'Per-Erik Tangestad').waitFor()
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Per-Erik Tangestad')
  await tabTo('Sett Per-Erik på pause')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await tabTo('Hvorfor?')
  await page.keyboard.type('Studier')
  await tabTo('Sett Per-Erik på pause')
  await page.keyboard.press('Enter')
  await page.getByText('Marit Elvestad satte Per-Erik på pause').waitFor()
  const press = async (name) => {
    await tabTo(name)
    await page.keyboard.press('Enter')
  }
  await press('Er tilbake')
  await page.getByText('Per-Erik er aktiv fra nå av').waitFor()
  await press('Ja, Per-Erik er tilbake')
  await page.getByText('Marit Elvestad gjorde Per-Erik aktiv igjen').waitFor()

  await press('Sett Per-Erik på pause')
  await page.getByRole('dialog').waitFor()
  await tabTo('I dag')
  await page.keyboard.press('ArrowDown')
  await tabTo('Første dag')
  const first = new Date(Date.now() + 40 * 86_400_000)
  await page.keyboard.type(`${first.getUTCDate()}.${first.getUTCMonth() + 1}.${first.getUTCFullYear()}`)
  await tabTo('Hvorfor?')
  await page.keyboard.type('Reise')
  await press('Planlegg pausen')
  await page.getByRole('heading', { name: 'Planlagt pause' }).waitFor()
  await press('Endre planen')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await press('Avlys pausen')
  await page.getByText('Per-Erik går likevel ikke på pause').waitFor()
  await press('Avlys pausen')
  await page.getByRole('heading', { name: 'Planlagt pause' }).waitFor({ state: 'detached' })
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

everywhere('a request is made and answered, and several are chosen, with the keyboard alone', async () => {
  const mentor = await signedIn('mentor1@example.org', { path: '/' })
  await heading(mentor, 'Anders Lillevold').waitFor()
  await tabber(mentor)('Be om pause')
  await mentor.keyboard.press('Enter')
  await mentor.getByRole('dialog').waitFor()
  await tabber(mentor)('Hvorfor?')
  await mentor.keyboard.type('Ferie')
  await tabber(mentor)('Be om pause')
  await mentor.keyboard.press('Enter')
  await mentor.getByRole('heading', { name: /^Du har bedt om pause/ }).waitFor()

  const page = await signedIn('marit@example.org', { path: '/' })
  const tabTo = tabber(page)
  const press = async (name) => {
    await tabTo(name)
    await page.keyboard.press('Enter')
  }
  await page.getByRole('link', { name: 'Svar Anders' }).waitFor()
  await press('Svar Anders')
  await page.getByRole('heading', { name: /^Anders spør om pause/ }).waitFor()
  await press('Avslå med en melding')
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'TEXTAREA')
  await page.keyboard.type('Kan vi snakke først?')
  await press('Avslå')
  await page.locator('.request').waitFor({ state: 'detached' })

  await press('Likepersoner')
  await row(page, 'Per-Erik Tangestad').waitFor()
  await press('Velg flere')
  await page.getByText('Ingen er valgt').waitFor()
  for (const name of ['Per-Erik Tangestad', 'Anders Lillevold']) {
    // They come in the order of their names.
    await tabTo(`Velg ${name}`)
    await page.keyboard.press('Space')
  }
  await page.getByText('2 valgt').waitFor()
  await press('Sett på pause')
  await page.getByRole('dialog').waitFor()
  await tabTo('Hvorfor?')
  await page.keyboard.type('Kontoret er stengt')
  await press('Se hva som skjer')
  await page.getByText(/^To likepersoner er på pause fra nå av/).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  assert.deepEqual([...page.faults, ...mentor.faults], [])
  await mentor.context().close()
  await page.context().close()
})

/** Loads the page again, from its service worker. */
async function underWorker(page) {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true))
  await page.reload()
  await page.waitForFunction(() => navigator.serviceWorker.controller)
}

everywhere('functions at other addresses are found without a new version', async () => {
  const page = await signedIn('jonas@example.org')
  await row(page, 'Anders Lillevold').waitFor()
  await underWorker(page)
  await row(page, 'Anders Lillevold').waitFor()
  await fetch(`${given.url}/test/moved`, { method: 'POST' })
  try {
    // The page that is kept may not call the new addresses; the one that comes with them may.
    const isElsewhere = (answer) => new URL(answer.url()).hostname === 'localhost' && answer.status() < 400
    const answered = page.waitForResponse(isElsewhere)
    await page.reload()
    await answered
    await row(page, 'Anders Lillevold').waitFor()
    await page.getByText(/Sist oppdatert/).waitFor({ state: 'detached' })
    // Both are kept: without a network the page opens, and with it again it goes on there.
    await page.context().setOffline(true)
    await page.reload()
    await row(page, 'Anders Lillevold').waitFor()
    const again = page.waitForResponse(isElsewhere)
    await page.context().setOffline(false)
    await again
  } finally {
    await fetch(`${given.url}/test/moved`, { method: 'DELETE' })
  }
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

everywhere('a new version waits until its user wants it', async () => {
  const page = await signedIn('jonas@example.org')
  await row(page, 'Anders Lillevold').waitFor()
  await underWorker(page)
  await page.goto(`${given.url}/likepersoner/00000000-0000-4000-8000-0000000f0003/pause`)
  await page.getByLabel('Hvorfor?').fill('Et utkast')
  await fetch(`${given.url}/test/version`)
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration()
    await registration.update()
    while (!registration.waiting) await new Promise((resolve) => setTimeout(resolve, 100))
  })
  assert.equal(await page.getByLabel('Hvorfor?').inputValue(), 'Et utkast')
  await page.getByRole('button', { name: 'Avbryt' }).click()
  await page.getByText('En ny versjon er klar.').waitFor()
  await page.getByRole('button', { name: 'Last siden på nytt' }).click()
  await page.getByText('En ny versjon er klar.').waitFor({ state: 'detached' })
  await heading(page, 'Berit Haugstuen').waitFor()
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

everywhere('a wrong clock on the device changes no date', async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 780 }, locale: 'nb-NO', timezoneId: 'Pacific/Kiritimati' })
  await context.addInitScript(() => {
    const now = Date.now.bind(Date)
    Date.now = () => now() + 36 * 3_600_000
  })
  const page = await signedIn('marit@example.org', { context })
  await page.goto(`${given.url}/likepersoner/00000000-0000-4000-8000-0000000f0003/pause`)
  const today = new Intl.DateTimeFormat('nb-NO', { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'Europe/Oslo' }).format(new Date())
  await page.getByText(`I dag, ${today}`.replaceAll(/\s/g, ' ')).waitFor()
  await page.context().close()
})
