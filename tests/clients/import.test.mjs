// The import in a browser, from the file to the rows in the database. The Go test
// TestConsoleImport serves it.
import test from 'node:test'
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { accessibleEverywhere, given, heading, look, readableAtTwiceTheSize, signedIn, wantAccessible } from './console.mjs'

const rows = async (query) => {
  const answer = await fetch(`${given.url}/test/rows`, { method: 'POST', body: query })
  assert.equal(answer.status, 200, await answer.clone().text())
  return answer.json()
}
const small = { width: 360, height: 780 }
const wide = { width: 1280, height: 900 }

/** A national identity number that nobody has, with valid check digits. */
const identity = () => {
  for (let n = 100; ; n++) {
    const digits = [...`010150${n}`].map(Number)
    const check = (weights) => 11 - (weights.reduce((sum, weight, at) => sum + weight * digits[at], 0) % 11 || 11)
    const first = check([3, 7, 6, 1, 8, 9, 4, 5, 2])
    if (first === 10) continue
    digits.push(first)
    const second = check([5, 4, 3, 2, 7, 6, 5, 4, 3, 2])
    if (second !== 10) return [...digits, second].join('')
  }
}
const number = identity()

const list = [
  'Medlemsnr;Navn;E-post;Mobil;Startdato;Kurs;Kursdato;Personnr.;Merknad;Gruppe',
  `101;Tuva Langeviken;tuva@example.com;912 34 567;02.02.2026;grunnkurs;17.01.2026;${number};ringes;Nedre Glomma`,
  '102;Berit Haugstuen-Moe;mentor3@example.org;;01.03.2019;;;;;',
  '103;Anders Lillevold;;;;;;;;',
  '104;Kolbjørn Ulvang;kolbjorn@example.com;;31.02.2026;;;;;',
  '105;Ottar Rismyhr;ottar@example.com;;;;;;;Nedre Gloma',
].join('\r\n')

const pick = (page, content, name = 'kursdeltakere.csv') =>
  page.getByTestId('file').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(content) })

/** What the browser saved after a press. */
async function saved(page, press) {
  const [download] = await Promise.all([page.waitForEvent('download'), press()])
  return { name: download.suggestedFilename(), content: await readFile(await download.path()) }
}

const column = (page, header) => page.locator('.column').filter({ hasText: header })

