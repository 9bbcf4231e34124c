// The pages of administrators in a browser, from the first click to the row in the log. The
// Go test TestConsoleForAdministrators serves them.
import test from 'node:test'
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { accessibleEverywhere, given, heading, look, pictures, readableAtTwiceTheSize, session, signedIn } from './console.mjs'

const rows = async (query) => {
  const answer = await fetch(`${given.url}/test/rows`, { method: 'POST', body: query })
  assert.equal(answer.status, 200, await answer.clone().text())
  return answer.json()
}
const item = (page, name) => page.getByRole('listitem').filter({ has: page.getByRole('heading', { level: 3, name, exact: true }) })
const wide = { width: 1280, height: 900 }

test('what reached nobody is seen to', async () => {
  const page = await signedIn('astrid@example.org', { path: '/' })
  await page.getByRole('navigation').getByRole('link', { name: 'Mer' }).click()
  await page.getByRole('link', { name: 'Oppfølging' }).click()
  await heading(page, 'Oppfølging').waitFor()
  await page.getByText('Sju ting trenger deg.').first().waitFor()
  await look(page, 'oppfolging-360')
  await page.setViewportSize(wide)
  await look(page, 'oppfolging-1280')
  await page.setViewportSize({ width: 360, height: 780 })

  // Nobody was responsible: one is chosen.
  const hans = item(page, 'Hans Petter Østmoen')
  await hans.getByText('Ingen koordinator er ansvarlig for Hans.').waitFor()
  await hans.getByRole('button', { name: 'Velg koordinator for Hans Petter Østmoen' }).click()
  await hans.getByRole('button', { name: 'Gjør ansvarlig' }).click()
  await hans.getByText('Velg en koordinator.').waitFor()
  await hans.getByLabel('Koordinator').selectOption('Jonas Vikhammer')
  await look(page, 'oppfolging-velg-360')
  await hans.getByRole('button', { name: 'Gjør ansvarlig' }).click()
  await hans.getByText('Nå er det noen som følger opp Hans. Du trenger ikke gjøre noe. Beskjeden sendes på nytt i natt.').waitFor()
  assert.deepEqual(await rows(`select a.coordinator_id, l.actor_id, l.command from public.coordinator_assignments a
    join public.people_log l on l.person_id = a.mentor_id and l.command = 'assign_coordinator'
    where a.mentor_id = '00000000-0000-4000-8000-0000000f0004' and a.ended_at is null`), [{
    coordinator_id: '00000000-0000-4000-8000-0000000000c6', actor_id: '00000000-0000-4000-8000-0000000000d5', command: 'assign_coordinator',
  }])

  // What can't be put right here is acknowledged.
  const oyvind = item(page, 'Øyvind Brattåsen')
  await oyvind.getByText('Utsendingen av beskjeden om Øyvind stoppet på veien.').waitFor()
  await oyvind.getByRole('button', { name: 'Merk som fulgt opp: Øyvind Brattåsen' }).click()
  await oyvind.waitFor({ state: 'detached' })
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1')
  assert.deepEqual(await rows(`select acknowledged_at is not null as seen from public.notifications where id = '00000000-0000-4000-8000-0000000e0002'`), [{ seen: true }])

  const liv = item(page, 'Liv Åsgårdsrud')
  await liv.getByText('Loggen sluttet med en annen status enn den Liv har.').waitFor()
  await item(page, 'Per-Erik Tangestad').getByText('Dette kan ikke rettes her.').waitFor()
  await liv.getByRole('button', { name: 'Merk som fulgt opp: Liv Åsgårdsrud' }).click()
  await liv.waitFor({ state: 'detached' })
  assert.deepEqual(await rows(`select mentor_id from public.status_discrepancies where acknowledged_at is null`), [{ mentor_id: '00000000-0000-4000-8000-0000000f0010' }])

  // Many with one problem are a line that says how many and what helps, with the rows behind it.
  assert.equal((await fetch(`${given.url}/test/many`, { method: 'POST' })).status, 200)
  await page.reload()
  const many = page.locator('summary').filter({ hasText: 'Fire likepersoner: loggen sluttet med en annen status.' })
  await many.getByText('Se om den stemmer, og merk som fulgt opp.').waitFor()
  const acknowledge = page.locator('.alike').getByRole('button', { name: /^Merk som fulgt opp/ })
  assert.equal(await acknowledge.count(), 0)
  await item(page, 'Per-Erik Tangestad').last().getByText('Dette kan ikke rettes her.').waitFor()
  await many.focus()
  await page.keyboard.press('Enter')
  await acknowledge.first().waitFor()
  assert.equal(await acknowledge.count(), 4)
  await look(page, 'oppfolging-mange-360')
  await acknowledge.first().click()
  await page.locator('.alike').waitFor({ state: 'detached' })
  assert.deepEqual(await rows(`select count(*)::int as n from public.status_discrepancies where acknowledged_at is null`), [{ n: 4 }])
  // Another matter of one of them has a button of the same name.
  for (const name of ['Ánne-Máret', 'Berit', 'Hans Petter', 'Ingrid']) {
    const differing = page.getByRole('listitem').filter({ hasText: name }).filter({ hasText: 'Loggen sluttet' })
    if (await differing.count() === 0) continue // the first one of the four
    await differing.getByRole('button', { name: /^Merk som fulgt opp/ }).click()
    await differing.waitFor({ state: 'detached' })
  }
  assert.deepEqual(await rows(`select mentor_id from public.status_discrepancies where acknowledged_at is null`), [{ mentor_id: '00000000-0000-4000-8000-0000000f0010' }])
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('addresses are taken off the list, and somebody is invited', async () => {
  const page = await signedIn('astrid@example.org', { path: '/oppfolging' })
  const jonas = item(page, 'Jonas Vikhammer')
  await jonas.getByText(/^jonas@example\.org ble avvist /).waitFor()
  await jonas.getByRole('button', { name: 'Ta av lista: Jonas Vikhammer' }).click()
  await jonas.waitFor({ state: 'detached' })
  assert.deepEqual(await rows('select person_id from private.refused_addresses'), [])

  // One that is wrong is corrected where she signs in. It says by whom, and is then no longer here.
  const change = async (path) => assert.equal((await fetch(given.url + path, { method: 'POST' })).status, 200)
  await change('/test/refused')
  await page.reload()
  const marit = item(page, 'Marit Elvestad')
  await marit.getByText(/^marit@example\.org ble avvist .*Er adressen riktig, ta den av lista\. Er den feil, be Marit om den rette og driften om å bytte den\.$/).waitFor()
  await marit.getByText(/^Prøves igjen av seg selv fra /).waitFor()
  await marit.getByRole('link', { name: 'Marit Elvestad' }).click()
  await heading(page, 'Marit Elvestad').waitFor()
  await page.getByText('Logger inn med marit@example.org.').waitFor()
  await change('/test/corrected')
  await page.reload()
  await page.getByText('Logger inn med marit.elvestad@example.org.').waitFor()
  await page.goBack()
  await heading(page, 'Oppfølging').waitFor()
  await marit.waitFor({ state: 'detached' })
  await change('/test/as-it-was')
  await page.reload()
  await marit.getByRole('button', { name: 'Ta av lista: Marit Elvestad' }).click()
  await marit.waitFor({ state: 'detached' })

  const berit = item(page, 'Berit Haugstuen')
  await berit.getByText('Berit kan ikke logge inn ennå.').waitFor()
  await berit.getByRole('button', { name: 'Send invitasjon til Berit Haugstuen' }).click()
  await berit.getByLabel('E-postadresse').fill('berit')
  await berit.getByRole('button', { name: 'Send invitasjon' }).click()
  await berit.getByText('Adressen kan ikke brukes.').waitFor()
  // Somebody else's is refused, with the reason.
  await berit.getByLabel('E-postadresse').fill('marit@example.org')
  await berit.getByRole('button', { name: 'Send invitasjon' }).click()
  await berit.getByRole('alert').getByText('Adressen er alt i bruk av en annen person.').waitFor()
  await look(page, 'oppfolging-i-bruk-360')
  await berit.getByLabel('E-postadresse').fill('berit@example.org')
  await berit.getByRole('button', { name: 'Send invitasjon' }).click()
  await berit.getByText('Berit har aldri logget inn.').waitFor()
  assert.deepEqual(await rows(`select c.email, l.actor_id from public.contacts c join public.people_log l on l.person_id = c.person_id and l.command = 'invite'
    where c.person_id = '00000000-0000-4000-8000-0000000f0003'`), [{ email: 'berit@example.org', actor_id: '00000000-0000-4000-8000-0000000000d5' }])
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('the nights say whether one is missing, and whoever is no administrator is told', async () => {
  let page = await signedIn('olav@example.org', { path: '/oppfolging' })
  await page.getByText(/^Natt til .* ble ikke kjørt, men er tatt igjen\.$/).waitFor()
  assert.equal(await page.getByRole('table').getByRole('row').count(), 7)
  await page.context().close()
  page = await signedIn('marit@example.org', { path: '/oppfolging' })
  await heading(page, 'Denne siden er for administratorer').waitFor()
  assert.equal(await page.getByRole('link', { name: 'Oppfølging' }).count(), 0)
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

const person = (page, name) => page.getByRole('listitem').filter({ has: page.getByRole('link', { name, exact: true }) })
const section = (page, name) => page.locator('section').filter({ has: page.getByRole('heading', { level: 2, name, exact: true }) })
const typed = (days) => {
  const date = new Date(Date.now() + days * 86_400_000)
  return `${date.getUTCDate()}.${date.getUTCMonth() + 1}.${date.getUTCFullYear()}`
}
const iso = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
/** What administrators did to somebody, oldest first. */
const done = async (name) => (await rows(`select l.command from public.people_log l join public.profiles p on p.id = l.person_id
  where p.display_name = '${name}' and l.actor_id is not null order by l.id`)).map(({ command }) => command)

test('the national office is called so among the people, though it is in no chapter', async () => {
  const page = await signedIn('olav@example.org', { path: '/personer' })
  await person(page, 'Olav Kontorvik').getByText('Administrator for hele organisasjonen', { exact: true }).waitFor()
  await person(page, 'Nina Ukjent').getByText('Ingen roller nå', { exact: true }).waitFor()
  await person(page, 'Astrid Nygård').getByText('Administrator, Nedre Glomma', { exact: true }).waitFor()
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('somebody is registered, changed and invited, and the page says who did it', async () => {
  const page = await signedIn('astrid@example.org', { path: '/' })
  await page.getByRole('navigation').getByRole('link', { name: 'Mer' }).click()
  await page.getByRole('link', { name: 'Personer', exact: true }).click()
  await heading(page, 'Personer').waitFor()
  await person(page, 'Anders Lillevold').getByText('Likeperson, Nedre Glomma').waitFor()
  await look(page, 'personer-360')
  await page.setViewportSize(wide)
  await look(page, 'personer-1280')
  await page.setViewportSize({ width: 360, height: 780 })
  await page.getByRole('link', { name: 'Registrer person' }).click()
  await heading(page, 'Registrer person').waitFor()
  await page.getByLabel('Telefon').fill('12')
  await page.getByLabel('Sertifisering (valgfritt)').selectOption('Grunnkurs for likepersoner')
  await page.getByRole('button', { name: 'Registrer person' }).click()
  await page.getByRole('heading', { name: 'Rett opp tre ting før du registrerer' }).waitFor()
  await look(page, 'registrer-feil-360')
  await page.getByRole('link', { name: 'Skriv navnet' }).click()
  await page.keyboard.type('Åse Ødegård')
  await page.getByLabel('E-postadresse').fill('aase@example.org')
  await page.getByLabel('Telefon').fill('912 99 001')
  await page.getByLabel('Ansvarlig koordinator').selectOption('Jonas Vikhammer')
  await page.getByLabel('Gjelder fra').fill(typed(-20))
  await page.getByRole('button', { name: 'Registrer person' }).click()
  await heading(page, 'Åse Ødegård').waitFor()
  await section(page, 'Sertifiseringer').getByText('Grunnkurs for likepersoner').waitFor()
  await section(page, 'Ansvarlige koordinatorer').getByText('Jonas Vikhammer').waitFor()
  await look(page, 'person-360')
  await page.setViewportSize(wide)
  await look(page, 'person-1280')
  await page.setViewportSize({ width: 360, height: 780 })

  await page.getByRole('button', { name: 'Endre navn og kontakt for Åse Ødegård' }).click()
  await page.getByLabel('Navn', { exact: true }).fill('Åse Marie Ødegård')
  await page.getByRole('button', { name: 'Endre navn og kontakt' }).click()
  await heading(page, 'Åse Marie Ødegård').waitFor()
  await section(page, 'Hvem endret hva').getByText('Navn: Åse Ødegård → Åse Marie Ødegård').waitFor()
  await page.getByText('Kan ikke logge inn.').waitFor()
  await page.getByRole('button', { name: 'Inviter til å logge inn' }).click()
  await look(page, 'inviter-360')
  await page.getByRole('button', { name: 'Inviter til å logge inn' }).click()
  await page.getByText(/^Invitert .*, men har aldri logget inn\./).waitFor()
  assert.deepEqual(await done('Åse Marie Ødegård'), ['register_person', 'update_person', 'invite'])

  // Among those who have never signed in.
  await page.getByRole('link', { name: 'Personer', exact: true }).click()
  await page.getByLabel('Innlogging').selectOption('Invitert, men aldri logget inn')
  await person(page, 'Åse Marie Ødegård').waitFor()
  await person(page, 'Per-Erik Tangestad').waitFor({ state: 'detached' })
  assert.equal(new URL(page.url()).searchParams.get('innlogging'), 'unused')
  await page.getByLabel('Søk etter navn').fill('finnes ikke')
  await page.getByRole('heading', { name: 'Ingen treff' }).waitFor()
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('memberships begin and end, also ahead, certifications too, and coordinators come and go', async () => {
  const page = await signedIn('astrid@example.org', { path: '/personer/00000000-0000-4000-8000-0000000f0010' })
  await heading(page, 'Per-Erik Tangestad').waitFor()
  const roles = section(page, 'Roller og medlemskap')
  await roles.getByRole('button', { name: 'Nytt medlemskap' }).click()
  await roles.getByLabel('Rolle').selectOption('Koordinator')
  await roles.getByLabel('Første dag').fill(typed(30))
  await look(page, 'medlemskap-360')
  await roles.getByRole('button', { name: 'Nytt medlemskap' }).click()
  await roles.getByText('Kommer').waitFor()
  await roles.getByRole('button', { name: 'Avslutt: Likeperson, Nedre Glomma' }).click()
  await roles.getByLabel('Siste dag').fill(typed(10))
  await roles.getByRole('button', { name: 'Avslutt', exact: true }).click()
  await roles.getByRole('button', { name: 'Ta slutten tilbake: Likeperson i Nedre Glomma' }).click()
  await roles.getByRole('button', { name: 'Ta slutten tilbake: Likeperson i Nedre Glomma' }).waitFor({ state: 'detached' })
  assert.deepEqual(await rows(`select m.role, m.ended_at from public.chapter_memberships m where m.user_id = '00000000-0000-4000-8000-0000000f0010' order by m.started_at`),
    [{ role: 'mentor', ended_at: null }, { role: 'coordinator', ended_at: null }])

  const held = section(page, 'Sertifiseringer')
  await held.getByRole('button', { name: 'Registrer eller forny' }).click()
  await held.getByRole('button', { name: 'Registrer eller forny' }).click()
  await held.getByText('Velg hva det gjelder.').waitFor()
  await held.getByLabel('Hva').selectOption('Taushetserklæring')
  await held.getByText('La det stå tomt, så gjelder det i 24 måneder.').waitFor()
  await held.getByLabel('Gjelder fra').fill(typed(-3))
  await held.getByRole('button', { name: 'Registrer eller forny' }).click()
  await held.getByText('Taushetserklæring').waitFor()
  await held.getByRole('button', { name: 'Avslutt før tiden: Grunnkurs for likepersoner' }).click()
  await held.getByLabel('Siste gyldige dag').fill(typed(-1))
  await held.getByRole('button', { name: 'Avslutt før tiden', exact: true }).click()
  await held.getByText('Gått ut').waitFor()
  await held.getByRole('button', { name: 'Slett en feil: Taushetserklæring' }).click()
  await held.getByRole('button', { name: 'Slett den' }).click()
  await held.getByText('Taushetserklæring').waitFor({ state: 'detached' })

  const responsible = section(page, 'Ansvarlige koordinatorer')
  await responsible.getByRole('button', { name: 'Velg koordinator' }).click()
  await responsible.getByLabel('Koordinator').selectOption({ index: 1 })
  await responsible.getByRole('button', { name: 'Gjør ansvarlig' }).click()
  await responsible.getByRole('button', { name: /^Ta bort / }).nth(1).waitFor()
  await responsible.getByRole('button', { name: /^Ta bort / }).first().click()
  await responsible.getByRole('button', { name: /^Ta bort / }).nth(1).waitFor({ state: 'detached' })
  assert.deepEqual(await done('Per-Erik Tangestad'), ['start_membership', 'end_membership', 'end_membership',
    'register_certification', 'revoke_certification', 'remove_certification', 'assign_coordinator', 'end_assignment'])
  await look(page, 'person-endret-360')
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('a course is registered for everybody on a list of names', async () => {
  const page = await signedIn('astrid@example.org', { path: '/personer' })
  await page.getByRole('link', { name: 'Forny etter kurs' }).click()
  await page.getByRole('button', { name: 'Finn personene' }).click()
  await page.getByRole('heading', { name: 'Rett opp tre ting før du går videre' }).waitFor()
  await page.getByLabel('Hva').selectOption('Grunnkurs for likepersoner')
  await page.getByLabel('Dato for kurset').fill(typed(-2))
  await page.getByLabel('Navn').fill('anders  lillevold\nSolveig\nBrattåsen, Øyvind\nUkjent Ukjentsen\nAnders Lillevold')
  await look(page, 'forny-360')
  await page.getByRole('button', { name: 'Finn personene' }).click()
  await page.getByRole('heading', { name: 'Fant 2', exact: true }).waitFor()
  await page.getByText('Ett navn fant vi ikke').waitFor()
  await page.getByLabel('Hvem er Solveig?').selectOption({ index: 1 })
  await page.getByText(/^3 personer får Grunnkurs for likepersoner registrert fra /).waitFor()
  await look(page, 'forny-funnet-360')
  await page.getByRole('button', { name: 'Registrer for 3' }).click()
  await page.getByRole('heading', { name: '3 sertifiseringer er registrert.' }).waitFor()
  assert.deepEqual(await rows(`select p.display_name from public.certifications c join public.profiles p on p.id = c.mentor_id
    where c.issued_on = '${iso(-2)}' order by p.display_name`), [
    { display_name: 'Anders Lillevold' }, { display_name: 'Solveig Myrvang' }, { display_name: 'Øyvind Brattåsen' }])
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('mentors are handed over, and who they are is shown before', async () => {
  const page = await signedIn('astrid@example.org', { path: '/personer/00000000-0000-4000-8000-0000000000c5' })
  await heading(page, 'Marit Elvestad').waitFor()
  const before = await rows(`select a.mentor_id from public.coordinator_assignments a where a.ended_at is null and a.coordinator_id = '00000000-0000-4000-8000-0000000000c5'`)
  assert.ok(before.length > 1)
  await page.getByRole('link', { name: 'Overfør dem til en annen' }).click()
  await page.getByRole('button', { name: 'Overfør', exact: true }).click()
  await page.getByText('Velg hvem det overføres fra, og til.').waitFor()
  await page.getByLabel('Til').selectOption('Jonas Vikhammer')
  await page.getByText(`${before.length} likepersoner overføres fra Marit Elvestad til Jonas Vikhammer:`).waitFor()
  await look(page, 'overfor-360')
  await page.getByRole('button', { name: 'Overfør', exact: true }).click()
  await heading(page, 'Jonas Vikhammer').waitFor()
  for (const { mentor_id } of before) {
    assert.deepEqual(await rows(`select a.coordinator_id from public.coordinator_assignments a where a.ended_at is null and a.mentor_id = '${mentor_id}'
      and a.coordinator_id in ('00000000-0000-4000-8000-0000000000c5', '00000000-0000-4000-8000-0000000000c6')`),
    [{ coordinator_id: '00000000-0000-4000-8000-0000000000c6' }])
  }
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('two profiles of one person are compared and joined', async () => {
  const page = await signedIn('astrid@example.org', { path: '/personer/dubletter' })
  await page.getByText('Samme navn').first().waitFor()
  await look(page, 'dubletter-360')
  await page.getByRole('link', { name: /Sammenlign ingrid fossmark og ingrid fossmark/i }).click()
  await heading(page, 'Er dette samme person?').waitFor()
  // Ingrid signs in, so hers is the one that stays.
  await page.getByText('Denne brukes til å logge inn, og kan ikke fjernes.').waitFor()
  await page.getByText(/^Ingrid Fossmark beholdes\./).waitFor()
  await look(page, 'sammenlign-360')
  await page.setViewportSize(wide)
  await look(page, 'sammenlign-1280')
  await page.getByRole('button', { name: 'Slå sammen' }).click()
  await heading(page, 'Ingrid Fossmark').waitFor()
  await section(page, 'Hvem endret hva').getByText('Astrid Nygård slo sammen to profiler').waitFor()
  assert.deepEqual(await rows(`select m.started_at::date::text as day from public.chapter_memberships m where m.user_id = '00000000-0000-4000-8000-0000000f0005'`), [{ day: '2019-01-01' }])
  // The old address leads to the one that was kept.
  await page.goto(`${given.url}/personer/00000000-0000-4000-8000-0000000f0099`)
  await page.getByText('Denne profilen er slått sammen med en annen.').waitFor()
  assert.equal(await page.getByRole('link', { name: 'Se den som ble beholdt' }).getAttribute('href'), '/personer/00000000-0000-4000-8000-0000000f0005')
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('somebody moves to another chapter, as the national office enters it', async () => {
  const page = await signedIn('olav@example.org', { path: '/personer/00000000-0000-4000-8000-0000000f0002' })
  const roles = section(page, 'Roller og medlemskap')
  await roles.getByRole('button', { name: 'Flytt til et annet lokallag: Likeperson, Nedre Glomma' }).click()
  await roles.getByLabel('Til lokallag').selectOption('Oslo')
  await roles.getByLabel('Første dag i det nye lokallaget').fill(typed(20))
  await look(page, 'flytt-360')
  await roles.getByRole('button', { name: 'Flytt til et annet lokallag', exact: true }).click()
  await roles.getByText(/^Likeperson, Oslo/).waitFor()
  await roles.getByText(/^Begynner /).waitFor()
  await roles.getByLabel('Til lokallag').waitFor({ state: 'detached' })
  const moved = await rows(`select c.name, private.date_of(m.started_at)::text as first, (private.date_of(m.ended_at) - 1)::text as last
    from public.chapter_memberships m join public.chapters c on c.id = m.chapter_id where m.user_id = '00000000-0000-4000-8000-0000000f0002' order by m.started_at`)
  assert.deepEqual(moved, [{ name: 'Nedre Glomma', first: '2021-04-01', last: iso(19) }, { name: 'Oslo', first: iso(20), last: null }])
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('somebody is erased when the name is typed, and not before', async () => {
  const page = await signedIn('astrid@example.org', { path: `/personer?sok=${encodeURIComponent('Åse Marie')}` })
  await page.getByRole('link', { name: 'Åse Marie Ødegård' }).click()
  await page.getByRole('link', { name: 'Slett personen …' }).click()
  await heading(page, 'Slett Åse Marie Ødegård?').waitFor()
  // What goes and what stays is said, and is so.
  const said = (name) => page.locator('form div').filter({ has: page.getByRole('heading', { level: 2, name, exact: true }) }).last().getByRole('listitem').allInnerTexts()
  assert.deepEqual(await said('Dette forsvinner for godt'), [
    'navnet, e-postadressen, telefonnummeret og medlemsnumrene', 'innloggingen', 'meldingene i innboksen',
    'grunner til pauser og det som er skrevet i forespørsler', 'hva endringsloggen sier om personen'])
  assert.deepEqual(await said('Dette blir, uten navn'), [
    'når en likeperson var aktiv, på pause eller hadde gått ut, så rapporter som er levert fortsatt stemmer', 'tallene i rapporter som er utstedt'])
  await page.getByText('Det kan ikke gjøres om. Skal personen bare slutte, avslutt medlemskapet i stedet.').waitFor()
  const [{ id }] = await rows(`select id from public.profiles where display_name = 'Åse Marie Ødegård'`)
  const stays = () => rows(`select m.role, m.started_at, c.kind, c.issued_on, c.expires_on from public.chapter_memberships m
    join public.certifications c on c.mentor_id = m.user_id where m.user_id = '${id}'`)
  const before = await stays()
  assert.equal(before.length, 1)
  await page.getByRole('button', { name: 'Slett for godt' }).click()
  await page.getByText('Skriv navnet nøyaktig som her: Åse Marie Ødegård').waitFor()
  await look(page, 'slett-360')
  await page.getByLabel('Skriv Åse Marie Ødegård for å bekrefte').fill('Åse Marie Ødegård')
  await page.getByRole('button', { name: 'Slett for godt' }).click()
  await heading(page, 'Personer').waitFor()
  assert.deepEqual(await rows(`select 1 as there from public.profiles p where p.display_name like 'Åse Marie%' union all select 1 from auth.users u where u.email = 'aase@example.org'`), [])
  assert.deepEqual(await stays(), before)
  assert.deepEqual(await rows(`select c.person_id from public.contacts c where c.person_id = '${id}' union all
    select l.person_id from public.people_log l where l.person_id = '${id}' and concat(l.before, l.after) ~ 'Ødegård|aase@|91299001'`), [])
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('the national office keeps chapters, kinds and administrators', async () => {
  const page = await signedIn('olav@example.org', { path: '/' })
  await page.getByRole('navigation').getByRole('link', { name: 'Mer' }).click()
  await page.getByRole('link', { name: 'Innstillinger' }).click()
  await heading(page, 'Innstillinger').waitFor()
  await look(page, 'innstillinger-360')
  await page.setViewportSize(wide)
  await look(page, 'innstillinger-1280')
  await page.setViewportSize({ width: 360, height: 780 })

  const chapters = section(page, 'Lokallag')
  await chapters.getByRole('button', { name: 'Nytt lokallag' }).click()
  await chapters.getByRole('button', { name: 'Lagre' }).click()
  await chapters.getByText('Skriv navnet.').waitFor()
  await chapters.getByLabel('Navn på lokallaget').fill('Øvre Trysil')
  await chapters.getByRole('switch').check()
  await look(page, 'lokallag-360')
  await chapters.getByRole('button', { name: 'Lagre' }).click()
  await chapters.getByRole('heading', { name: 'Øvre Trysil' }).waitFor()
  await chapters.getByRole('button', { name: 'Endre Øvre Trysil' }).click()
  await chapters.getByLabel('Navn på lokallaget').fill('Nedre Glomma')
  await chapters.getByRole('button', { name: 'Lagre' }).click()
  await chapters.getByText('Det finnes alt et lokallag med dette navnet').waitFor()
  await chapters.getByLabel('Navn på lokallaget').fill('Trysil')
  await chapters.getByRole('switch').uncheck()
  await chapters.getByRole('button', { name: 'Lagre' }).click()
  await chapters.getByRole('heading', { name: 'Trysil', exact: true }).waitFor()
  await chapters.getByRole('button', { name: 'Legg ned Trysil' }).click()
  await chapters.getByLabel('Siste dag').fill(typed(40))
  await chapters.getByRole('button', { name: 'Legg ned', exact: true }).click()
  await chapters.getByText(/^Legges ned, siste dag /).waitFor()
  assert.deepEqual(await rows(`select c.name, c.requests_take_effect, (private.date_of(c.closed_at) - 1)::text as last from public.chapters c where c.name = 'Trysil'`),
    [{ name: 'Trysil', requests_take_effect: false, last: iso(40) }])

  const kinds = section(page, 'Sertifiseringer')
  await kinds.getByRole('button', { name: 'Ny sertifisering' }).click()
  await kinds.getByLabel('Kode').fill('politiattest')
  await kinds.getByLabel('Navn på bokmål').fill('Politiattest')
  await kinds.getByLabel('Navn på nynorsk').fill('Politiattest')
  await kinds.getByLabel('Navn på engelsk').fill('Police certificate')
  await kinds.getByLabel('Gjelder i så mange måneder').fill('mange')
  await kinds.getByRole('button', { name: 'Lagre' }).click()
  await kinds.getByText('Skriv et helt tall, eller la det stå tomt.').waitFor()
  await kinds.getByLabel('Gjelder i så mange måneder').fill('')
  await kinds.getByLabel('Be om en ny etter så mange måneder borte').fill('12')
  await kinds.getByRole('button', { name: 'Lagre' }).click()
  await kinds.getByText('Ingen fast varighet. Be om en ny etter 12 måneder borte.').waitFor()
  await kinds.getByRole('button', { name: 'Endre Taushetserklæring' }).click()
  await kinds.getByLabel('Gjelder i så mange måneder').fill('36')
  await kinds.getByRole('button', { name: 'Lagre' }).click()
  await kinds.getByText('Gjelder i 36 måneder.').nth(1).waitFor()
  assert.deepEqual(await rows(`select k.code, k.months_valid, k.due_after_months_away, k.is_required, k.name_en from public.certification_kinds k
    where k.code in ('politiattest', 'taushetserklæring') order by k.code`), [
    { code: 'politiattest', months_valid: null, due_after_months_away: 12, is_required: false, name_en: 'Police certificate' },
    { code: 'taushetserklæring', months_valid: 36, due_after_months_away: null, is_required: false, name_en: 'Declaration of confidentiality' }])

  // What everybody needs from today on changes no day before, and is taken away again.
  await kinds.getByRole('button', { name: 'Ny sertifisering' }).click()
  await kinds.getByLabel('Kode').fill('førstehjelp')
  for (const language of ['bokmål', 'nynorsk']) await kinds.getByLabel(`Navn på ${language}`).fill('Førstehjelp')
  await kinds.getByLabel('Navn på engelsk').fill('First aid')
  await kinds.getByRole('switch').check()
  await kinds.getByRole('button', { name: 'Lagre' }).click()
  await kinds.getByRole('alert').getByText(/^Alle de \d+ likepersonene mangler den, og blir stående som utløpt fra i dag/).waitFor()
  assert.deepEqual(await rows(`select code from public.certification_kinds where code = 'førstehjelp'`), [])
  await look(page, 'paakrevd-360')
  await kinds.getByRole('button', { name: 'Gjør den påkrevd fra i dag' }).click()
  await kinds.getByRole('heading', { name: /^Førstehjelp\s+Påkrevd$/ }).waitFor()
  assert.deepEqual(await rows(`select p.is_required, p.from_day = private.today() as today from private.certification_kind_periods p
    where p.code = 'førstehjelp' order by p.from_day`), [{ is_required: false, today: false }, { is_required: true, today: true }])
  await kinds.getByRole('button', { name: 'Endre Førstehjelp' }).click()
  await kinds.getByRole('switch').uncheck()
  await kinds.getByRole('button', { name: 'Lagre' }).click()
  await kinds.getByRole('heading', { name: /^Førstehjelp\s*$/ }).waitFor()
  assert.deepEqual(await rows(`select d.kind from private.certification_kind_demands d where d.kind = 'førstehjelp'`), [])

  const office = section(page, 'Administratorer for hele organisasjonen')
  await office.getByText('Organisasjonen må ha minst én.').waitFor()
  await office.getByRole('button', { name: 'Gjør en person til administrator' }).click()
  await office.getByLabel('Søk etter navn').fill('astrid')
  await office.getByRole('button', { name: 'Gjør Astrid Nygård til administrator' }).click()
  await office.getByRole('button', { name: 'Ta bort Astrid Nygård' }).click()
  await look(page, 'ta-bort-360')
  await office.getByRole('button', { name: 'Ta bort Astrid Nygård' }).click()
  await office.getByText('Organisasjonen må ha minst én.').waitFor()
  assert.deepEqual((await done('Astrid Nygård')).slice(-2), ['appoint_administrator', 'dismiss_administrator'])
  assert.deepEqual(page.faults, [])
  await page.context().close()

  const astrid = await signedIn('astrid@example.org', { path: '/innstillinger' })
  await heading(astrid, 'Denne siden er for administratorer av hele organisasjonen').waitFor()
  assert.equal(await astrid.getByRole('link', { name: 'Innstillinger' }).count(), 0)
  await astrid.context().close()
})

test('everybody sees what is kept about them, downloads it, and reads how to have it erased', async () => {
  const page = await signedIn('mentor1@example.org', { path: '/' })
  await page.getByRole('navigation').getByRole('link', { name: 'Mer' }).click()
  await page.getByRole('link', { name: 'Personvern' }).click()
  await heading(page, 'Personvern').waitFor()
  await page.getByText('Likeperson i Nedre Glomma, fra 1.\u00a0april\u00a02021').waitFor()
  await page.getByText('Koordinatorene og administratorene i Nedre Glomma: alt som gjelder deg mens du er med der.').waitFor()
  await look(page, 'personvern-360')
  await page.setViewportSize(wide)
  await look(page, 'personvern-1280')
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Last ned alt om meg' }).click()
  const download = await downloading
  assert.match(download.suggestedFilename(), /^alt-om-meg-\d{4}-\d\d-\d\d\.json$/)
  const whole = JSON.parse(await readFile(await download.path(), 'utf8'))
  assert.equal(whole.profile.display_name, 'Anders Lillevold')
  assert.deepEqual([whole.next_cursor, whole.memberships.length], [null, 1])
  // Printed, it is what is kept and nothing to click.
  await page.emulateMedia({ media: 'print' })
  assert.equal(await page.locator('nav:visible, button:visible').count(), 0)
  assert.ok(await page.locator('dd', { hasText: 'Anders Lillevold' }).isVisible())
  if (pictures && !given.update) await page.screenshot({ path: join(pictures, 'personvern-trykk.png'), fullPage: true })
  await page.emulateMedia({ media: null })
  // Without a network nothing is downloaded, and that is said.
  await page.context().setOffline(true)
  await page.getByRole('button', { name: 'Last ned alt om meg' }).click()
  await page.getByText('Vi får ikke kontakt. Prøv igjen når du har nett.').waitFor()
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('whom to ask for a correction or to be erased is somebody whom one can ask', async () => {
  for (const [email, correct, erase] of [
    ['mentor1@example.org', 'Si fra til koordinatoren eller administratoren i lokallaget.', 'Be administratoren i lokallaget om å slette deg.'],
    ['nina@example.org', 'Si fra til en administrator for hele organisasjonen.', 'Be en administrator for hele organisasjonen om å slette deg.'],
    ['astrid@example.org', 'Du kan selv rette', 'Be en annen administrator i lokallaget, eller en for hele organisasjonen, om å slette deg.'],
    ['olav@example.org', 'Du kan selv rette', 'Be en annen administrator for hele organisasjonen om å slette deg. Er du den eneste, må en annen bli administrator først.'],
  ]) {
    const page = await signedIn(email, { path: '/personvern' })
    await section(page, 'Få noe rettet').getByText(correct).waitFor()
    await section(page, 'Få det slettet').getByText(erase).waitFor()
    assert.equal(await page.locator('dd').getByText('Administrator for hele organisasjonen', { exact: true }).count(), email === 'olav@example.org' ? 1 : 0)
    if (['nina@example.org', 'olav@example.org'].includes(email)) {
      assert.doesNotMatch(await page.locator('main').innerText(), /(i|av) lokallaget/)
    }
    await look(page, `personvern-${email.split('@')[0]}-360`)
    await page.context().close()
  }
  // Of two chapters neither administrator may, so whoever keeps both is asked.
  const [{ id }] = await rows(`select id from public.chapters where name = 'Oslo'`)
  const begun = await fetch(`${given.url}/functions/v1/people`, {
    method: 'POST', headers: { authorization: `Bearer ${(await session('olav@example.org')).access_token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ command: 'start_membership', person_id: '00000000-0000-4000-8000-0000000f0005', chapter_id: id, role: 'mentor', started_on: iso(-1) }),
  })
  assert.equal(begun.status, 200, await begun.text())
  const page = await signedIn('mentor5@example.org', { path: '/personvern' })
  await section(page, 'Få det slettet').getByText('Be en administrator for hele organisasjonen om å slette deg.').waitFor()
  await section(page, 'Få noe rettet').getByText('Si fra til en administrator for hele organisasjonen.').waitFor()
  await page.context().close()
})

const pages = {
  personer: '/personer',
  registrer: '/personer/ny',
  forny: '/personer/forny',
  overfor: '/personer/overfor',
  dubletter: '/personer/dubletter',
  person: '/personer/00000000-0000-4000-8000-0000000f0002',
  slett: '/personer/00000000-0000-4000-8000-0000000f0003/slett',
  'sla-sammen': '/personer/00000000-0000-4000-8000-0000000f0003/sla-sammen',
  sammenlign: '/personer/dubletter/00000000-0000-4000-8000-0000000f0003/00000000-0000-4000-8000-0000000f0006',
  oppfolging: '/oppfolging',
  innstillinger: '/innstillinger',
  personvern: '/personvern',
}
accessibleEverywhere('olav@example.org', pages)
readableAtTwiceTheSize('olav@example.org', pages)
