// A year of one organisation, from an empty database to a report that is compared twice, by
// what its people do in the console. The Go test TestConsoleYear serves it. At each station
// the page is looked at, and the database is asked for the row that it made.
import test from 'node:test'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { code, given, heading, look, open, picture, row, wantNoSidewaysScrolling } from './console.mjs'

const rows = async (query) => {
  const answer = await fetch(`${given.url}/test/rows`, { method: 'POST', body: query })
  assert.equal(answer.status, 200, await answer.clone().text())
  return answer.json()
}
/** Runs a function without a URL, as its schedule does. */
const run = async (name, event = '') => {
  const answer = await fetch(`${given.url}/test/run?function=${name}&event=${encodeURIComponent(event && JSON.stringify(event))}`)
  assert.equal(answer.status, 200, await answer.clone().text())
  return answer.json()
}

// The day is the organisation's, and stays the same if the test runs past midnight.
const [{ today }] = await rows('select private.today()::text as today')
const iso = (days) => new Date(Date.parse(today) + days * 86_400_000).toISOString().slice(0, 10)
const typed = (days) => iso(days).split('-').reverse().map(Number).join('.')

const section = (page, name) => page.locator('section').filter({ has: page.getByRole('heading', { level: 2, name, exact: true }) })
const id = async (name) => (await rows(`select id from public.profiles where display_name = '${name}'`))[0]?.id
/** What people did to somebody by commands, oldest first, each with who did it. */
const done = async (name) => (await rows(`select l.command, a.display_name as by from public.people_log l
  join public.profiles p on p.id = l.person_id left join public.profiles a on a.id = l.actor_id
  where p.display_name = '${name}' order by l.id`)).map(({ command, by }) => `${command}, ${by}`)
/** How somebody's status changed, oldest first. */
const statuses = async (name) => (await rows(`select l.from_status, l.to_status, l.actor_kind, a.display_name as by from public.pause_status_log l
  join public.profiles p on p.id = l.mentor_id left join public.profiles a on a.id = l.actor_id
  where p.display_name = '${name}' order by l.id`)).map((one) => `${one.from_status} → ${one.to_status}, ${one.by ?? one.actor_kind}`)

let stations = 0
/** Looks at the page that a station ends with: in make test-console with axe, which make test has for each of these pages elsewhere. */
async function station(page, name) {
  const numbered = `aar-${String(++stations).padStart(2, '0')}-${name}`
  if (given.all) return look(page, numbered)
  await wantNoSidewaysScrolling(page, numbered)
  await picture(page, numbered)
}

/** Somebody signs in with the code that they were sent last. */
async function enter(email) {
  const page = await open({ path: '/' })
  await page.getByLabel('E-postadresse').fill(email)
  await page.getByRole('button', { name: 'Send kode' }).click()
  await page.getByRole('heading', { name: 'Skriv koden fra e-posten' }).waitFor()
  await page.getByLabel('Kode på seks tall').fill(await code(email))
  await page.getByRole('button', { name: 'Logg inn' }).click()
  await page.getByRole('heading', { name: 'Skriv koden fra e-posten' }).waitFor({ state: 'detached' })
  return page
}
const menu = async (page, name) => {
  await page.getByRole('navigation').getByRole('link', { name: 'Mer' }).click()
  await page.locator('main').getByRole('link', { name, exact: true }).click()
}
const reach = (page, path) => page.goto(given.url + path)

const line = (...cells) => cells.join(';')
const members = [
  'Medlemsnr;Navn;E-post;Lokallag;Rolle;Koordinator;Startdato;Kurs;Kursdato',
  line(1, 'Kari Vik', 'kari@example.org', 'Bodø', 'koordinator', '', typed(-900), '', ''),
  line(2, 'Liv Nes', 'liv@example.org', 'Bodø', 'koordinator', '', typed(-900), '', ''),
  line(3, 'Per Dal', 'per@example.org', 'Narvik', 'koordinator', '', typed(-900), '', ''),
  ...['Åse Li', 'Odd Strand', 'Tuva Moen', 'Eli Bakke', 'Nils Sand'].map((name, n) =>
    line(11 + n, name, `mentor${n + 1}@example.org`, 'Bodø', '', 'kari@example.org', typed(-800), 'grunnkurs',
      // Eli's ran out in the course of the year.
      typed(name === 'Eli Bakke' ? -850 : -300))),
  line(16, 'Jan Lund', 'mentor6@example.org', 'Bodø', '', 'kari@example.org', typed(-800), '', ''),
  line(17, 'Ravna Somby', 'mentor7@example.org', 'Narvik', '', 'per@example.org', typed(-200), 'grunnkurs', typed(-200)),
  line(18, 'Siv Holm', 'mentor8@example.org', 'Bodö', '', '', '31.02.2026', '', ''),
].join('\r\n')