test('a messy file becomes people, in four steps that can be left', async () => {
  const page = await signedIn('astrid@example.org', { path: '/' })
  await page.getByRole('navigation').getByRole('link', { name: 'Mer' }).click()
  await page.getByRole('link', { name: 'Import' }).click()
  await heading(page, 'Hent inn personer fra en fil').waitFor()
  await look(page, 'import-fil-360')
  await page.setViewportSize(wide)
  await look(page, 'import-fil-1280')
  await page.setViewportSize(small)
  const empty = await saved(page, () => page.getByRole('button', { name: 'Tom mal, CSV' }).click())
  assert.match(empty.content.toString('utf8'), /^\ufeffNavn;E-post;Mobil/)

  await pick(page, '%PDF-1.4 nothing', 'bilde.pdf')
  await page.getByText('Fila må være Excel (.xlsx) eller CSV.').waitFor()
  await pick(page, 'Skostørrelse;Hund\r\n42;Fido\r\n')
  await page.getByRole('alert').waitFor()
  assert.equal(await page.getByText(/^Du (er|var) i gang med/).count(), 0)
  await look(page, 'import-avvist-fil-360')

  await page.getByLabel('Medlemssystem (valgfritt)').fill('Hypersys')
  await pick(page, list)
  await heading(page, 'Hva er hva i fila?').waitFor()
  await column(page, 'Personnr.').getByText('Strøket', { exact: true }).waitFor()
  assert.equal(await page.getByText(number).count(), 0)
  await column(page, 'Merknad').getByText('Ikke med', { exact: true }).first().waitFor()
  await page.getByLabel('Hva betyr «Gruppe»?').selectOption('Lokallag')
  await column(page, 'Gruppe').getByText('Valgt av deg').waitFor()
  // What is chosen is kept at once.
  await page.reload()
  await page.getByText('Du var i gang med kursdeltakere.csv.').waitFor()
  await pick(page, list)
  await column(page, 'Gruppe').getByText('Valgt av deg').waitFor()
  assert.equal(await page.getByLabel('Hva betyr «Gruppe»?').inputValue(), 'chapter')
  // One form of dates, that in which people type them, whether or not a date could be read.
  await column(page, 'Startdato').getByText('02.02.2026 · 01.03.2019 · 31.02.2026').waitFor()
  await look(page, 'import-kolonner-360')
  await page.setViewportSize(wide)
  await look(page, 'import-kolonner-1280')
  await page.setViewportSize(small)
  await page.getByRole('button', { name: 'Se hva som vil skje' }).click()

  await heading(page, 'Se over før du importerer').waitFor()
  await page.getByText('5 rader i kursdeltakere.csv.').waitFor()
  await page.getByText('Kolonnen «Personnr.» er strøket.').waitFor()
  const row = (n) => page.getByRole('listitem').filter({ hasText: new RegExp(`^Rad ${n}\\D`) })
  await row(2).getByText('Tuva Langeviken').waitFor()
  await row(3).getByText('Berit Haugstuen', { exact: true }).first().waitFor()
  await row(4).getByText('Kan være Anders Lillevold.').waitFor()
  assert.deepEqual(await rows(`select display_name from public.profiles where display_name like 'Tuva%'`), [])
  await look(page, 'import-forhandsvisning-360')
  await page.setViewportSize(wide)
  await look(page, 'import-forhandsvisning-1280')
  await page.setViewportSize(small)
  await page.getByText('Avvist', { exact: true }).first().click()
  await page.getByText('Viser 2 rader').waitFor({ state: 'attached' })
  await page.locator('.import-row').nth(1).waitFor() // the rows come after their number
  assert.equal(await page.locator('.import-row').count(), 2)
  const refused = await saved(page, () => page.getByRole('button', { name: 'Avviste rader' }).click())
  const lines = refused.content.toString('utf8').trim().split('\r\n')
  assert.equal(lines.length, 4)
  assert.match(lines[0], /;Hvorfor$/)
  assert.match(lines[1], /^103;Anders Lillevold;.*Samme navn som en/)
  assert.match(lines[2], /^104;Kolbjørn Ulvang;.*31\.02\.2026/)
  assert.ok(!refused.content.toString('utf8').includes(number))

  // Left, and taken up again: within the page, and with the same file after it was closed.
  await page.getByRole('navigation', { name: 'Hovedmeny' }).getByRole('link', { name: 'Likepersoner' }).click()
  await heading(page, 'Likepersoner').waitFor()
  await page.goBack()
  await heading(page, 'Se over før du importerer').waitFor()
  await page.reload()
  await page.getByText('Du var i gang med kursdeltakere.csv.').waitFor()
  assert.equal(await page.getByLabel('Medlemssystem (valgfritt)').inputValue(), 'Hypersys')
  await look(page, 'import-fortsett-360')
  await pick(page, list)
  await heading(page, 'Hva er hva i fila?').waitFor()
  assert.equal(await page.getByLabel('Hva betyr «Gruppe»?').inputValue(), 'chapter')
  const stores = await page.evaluate(async () => {
    const db = await new Promise((resolve, reject) => {
      const request = indexedDB.open('console')
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    const all = (store) => new Promise((resolve) => (db.transaction(store).objectStore(store).getAll().onsuccess = (event) => resolve(event.target.result)))
    return JSON.stringify([await all('drafts'), await all('answers')])
  })
  assert.ok(!stores.includes(number) && !stores.includes('Tuva'), 'the file is kept on the device')
  await page.getByRole('button', { name: 'Se hva som vil skje' }).click()

  // Something changes meanwhile: the page shows what would happen now.
  await row(3).waitFor()
  const token = await page.evaluate(() => JSON.parse(localStorage.getItem('console.session')).access_token)
  const renamed = await fetch(`${given.url}/functions/v1/people`, {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ command: 'update_person', person_id: '00000000-0000-4000-8000-0000000f0003', phone: '+4790000003', display_name: 'Berit Haugen' }),
  })
  assert.equal(renamed.status, 200, await renamed.text())
  await page.getByRole('button', { name: 'Importer 2 rader' }).click()
  await page.getByText('Noe er endret siden forhåndsvisningen').waitFor()
  await row(3).getByText('Berit Haugen', { exact: true }).first().waitFor()
  await look(page, 'import-endret-360')
  await page.getByRole('button', { name: 'Importer 2 rader' }).click()
  await heading(page, 'Importen er ferdig').waitFor()
  await page.getByText('Én ny person er registrert.').waitFor()
  await look(page, 'import-ferdig-360')
  assert.deepEqual(await rows(`select p.display_name, c.email, c.phone, x.source, x.external_id, l.command, l.actor_id
    from public.profiles p join public.contacts c on c.person_id = p.id join public.external_ids x on x.person_id = p.id
    join public.people_log l on l.person_id = p.id where p.display_name like 'Tuva%'`), [{
    display_name: 'Tuva Langeviken', email: 'tuva@example.com', phone: '+4791234567', source: 'Hypersys', external_id: '101',
    command: 'import', actor_id: '00000000-0000-4000-8000-0000000000d5',
  }])
  assert.deepEqual(await rows(`select display_name from public.profiles where id = '00000000-0000-4000-8000-0000000f0003'`), [{ display_name: 'Berit Haugstuen-Moe' }])

  // What is left to do has its link: who is responsible for the new ones, and who signs in.
  const next = (name) => page.getByRole('list').getByRole('listitem').filter({ hasText: name }).filter({ has: page.locator('strong') })
  await page.getByText('3 rader ble ikke med.').waitFor()
  const again = await saved(page, () => next('Rett opp de avviste radene').getByRole('button', { name: 'Avviste rader' }).click())
  assert.deepEqual([again.name, again.content.toString('utf8')], [refused.name, refused.content.toString('utf8')])
  for (const [what, link, title] of [
    ['Gi de nye en ansvarlig koordinator', 'Se likepersonene', 'Likepersoner'], ['Inviter dem som skal logge inn', 'Se personene', 'Personer'],
  ]) {
    await next(what).getByRole('link', { name: link }).click()
    await heading(page, title).waitFor()
    await page.getByRole('link', { name: 'Tuva Langeviken' }).waitFor()
    await page.goBack()
    await heading(page, 'Importen er ferdig').waitFor()
  }

  // The same file again changes nothing.
  await page.getByRole('button', { name: 'Importer en fil til' }).click()
  await pick(page, list)
  await page.getByRole('button', { name: 'Se hva som vil skje' }).click()
  await page.getByText('Det er ingenting å importere.').waitFor()
  await page.getByText('Uendret').click()
  await page.locator('main').getByText('2 rader er som før, og vises ikke.').waitFor()
  await look(page, 'import-uendret-360')
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('a file can be dropped, and the keyboard is enough', async () => {
  const page = await signedIn('astrid@example.org', { path: '/import', viewport: wide })
  await heading(page, 'Hent inn personer fra en fil').waitFor()
  const dropped = await page.evaluateHandle((content) => {
    const transfer = new DataTransfer()
    transfer.items.add(new File([content], '<img src=x onerror=alert(1)>.csv', { type: 'text/csv' }))
    return transfer
  }, list)
  await page.dispatchEvent('.drop', 'drop', { dataTransfer: dropped })
  await heading(page, 'Hva er hva i fila?').waitFor()
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Hva er hva i fila?')
  assert.equal(await page.locator('img[src=x]').count(), 0)
  const tabTo = async (name) => {
    for (let n = 0; n < 60; n++) {
      await page.keyboard.press('Tab')
      const focused = await page.evaluate(() => {
        const element = document.activeElement
        return (element.labels?.[0]?.textContent ?? element.textContent)?.replaceAll('\u00a0', ' ').trim()
      })
      if (focused?.startsWith(name)) return
    }
    assert.fail(`Tab doesn't reach ${name}`)
  }
  await tabTo('Se hva som vil skje')
  await page.keyboard.press('Enter')
  await heading(page, 'Se over før du importerer').waitFor()
  // The name of a file is text, whatever it looks like.
  await page.getByText('5 rader i <img src=x onerror=alert(1)>.csv.').waitFor()
  await tabTo('5Alle')
  await page.keyboard.press('ArrowLeft')
  await page.getByRole('radio', { name: /Avvist/, checked: true }).waitFor({ state: 'attached' })
  assert.ok(await page.evaluate(() => getComputedStyle(document.activeElement.closest('.tile')).outlineStyle !== 'none'), 'the filter shows no focus')
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('a column that was left out is chosen again, and means what it did', async () => {
  const page = await signedIn('astrid@example.org', { path: '/import', viewport: wide })
  await heading(page, 'Hent inn personer fra en fil').waitFor()
  const courses = 'Medlemsnr;Navn;Kurs 1;Kursdato 1;Kurs 2;Kursdato 2;Lag 2026\r\n951;Eirik Tomasjord;grunnkurs;17.01.2026;taushetserklæring;18.01.2026;Nedre Glomma'
  await pick(page, courses, 'to-kurs.csv')
  await column(page, 'Kurs 2').getByText('Kjent igjen').waitFor()
  const meaning = (header) => page.getByLabel(`Hva betyr «${header}»?`)
  const onwards = async () => {
    await page.getByRole('button', { name: 'Se hva som vil skje' }).click()
    await heading(page, 'Se over før du importerer').waitFor()
    await page.locator('.import-row').first().waitFor()
    return page.locator('.import-row').innerText()
  }
  await meaning('Lag 2026').selectOption('Lokallag')
  const first = await onwards()
  assert.match(first, /grunnkurs[^]*17.\u00a0januar\u00a02026[^]*taushetserklæring[^]*18.\u00a0januar\u00a02026/)
  const back = async () => {
    await page.getByRole('link', { name: '2. Kolonner' }).click()
    await heading(page, 'Hva er hva i fila?').waitFor()
  }
  await back()
  for (const header of ['Kurs 2', 'Kursdato 2', 'Lag 2026']) await meaning(header).selectOption('Ikke med')
  assert.ok(!(await onwards()).includes('taushetserklæring'))
  await back()
  await meaning('Kurs 2').selectOption('Sertifisering')
  await meaning('Kursdato 2').selectOption('Utstedt')
  await meaning('Lag 2026').selectOption('Lokallag')
  assert.equal(await onwards(), first)

  // What is remembered of a column with a number holds when another one is changed.
  await page.getByRole('button', { name: 'Importer én rad' }).click()
  await heading(page, 'Importen er ferdig').waitFor()
  assert.equal(await page.getByText('Rett opp de avviste radene').count(), 0, 'nothing was refused')
  await page.getByRole('button', { name: 'Importer en fil til' }).click()
  await pick(page, courses.replace('951', '952').replace('Eirik', 'Eivind'), 'to-kurs-til.csv')
  await meaning('Kurs 1').selectOption('Ikke med')
  await meaning('Kursdato 1').selectOption('Ikke med')
  await onwards()
  await back()
  assert.equal(await meaning('Lag 2026').inputValue(), 'chapter')
  assert.equal(await meaning('Kurs 1').inputValue(), '')
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('whoever has a certificate that never ends has a page, and a page that broke is left behind', async () => {
  const page = await signedIn('astrid@example.org', { path: '/import', viewport: wide })
  await heading(page, 'Hent inn personer fra en fil').waitFor()
  await pick(page, 'Medlemsnr;Navn;Kurs;Kursdato;Utløper\r\n901;Ingrid Evigvang;grunnkurs;17.01.2026;aldri', 'evig.csv')
  await page.getByRole('button', { name: 'Se hva som vil skje' }).click()
  await page.getByRole('button', { name: 'Importer' }).click()
  await heading(page, 'Importen er ferdig').waitFor()
  const [{ id }] = await rows(`select p.id from public.profiles p where p.display_name = 'Ingrid Evigvang'`)
  const open = async (path) => {
    await page.evaluate((to) => history.pushState(null, '', to), path)
  }
  await open(`/personer/${id}`)
  await heading(page, 'Ingrid Evigvang').waitFor()
  await page.getByText('Siste gyldige dag: går ikke ut').waitFor()

  // What one page can't show is that page's alone.
  const broken = (url) => url.pathname.endsWith('/people') && url.searchParams.get('part') === 'person'
  await page.route(broken, (route) => route.fulfill({ status: 200, contentType: 'application/json', body: '{}' }))
  await open('/personer/00000000-0000-4000-8000-0000000f0004')
  await heading(page, 'Dette kunne ikke vises').waitFor()
  await open('/likepersoner')
  await heading(page, 'Likepersoner').waitFor()
  await page.context().close()
})

test('a coordinator is told whom to ask', async () => {
  const page = await signedIn('marit@example.org', { path: '/import' })
  await heading(page, 'Import er for administratorer').waitFor()
  assert.equal(await page.getByRole('link', { name: 'Import', exact: true }).count(), 0)
  await page.context().close()
})

test('20,000 rows scroll, a few at a time', async () => {
  const page = await signedIn('astrid@example.org', { path: '/import', viewport: wide })
  await heading(page, 'Hent inn personer fra en fil').waitFor()
  const big = ['Medlemsnr;Navn;E-post;Startdato', ...Array.from({ length: 20_000 }, (_, n) => `${n + 1000};Likeperson nummer ${n};person${n}@example.net;${n % 50 === 0 ? '31.02.2026' : '02.02.2026'}`)].join('\r\n')
  await page.evaluate(() => {
    // How many rows come at once: what a slow device can do without stopping.
    globalThis.most = 0
    new MutationObserver((changes) => {
      const rows = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.querySelectorAll)
      globalThis.most = Math.max(globalThis.most, rows.reduce((sum, node) => sum + node.querySelectorAll('.import-row').length, 0))
    }).observe(document.body, { childList: true, subtree: true })
  })
  await pick(page, big, 'alle.csv')
  await heading(page, 'Hva er hva i fila?').waitFor({ timeout: 120_000 })
  await page.getByRole('button', { name: 'Se hva som vil skje' }).click()
  await page.getByText('Likeperson nummer 5', { exact: true }).waitFor()
  for (const part of [0.2, 0.5, 0.8, 1]) {
    await page.evaluate((share) => scrollTo(0, document.documentElement.scrollHeight * share), part)
    await page.waitForFunction(() => [...document.querySelectorAll('.import-row')].some((row) => {
      const { top } = row.getBoundingClientRect()
      return top >= 0 && top < innerHeight
    }))
  }
  await page.getByRole('listitem').filter({ hasText: /^Rad 20/ }).last().waitFor()
  assert.equal(await page.evaluate(() => globalThis.most), 5, 'rows come five at a time')
  // The rows say where they are in the list, and no gap stays within sight.
  const wantWhole = async (what) => {
    await page.waitForFunction(() => {
      const { top, bottom } = document.querySelector('.rows').getBoundingClientRect()
      const seen = [...document.querySelectorAll('.import-row')].map((row) => row.getBoundingClientRect())
        .filter((row) => row.bottom > 0 && row.top < innerHeight)
      const covered = seen.reduce((sum, row) => sum + Math.min(row.bottom, innerHeight) - Math.max(row.top, 0), 0)
      return covered >= Math.min(bottom, innerHeight) - Math.max(top, 0) - 4
    }, null, { timeout: 20_000 }).catch(() => assert.fail(`a gap stays ${what}`))
    const places = await page.locator('.import-row').evaluateAll((rows) => rows.map((row) => [Number(row.ariaPosInSet), row.ariaSetSize]))
    places.forEach(([place, of], n) => assert.deepEqual([place, of], [places[0][0] + n, '20000'], what))
  }
  await wantWhole('at the end')
  for (const key of ['PageUp', 'PageUp', 'Home', 'PageDown', 'End']) {
    await page.keyboard.press(key)
    await page.waitForTimeout(300)
    await wantWhole(`after ${key}`)
  }
  await page.setViewportSize(small)
  await wantWhole('in a narrow window')
  await page.setViewportSize(wide)
  await wantWhole('in a wide window again')
  await page.evaluate(() => scrollTo(0, 0))
  await page.getByText('Avvist', { exact: true }).first().click()
  await page.locator('.import-row').first().waitFor()
  const shown = await page.locator('.import-row').count()
  assert.ok(shown < 100, `${shown} rows in the page`)
  await wantAccessible(page, '400 refused rows')
  // On paper there are rows, not the gaps of those that aren't in the page.
  const sheets = async () => (await page.pdf()).toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g).length
  const forRefused = await sheets()
  assert.ok(forRefused > 10 && forRefused < 60, `400 rows on ${forRefused} sheets`)
  await page.getByRole('radio', { name: /Alle/ }).check({ force: true })
  await page.locator('.import-row').first().waitFor()
  await wantWhole('when all are shown')
  const forAll = await sheets()
  assert.ok(forAll > 10 && forAll < 120, `500 of 20,000 rows on ${forAll} sheets`)
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')))
  assert.equal(await page.locator('.import-row[role=listitem]').count(), 500)
  await page.getByText(/^De første 500 av 20.000 rader/).waitFor()
  await page.evaluate(() => dispatchEvent(new Event('afterprint')))
  await wantWhole('after printing')
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('the file is forgotten when its owner signs out', async () => {
  const page = await signedIn('astrid@example.org', { path: '/import', viewport: wide })
  await pick(page, list)
  await heading(page, 'Hva er hva i fila?').waitFor()
  const hers = await page.evaluate(() => localStorage.getItem('console.session'))
  await page.evaluate(() => history.pushState(null, '', '/mer'))
  await page.getByRole('button', { name: /^Logg ut/ }).click()
  await heading(page, 'Logg inn').waitFor()
  // As another tab does in which she signs in again.
  const other = await page.context().newPage()
  await other.goto(`${given.url}/version.json`)
  await other.evaluate((kept) => localStorage.setItem('console.session', kept), hers)
  await page.getByText('astrid@example.org').waitFor()
  await page.evaluate(() => history.pushState(null, '', '/import/kolonner'))
  await heading(page, 'Hent inn personer fra en fil').waitFor()
  assert.equal(await page.getByText('kursdeltakere.csv').count(), 0)
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

// The rest is make test-console.
const pages = { import: '/import' }
accessibleEverywhere('olav@example.org', pages)
readableAtTwiceTheSize('olav@example.org', pages)
