// The pages of administrators in a browser, from the first click to the row in the log. The
// Go test TestConsoleForAdministrators serves them.
import test from 'node:test'
import assert from 'node:assert/strict'
import { accessibleEverywhere, given, heading, look, readableAtTwiceTheSize, signedIn } from './console.mjs'

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

const pages = {
  oppfolging: '/oppfolging',
}
accessibleEverywhere('astrid@example.org', pages)
readableAtTwiceTheSize('astrid@example.org', pages)