test('a year of an organisation', async () => {
  // Appointed by the operator, the first administrator signs in, and nothing is there.
  const anne = await enter(given.office)
  await heading(anne, 'Trenger deg').waitFor()
  await station(anne, 'oppnevnt')
  assert.deepEqual(await rows(`select p.display_name, o.ended_at from public.organisation_administrators o join public.profiles p on p.id = o.user_id`),
    [{ display_name: 'Anne Berg', ended_at: null }])
  assert.deepEqual(await done('Anne Berg'), ['insert profiles, null', 'insert contacts, null', 'insert organisation_administrators, null'])

  // What there is to have, and where.
  await menu(anne, 'Innstillinger')
  const kinds = section(anne, 'Sertifiseringer')
  await kinds.getByRole('button', { name: 'Ny sertifisering' }).click()
  await kinds.getByLabel('Kode').fill('grunnkurs')
  await kinds.getByLabel('Navn på bokmål').fill('Grunnkurs')
  await kinds.getByLabel('Navn på nynorsk').fill('Grunnkurs')
  await kinds.getByLabel('Navn på engelsk').fill('Basic course')
  await kinds.getByLabel('Gjelder i så mange måneder').fill('24')
  await kinds.getByRole('button', { name: 'Lagre' }).click()
  await kinds.getByText('Gjelder i 24 måneder.').waitFor()
  const chapters = section(anne, 'Lokallag')
  for (const name of ['Bodø', 'Narvik']) {
    await chapters.getByRole('button', { name: 'Nytt lokallag' }).click()
    await chapters.getByLabel('Navn på lokallaget').fill(name)
    await chapters.getByRole('button', { name: 'Lagre' }).click()
    await chapters.getByRole('heading', { name }).waitFor()
  }
  await station(anne, 'innstillinger')
  assert.deepEqual(await rows(`select l.command, a.display_name as by, coalesce(l.after ->> 'name', l.after ->> 'code') as what from public.people_log l
    join public.profiles a on a.id = l.actor_id where l.person_id is null order by l.id`), [
    { command: 'save_certification_kind', by: 'Anne Berg', what: 'grunnkurs' },
    { command: 'save_chapter', by: 'Anne Berg', what: 'Bodø' },
    { command: 'save_chapter', by: 'Anne Berg', what: 'Narvik' },
  ])

  // The list of the member system: one row is wrong.
  await menu(anne, 'Import')
  await anne.getByLabel('Medlemssystem (valgfritt)').fill('Hypersys')
  await anne.getByTestId('file').setInputFiles({ name: 'medlemmer.csv', mimeType: 'text/csv', buffer: Buffer.from(members) })
  await anne.getByRole('button', { name: 'Se hva som vil skje' }).click()
  await heading(anne, 'Se over før du importerer').waitFor()
  await anne.getByText('11 rader i medlemmer.csv.').waitFor()
  await station(anne, 'forhandsvisning')
  assert.equal(await id('Kari Vik'), undefined)
  await anne.getByRole('button', { name: 'Importer 10 rader' }).click()
  await heading(anne, 'Importen er ferdig').waitFor()
  await anne.getByText('10 rader om nye personer er lagret.').waitFor()
  await station(anne, 'importert')
  assert.deepEqual(await done('Åse Li'), ['import, Anne Berg'])
  assert.equal(await id('Siv Holm'), undefined)

  // Whoever is to sign in is invited.
  await anne.getByRole('link', { name: 'Se personene' }).click()
  for (const name of ['Kari Vik', 'Liv Nes', 'Tuva Moen']) {
    await anne.getByRole('link', { name, exact: true }).click()
    await heading(anne, name).waitFor()
    await anne.getByRole('button', { name: 'Inviter til å logge inn' }).click()
    await anne.getByRole('button', { name: 'Inviter til å logge inn' }).click()
    await anne.getByText(/^Invitert .*, men har aldri logget inn\./).waitFor()
    if (name === 'Tuva Moen') await station(anne, 'invitert')
    assert.equal((await done(name)).at(-1), 'invite, Anne Berg')
    await anne.getByRole('link', { name: 'Personer', exact: true }).click()
  }

  // The first night: Eli's course has run out, and the coordinator is told.
  const night = await run('nightly-expiry')
  assert.equal(night.outcome, 'completed')
  assert.equal(night.as_of, today)
  await run('dispatch-notifications')
  assert.deepEqual(await statuses('Eli Bakke'), ['active → expired_cert, system'])

  // A coordinator signs in by the code of the invitation.
  const kari = await enter('kari@example.org')
  await heading(kari, 'Trenger deg').waitFor()
  await row(kari, 'Eli Bakke').getByText(/^Grunnkurs gikk ut /).waitFor()
  await station(kari, 'koordinator')
  assert.deepEqual(await rows(`select count(*)::int as n from auth.users where email = 'kari@example.org' and last_sign_in_at is not null`), [{ n: 1 }])
  await kari.getByRole('link', { name: /Innboks/ }).first().click()
  await kari.getByText(/Eli Bakke/).first().waitFor()
  await station(kari, 'innboks')

  // Åse goes on a pause now, Odd later.
  await reach(kari, '/likepersoner')
  await kari.getByRole('link', { name: 'Åse Li' }).click()
  await kari.getByRole('link', { name: 'Sett Åse på pause' }).click()
  await kari.getByLabel('Hvorfor?').fill('Skal bli mor')
  await kari.getByRole('button', { name: 'Om 3 måneder' }).click()
  await kari.getByRole('button', { name: 'Sett Åse på pause' }).click()
  await kari.getByText('Kari Vik satte Åse på pause').waitFor()
  await station(kari, 'pause')
  assert.deepEqual(await statuses('Åse Li'), ['active → paused, Kari Vik'])

  await reach(kari, '/likepersoner')
  await kari.getByRole('link', { name: 'Odd Strand' }).click()
  await kari.getByRole('link', { name: 'Sett Odd på pause' }).click()
  await kari.getByLabel('En senere dag').check()
  await kari.getByLabel('Første dag').fill(typed(40))
  await kari.getByLabel('Hvorfor?').fill('Reise')
  await kari.getByRole('button', { name: 'Planlegg pausen' }).click()
  await kari.getByRole('heading', { name: 'Planlagt pause' }).waitFor()
  await station(kari, 'planlagt')
  assert.deepEqual(await rows(`select p.display_name, n.starts_on, c.display_name as by from public.planned_pauses n
    join public.profiles p on p.id = n.mentor_id join public.profiles c on c.id = n.coordinator_id`),
  [{ display_name: 'Odd Strand', starts_on: iso(40), by: 'Kari Vik' }])
  // The night before that day would begin it.
  assert.equal((await run('nightly-expiry', { as_of: iso(40), dry_run: true })).begun, 1)

  // Tuva asks, and is answered.
  const tuva = await enter('mentor3@example.org')
  await heading(tuva, 'Tuva Moen').waitFor()
  await tuva.getByRole('link', { name: 'Be om pause' }).click()
  const asking = tuva.getByRole('dialog', { name: 'Be om pause' })
  await asking.getByLabel('Hvorfor?').fill('Ny jobb')
  await asking.getByRole('button', { name: 'Om 3 måneder' }).click()
  await asking.getByRole('button', { name: 'Be om pause' }).click()
  await tuva.getByRole('heading', { name: /^Du har bedt om pause/ }).waitFor()
  await station(tuva, 'spurt')
  await reach(kari, '/')
  await kari.getByRole('link', { name: 'Svar Tuva' }).click()
  await kari.getByRole('heading', { name: /^Tuva spør om pause/ }).waitFor()
  await station(kari, 'sporsmal')
  await kari.getByRole('button', { name: 'Godta' }).click()
  await kari.getByText(/^På pause til /).waitFor()
  await tuva.reload()
  await tuva.getByText(/^Godtatt av Kari Vik /).waitFor()
  await station(tuva, 'svar')
  assert.deepEqual(await rows(`select r.kind, r.state, a.display_name as by from public.leave_requests r join public.profiles a on a.id = r.answered_by`),
    [{ kind: 'pause', state: 'accepted', by: 'Kari Vik' }])
  assert.deepEqual(await statuses('Tuva Moen'), ['active → paused, Kari Vik'])

  // Eli was on a course: she is active again at once.
  await menu(anne, 'Personer')
  await anne.getByRole('link', { name: 'Forny etter kurs' }).click()
  await anne.getByLabel('Hva').selectOption('Grunnkurs')
  await anne.getByLabel('Dato for kurset').fill(typed(-2))
  await anne.getByLabel('Navn').fill('eli bakke')
  await anne.getByRole('button', { name: 'Finn personene' }).click()
  await anne.getByRole('button', { name: 'Registrer for én' }).click()
  await anne.getByRole('heading', { name: 'Én sertifisering er registrert.' }).waitFor()
  await station(anne, 'fornyet')
  assert.equal((await done('Eli Bakke')).at(-1), 'register_certification, Anne Berg')
  assert.equal((await statuses('Eli Bakke')).at(-1), 'expired_cert → active, system')

  // Kari stops, and Liv looks after hers.
  await reach(anne, '/personer')
  await anne.getByRole('link', { name: 'Kari Vik', exact: true }).click()
  await anne.getByRole('link', { name: 'Overfør dem til en annen' }).click()
  await anne.getByLabel('Til').selectOption('Liv Nes')
  await anne.getByText('6 likepersoner overføres fra Kari Vik til Liv Nes:').waitFor()
  await station(anne, 'overfor')
  await anne.getByRole('button', { name: 'Overfør', exact: true }).click()
  await heading(anne, 'Liv Nes').waitFor()
  await anne.getByText(/^Ansvarlig for 6 likepersoner/).waitFor()
  assert.deepEqual((await done('Jan Lund')).slice(-1), ['hand_over, Anne Berg'])
  const liv = await enter('liv@example.org')
  await reach(liv, '/likepersoner')
  await row(liv, 'Tuva Moen').getByText('På pause').waitFor()
  await station(liv, 'overtatt')

  // The year is over, and what it was is issued.
  const period = `fra=${iso(-365)}&til=${iso(-1)}`
  await reach(anne, `/perioderapport?${period}`)
  // Of seven mentors Jan had no certification.
  await anne.getByText('minst én dag fra').waitFor()
  assert.equal(await anne.locator('.headline-number').innerText(), '6')
  await anne.getByRole('button', { name: /^Utsted / }).click()
  await anne.getByRole('dialog').getByRole('button', { name: /^Utsted / }).click()
  await heading(anne, /^Perioderapport, / ).waitFor()
  await anne.getByText('av Anne Berg.').waitFor()
  await station(anne, 'utstedt')
  const [report] = await rows('select r.id, r.sha256, r.from_date, r.to_date, p.display_name as by from public.period_reports r join public.profiles p on p.id = r.issued_by')
  assert.deepEqual([report.from_date, report.to_date, report.by], [iso(-365), iso(-1), 'Anne Berg'])

  // A certificate turns up that nobody had registered, and the comparison says so.
  const jan = await id('Jan Lund')
  await reach(anne, `/personer/${jan}`)
  const held = section(anne, 'Sertifiseringer')
  await held.getByRole('button', { name: 'Registrer eller forny' }).click()
  await held.getByLabel('Hva').selectOption('Grunnkurs')
  await held.getByLabel('Gjelder fra').fill(typed(-400))
  await held.getByRole('button', { name: 'Registrer eller forny' }).click()
  await held.getByRole('button', { name: 'Avslutt før tiden: Grunnkurs' }).waitFor()
  assert.equal((await done('Jan Lund')).at(-1), 'register_certification, Anne Berg')
  await station(anne, 'sent')
  await reach(anne, `/perioderapport/utstedt/${report.id}/sammenlign`)
  await heading(anne, / tall er endret siden rapporten ble utstedt /).waitFor()
  await anne.getByRole('link', { name: 'Jan Lund' }).waitFor()
  await anne.getByText(/^Registrert .* av Anne Berg\.$/).first().waitFor()
  await station(anne, 'sammenlignet')
  const changed = await heading(anne, / endret siden /).innerText()

  // Nils asks to be forgotten. What was counted stays.
  await menu(anne, 'Personer')
  await anne.getByRole('link', { name: 'Nils Sand', exact: true }).click()
  const nils = await id('Nils Sand')
  await anne.getByRole('link', { name: 'Slett personen …' }).click()
  await anne.getByLabel('Skriv Nils Sand for å bekrefte').fill('Nils Sand')
  await station(anne, 'slett')
  await anne.getByRole('button', { name: 'Slett for godt' }).click()
  await heading(anne, 'Personer').waitFor()
  assert.equal(await id('Nils Sand'), undefined)
  assert.deepEqual((await rows(`select distinct l.command, a.display_name as by from public.people_log l
    join public.profiles a on a.id = l.actor_id where l.person_id = '${nils}' and l.command <> 'import' and l.command <> 'hand_over'`)),
  [{ command: 'erase_person', by: 'Anne Berg' }])
  assert.deepEqual(await rows(`select l.id from public.people_log l where concat(l.before, l.after) like '%Nils%'`), [])
  await reach(anne, `/perioderapport/utstedt/${report.id}/sammenlign`)
  await anne.getByText('Én person er slettet siden. Dagene før slettingen teller som før.').waitFor()
  assert.equal(await heading(anne, / endret siden /).innerText(), changed)
  await station(anne, 'sammenlignet-igjen')

  // The issued report is what it was, to the byte, and names nobody who is gone.
  await reach(anne, `/perioderapport/utstedt/${report.id}`)
  const [download] = await Promise.all([anne.waitForEvent('download'), anne.getByRole('button', { name: 'Last ned manifestet' }).click()])
  const manifest = await readFile(await download.path())
  assert.equal(createHash('sha256').update(manifest).digest('hex'), report.sha256)

  // And the next night has nothing to repair.
  const last = await run('nightly-expiry')
  assert.deepEqual([last.outcome, (await rows('select 1 from public.status_discrepancies')).length], ['completed', 0])
  assert.deepEqual([anne, kari, tuva, liv].flatMap((page) => page.faults), [])
})
