// The pages of the period report in a browser, from the first click to the row in the
// database and the sheet of paper. The Go test TestConsoleReport serves them.
import test from 'node:test'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { accessibleEverywhere, given, heading, look, pictures, readableAtTwiceTheSize, signedIn } from './console.mjs'

const rows = async (query) => {
  const answer = await fetch(`${given.url}/test/rows`, { method: 'POST', body: query })
  assert.equal(answer.status, 200, await answer.clone().text())
  return answer.json()
}
const small = { width: 360, height: 780 }
const wide = { width: 1280, height: 900 }
const year = new Date().getFullYear() - 1
const chapter = '00000000-0000-4000-8000-0000000000a5'
const number = (n) => new Intl.NumberFormat('nb-NO').format(n)

/** The numbers of last year as the database counts them. */
const counted = async (from = `${year}-01-01`, to = `${year}-12-31`) =>
  (await rows(`select n.total from private.report_numbers_of('${from}', '${to}', array['${chapter}']::uuid[], now(), null) n`))[0].total

/** What the browser saved after a press. */
async function saved(page, press) {
  const [download] = await Promise.all([page.waitForEvent('download'), press()])
  return { name: download.suggestedFilename(), content: await readFile(await download.path()) }
}

test('a coordinator sees the numbers, and no name', async () => {
  const page = await signedIn('marit@example.org', { path: '/' })
  await page.getByRole('navigation').getByRole('link', { name: 'Mer' }).click()
  await page.getByRole('link', { name: 'Perioderapport' }).click()
  await heading(page, 'Perioderapport').waitFor()
  await page.getByText(String(year), { exact: true }).click()
  const total = await counted()
  await page.getByText(`minst én dag i ${year}`).waitFor()
  assert.equal(await page.locator('.headline-number').innerText(), number(total.certified_any))
  await look(page, 'perioderapport-koordinator-360')
  assert.equal(await page.getByRole('link', { name: 'Se navnene' }).count(), 0)
  assert.equal(await page.getByRole('button', { name: /^Utsted/ }).count(), 0)
  assert.equal(await page.getByRole('heading', { name: 'Utstedte rapporter' }).count(), 0)
  const file = await saved(page, () => page.getByRole('button', { name: 'CSV' }).click())
  assert.equal(file.name, `perioderapport-${year}-01-01-${year}-12-31.csv`)
  assert.match(file.content.toString('utf8'), /Nedre Glomma/)
  assert.doesNotMatch(file.content.toString('utf8'), /Anders|Solveig/)
  // Not by the address either.
  await page.goto(`${given.url}/perioderapport/navn?fra=${year}-01-01&til=${year}-12-31`)
  await page.getByRole('heading', { name: 'Navnene er for administratorer' }).waitFor()
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('an administrator chooses a period, and is told what is wrong with one', async () => {
  const page = await signedIn('astrid@example.org', { path: '/perioderapport' })
  await page.getByRole('button', { name: 'Velg andre datoer' }).click()
  await page.getByLabel('Fra og med').fill('31.12.2024')
  await page.getByLabel('Til og med').fill('1.12.2024')
  await page.getByRole('button', { name: 'Vis perioden' }).click()
  await page.getByRole('link', { name: 'Velg en siste dag etter den første' }).waitFor()
  await look(page, 'perioderapport-datoer-360')
  await page.getByRole('link', { name: 'Velg en siste dag etter den første' }).click()
  assert.equal(await page.evaluate(() => document.activeElement.id), 'period-to')
  await page.getByLabel('Til og med').fill('1.1.2999')
  await page.getByRole('button', { name: 'Vis perioden' }).click()
  await page.getByRole('link', { name: 'Velg en siste dag som har vært' }).waitFor()
  await page.getByLabel('Fra og med').fill('1. mars 2024')
  await page.getByLabel('Til og med').fill('31.5.24')
  await page.getByRole('button', { name: 'Vis perioden' }).click()
  await page.getByText('fra 1. mars 2024 til 31. mai 2024').waitFor()
  const total = await counted('2024-03-01', '2024-05-31')
  await page.getByText('Vis tallene som tabell').click()
  const table = page.getByRole('table', { name: 'Dager per måned' })
  await table.waitFor()
  assert.equal(await table.getByRole('row').count(), 4)
  const days = (await table.locator('tbody tr td:nth-child(2)').allInnerTexts()).map((text) => Number(text.replaceAll(/\s/g, '')))
  assert.equal(days.reduce((sum, n) => sum + n, 0), total.days_active)
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('a report is issued, corrected facts are explained, and another one is issued', async () => {
  const page = await signedIn('astrid@example.org', { path: '/perioderapport' })
  await page.getByText(String(year), { exact: true }).click()
  const total = await counted()
  await page.getByText('Ikke utstedt ennå.').waitFor()
  await page.getByText('Ingen rapporter er utstedt ennå.').waitFor()
  await look(page, 'perioderapport-360')
  await page.setViewportSize(wide)
  await look(page, 'perioderapport-1280')
  await page.setViewportSize(small)

  // Each number leads to just as many people.
  for (const group of ['registered_any', 'active_end', 'certified_any', 'certified_end', 'certified_every_day']) {
    await page.goto(`${given.url}/perioderapport/navn?fra=${year}-01-01&til=${year}-12-31&tall=${group}`)
    const n = total[group]
    await page.getByText(n === 0 ? 'Ingen treff' : `${n} ${n === 1 ? 'likeperson' : 'likepersoner'}`, { exact: true }).waitFor()
    assert.equal(await page.locator('.name-row').count(), n, group)
  }
  await page.goto(`${given.url}/perioderapport?fra=${year}-01-01&til=${year}-12-31`)
  await page.getByRole('link', { name: 'Se navnene' }).click()
  await heading(page, 'Navnene i rapporten').waitFor()
  await page.getByLabel('Søk etter navn').fill('oyvind')
  await page.getByText('1 likeperson', { exact: true }).waitFor()
  await look(page, 'perioderapport-navn-360')
  await page.getByRole('link', { name: 'Øyvind Brattåsen' }).click()
  await heading(page, 'Øyvind Brattåsen').waitFor()
  await page.getByText('Likeperson i Nedre Glomma fra 1. april 2021').first().waitFor()
  await page.getByLabel('Hva var statusen en bestemt dag?').fill(`31.12.${year}`)
  await page.getByText(`31. desember ${year}: aktiv, med gyldig sertifisering.`).waitFor()
  assert.equal(await page.locator('.stretch').count(), 1)
  await look(page, 'perioderapport-dager-360')

  await page.goto(`${given.url}/perioderapport?fra=${year}-01-01&til=${year}-12-31`)
  await page.getByRole('button', { name: `Utsted ${year}` }).click()
  const dialog = page.getByRole('dialog', { name: `Utsted rapporten for ${year}?` })
  await dialog.getByText('Den kan ikke endres eller slettes.').waitFor()
  await look(page, 'perioderapport-utsted-360')
  await dialog.getByRole('button', { name: `Utsted ${year}` }).click()
  await heading(page, `Perioderapport, hele ${year}`).waitFor()
  await page.getByText('av Astrid Nygård.').waitFor()
  const [row] = await rows('select id, issued_by, sha256, from_date, to_date from public.period_reports')
  assert.equal(row.issued_by, '00000000-0000-4000-8000-0000000000d5')
  assert.deepEqual([row.from_date, row.to_date], [`${year}-01-01`, `${year}-12-31`])
  assert.equal((await page.locator('.checksum').innerText()).replaceAll(/\s/g, ''), row.sha256)
  await look(page, 'perioderapport-utstedt-360')
  const manifest = await saved(page, () => page.getByRole('button', { name: 'Last ned manifestet' }).click())
  assert.equal(createHash('sha256').update(manifest.content).digest('hex'), row.sha256)
  const book = await saved(page, () => page.getByRole('button', { name: 'Excel' }).click())
  assert.equal(book.content.subarray(0, 2).toString(), 'PK')

  // Nothing has changed; then Astrid registers what had been forgotten, and a pause.
  await page.getByRole('link', { name: 'Sammenlign med nå' }).click()
  await heading(page, /^Ingenting er endret siden rapporten ble utstedt / ).waitFor()
  await look(page, 'perioderapport-uendret-360')
  const token = await page.evaluate(() => JSON.parse(localStorage.getItem('console.session')).access_token)
  const answer = await fetch(`${given.url}/functions/v1/people`, {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ command: 'register_certification', mentor_id: '00000000-0000-4000-8000-0000000f0007', kind: 'taushetserklæring', issued_on: `${year}-01-01` }),
  })
  assert.equal(answer.status, 200, await answer.text())
  const now = await counted()
  assert.ok(now.certified_every_day > total.certified_every_day)
  await page.goto(`${given.url}/perioderapport?fra=${year}-01-01&til=${year}-12-31`)
  await page.getByText('Ett tall er endret siden.').waitFor()
  await look(page, 'perioderapport-endret-360')
  await page.getByRole('link', { name: 'Se hva som er endret' }).click()
  await heading(page, /^Ett tall er endret siden rapporten ble utstedt / ).waitFor()
  await page.getByText(`Taushetserklæring, 1. januar ${year}–`).waitFor()
  await page.getByText(/^Registrert .* av Astrid Nygård\.$/).waitFor()
  await page.getByRole('link', { name: 'Solveig Myrvang' }).waitFor()
  await look(page, 'perioderapport-sammenlign-360')
  await page.setViewportSize(wide)
  await look(page, 'perioderapport-sammenlign-1280')
  await page.setViewportSize(small)
  const differences = await saved(page, () => page.getByRole('button', { name: 'Last ned forskjellene' }).click())
  assert.match(differences.content.toString('utf8'), /"Solveig Myrvang";.*Taushetserklæring.*Astrid Nygård/)
  await page.getByRole('button', { name: `Utsted ${year} på nytt` }).click()
  await page.getByRole('dialog').getByRole('button', { name: `Utsted ${year}` }).click()
  await heading(page, `Perioderapport, hele ${year}`).waitFor()
  assert.equal((await rows('select id from public.period_reports')).length, 2)
  await page.getByRole('link', { name: 'Perioderapport' }).first().click()
  await page.getByRole('link', { name: new RegExp(`^Åpne Hele ${year}, Nedre Glomma`) }).nth(1).waitFor()
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('a report is not issued twice when the line breaks', async () => {
  const page = await signedIn('astrid@example.org', { path: `/perioderapport?fra=2023-01-01&til=2023-12-31` })
  const before = (await rows('select id from public.period_reports')).length
  await page.getByRole('button', { name: 'Utsted 2023' }).click()
  let isCut = true
  await page.context().route('**/period-report', async (route) => {
    if (!isCut || route.request().method() !== 'POST') return route.continue()
    isCut = false
    await route.fetch() // it arrives, and the answer gets lost
    return route.abort()
  })
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Utsted 2023' }).click()
  await dialog.getByText('Den blir ikke utstedt to ganger.').waitFor()
  await dialog.getByRole('button', { name: 'Utsted 2023' }).click()
  await heading(page, 'Perioderapport, hele 2023').waitFor()
  assert.equal((await rows('select id from public.period_reports')).length, before + 1)
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('an auditor draws the same mentors, with what their days rest on', async () => {
  const page = await signedIn('astrid@example.org', { path: `/perioderapport?fra=${year}-01-01&til=${year}-12-31` })
  await page.getByRole('link', { name: 'Trekk en stikkprøve' }).click()
  await heading(page, 'Stikkprøve').waitFor()
  await page.getByLabel('Hvor mange?').fill('201')
  await page.getByRole('button', { name: 'Trekk stikkprøven' }).click()
  await page.getByRole('link', { name: 'Skriv et tall fra 1 til 200.' }).waitFor()
  await page.getByLabel('Hvor mange?').fill('3')
  await page.getByLabel('Startverdi').fill('2027')
  await page.getByRole('button', { name: 'Trekk stikkprøven' }).click()
  await page.getByText('Tre likepersoner trukket med startverdien 2027.').waitFor()
  const people = await rows(`select p.display_name from public.profiles p
    join public.chapter_memberships m on m.user_id = p.id and m.role = 'mentor' and m.chapter_id = '${chapter}'
    order by sha256(convert_to('2027 ' || p.id, 'UTF8')) limit 3`)
  assert.deepEqual(await page.locator('.drawn h2').allInnerTexts(), people.map((person) => person.display_name))
  await page.getByText(/^Registrert /).first().waitFor()
  await look(page, 'perioderapport-stikkprove-360')
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('the office sees all chapters, each by itself, and whoever left', async () => {
  const page = await signedIn('olav@example.org', { path: `/perioderapport?fra=${year}-01-01&til=${year}-12-31`, viewport: wide })
  await page.getByRole('table', { name: 'Lokallag for lokallag' }).getByRole('link', { name: 'Øvre Glomma' }).waitFor()
  await look(page, 'perioderapport-kontoret-1280')
  await page.getByLabel('Lokallag', { exact: true }).selectOption('Øvre Glomma')
  await page.getByText('Én kom til og én sluttet.').waitFor()
  assert.equal(await page.getByRole('table', { name: 'Lokallag for lokallag' }).count(), 0)
  // On a large screen the names stand below each other, each on a line as wide as the list.
  await page.goto(`${given.url}/perioderapport/navn?fra=${year}-01-01&til=${year}-12-31`)
  await page.locator('.name-row').nth(1).waitFor()
  const [list, ...names] = await page.locator('.name-rows, .name-row').evaluateAll((all) => all.map((one) => one.clientWidth))
  assert.deepEqual(names.filter((width) => width !== list), [], 'the names stand in columns')
  // Berit came twice in 2015, and left twice from March on until the end of the next year.
  for (const [from, to, says] of [
    ['2015-01-01', '2015-12-31', /^Én kom til og én sluttet\. Den som begynte .* Hver person teller én gang\.$/], // came twice
    ['2015-03-01', '2016-12-31', /^Én kom til og én sluttet\. Den som begynte .* Hver person teller én gang\.$/], // left twice
    // The last day was the one before.
    ['2015-04-01', '2015-06-30', /én sluttet\. Den som begynte .*, og den som hadde sin siste dag dagen før, er blant dem som sluttet\./],
    ['2015-03-01', '2015-12-31', 'Én kom til og én sluttet.'],
  ]) {
    await page.goto(`${given.url}/perioderapport?fra=${from}&til=${to}`)
    await page.getByLabel('Lokallag', { exact: true }).selectOption('Øvre Glomma')
    await page.locator('.numbers').getByText(says, { exact: true }).waitFor()
  }
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('a board can sign what is printed', async () => {
  const page = await signedIn('astrid@example.org', { path: `/perioderapport?fra=${year}-01-01&til=${year}-12-31`, viewport: wide })
  await page.getByRole('heading', { name: 'Dager per måned' }).waitFor()
  await page.emulateMedia({ media: 'print' })
  for (const text of ['Sted og dato', 'Underskrift, styreleder', 'Underskrift, administrator', `Nedre Glomma, ${year}`]) {
    assert.ok(await page.getByText(text, { exact: true }).isVisible(), `${text} is not on paper`)
  }
  assert.ok(await page.getByRole('rowheader', { name: `januar ${year}` }).isVisible(), 'the table of months is not on paper')
  for (const name of ['Skriv ut', 'Excel', `Utsted ${year}`]) assert.equal(await page.getByRole('button', { name }).count(), 0, `${name} is on paper`)
  const pdf = await page.pdf({ format: 'A4', printBackground: false, preferCSSPageSize: true })
  const sheets = pdf.toString('latin1').match(/\/Type\s*\/Page[^s]/g)?.length
  assert.equal(sheets, 1, 'a year of one chapter is on one sheet')
  if (pictures && !given.update) await (await import('node:fs/promises')).writeFile(join(pictures, 'perioderapport.pdf'), pdf)
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

// The rest is make test-console.
const pages = {
  perioderapport: `/perioderapport?fra=${year}-01-01&til=${year}-12-31`,
  'perioderapport-tom': '/perioderapport?fra=2010-01-01&til=2010-12-31',
  'perioderapport-fem-år': `/perioderapport?fra=${year - 4}-01-01&til=${year}-12-31`,
  'perioderapport-navn': `/perioderapport/navn?fra=${year}-01-01&til=${year}-12-31`,
  'perioderapport-dager': `/perioderapport/person/00000000-0000-4000-8000-0000000f0002?fra=${year}-01-01&til=${year}-12-31`,
  'perioderapport-ukjent': `/perioderapport/person/00000000-0000-4000-8000-0000000f0999?fra=${year}-01-01&til=${year}-12-31`,
  'perioderapport-stikkprove': `/perioderapport/stikkprove?fra=${year}-01-01&til=${year}-12-31`,
  'perioderapport-ingen': '/perioderapport/utstedt/00000000-0000-4000-8000-0000000f0999',
}
accessibleEverywhere('olav@example.org', pages)
readableAtTwiceTheSize('olav@example.org', pages)
