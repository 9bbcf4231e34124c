// The history of one mentor: what was asked for and answered, what changed, who was told and
// what did not arrive. The Go test TestConsoleHistory serves it; a dispatch tells people after
// each step, in their inboxes alone, for their addresses were refused before.
import test from 'node:test'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { given, heading, look, session, signedIn } from './console.mjs'

const anders = '00000000-0000-4000-8000-0000000f0001'
const daysAhead = (n) => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10)

/** Does something as somebody, and lets the dispatch tell of it. */
async function act(email, name, body, method = 'POST') {
  const { access_token: token } = await session(email)
  const answer = await fetch(`${given.url}/functions/v1/${name}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify(body),
  })
  const said = await answer.json()
  assert.equal(answer.status, 200, `${name}: ${JSON.stringify(said)}`)
  const sent = await fetch(`${given.url}/test/dispatch`)
  assert.equal(sent.status, 200, await sent.text())
  return said
}
const ask = (body) => act('mentor1@example.org', 'requests', body)
const answer = ({ leave_request: { id } }, how) => act('marit@example.org', 'requests', { request_id: id, ...how })

test('the history says what was answered, who was told, and what did not arrive', async () => {
  const pause = { mentor_id: anders, pause_reason: 'Skal opereres', expected_return_date: daysAhead(30) }
  await act('marit@example.org', 'pause', pause)
  await act('jonas@example.org', 'pause', { mentor_id: anders, expected_return_date: daysAhead(60) }, 'PATCH')
  await act('jonas@example.org', 'pause', { mentor_id: anders, expected_return_date: null }, 'PATCH')
  await act('marit@example.org', 'pause', { mentor_id: anders, pause_reason: 'Ble operert' }, 'PATCH')
  const longer = await ask({ kind: 'change_return', expected_return_date: daysAhead(90), reason: 'Gruer meg' })
  await answer(longer, { answer: 'decline', message: 'Kan vi snakke først?' })
  await answer(await ask({ kind: 'return' }), { answer: 'accept' })
  const plan = { mentor_id: anders, starts_on: daysAhead(40), pause_reason: 'Eksamen', expected_return_date: null }
  const { planned_pause: planned } = await act('marit@example.org', 'pause', plan)
  await act('jonas@example.org', 'pause', { planned_pause_id: planned.id }, 'DELETE')

  const page = await signedIn('marit@example.org', { path: `/likepersoner/${anders}` })
  await heading(page, 'Anders Lillevold').waitFor()
  const history = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Historikk' }) })
  const entries = history.locator('.time > li')
  await entries.first().waitFor()
  await history.evaluate((element) => element.scrollIntoView())
  await look(page, 'historikk-360')
  // The messages go on, and what is older than the last of them waits for the next page.
  assert.equal(await entries.filter({ hasText: 'satte Anders på pause' }).count(), 0)
  await history.getByRole('button', { name: 'Vis eldre historikk' }).click()
  await entries.filter({ hasText: 'satte Anders på pause' }).waitFor()
  // Newest first, each message with what it tells of.
  const said = (await entries.allInnerTexts()).map((text) => text.split('\n')[0].trim())
  assert.deepEqual(said, [
    'Den planlagte pausen ble avlyst',
    'Beskjed om planlagt pause',
    'Marit Elvestad gjorde Anders aktiv igjen',
    'Anders ba om å komme tilbake',
    said[4],
    'Marit Elvestad endret pausen',
    'Jonas Vikhammer endret returdatoen',
    'Jonas Vikhammer endret returdatoen',
    'Marit Elvestad satte Anders på pause',
  ])
  assert.match(said[4], /^Anders ba om å komme tilbake \S+dag /)

  // What did not arrive is in sight, the rest behind its heading.
  const declined = entries.filter({ hasText: /Avslått av Marit Elvestad .*kl\./ })
  await declined.getByText('E-post kom ikke fram til Anders Lillevold og Jonas Vikhammer.').waitFor()
  const arrived = declined.getByText('Jonas Vikhammer: innboks', { exact: true })
  assert.equal(await arrived.isVisible(), false)
  await declined.getByText('Hvem som fikk beskjed').click()
  await arrived.waitFor()
  await declined.getByText(/^Jonas Vikhammer: e-post kom ikke fram\. Sist prøvd .*kl\./).waitFor()

  // Reasons and messages only on request.
  for (const secret of ['Gruer meg', 'Kan vi snakke først?', 'Ble operert']) {
    assert.equal(await page.getByText(secret).count(), 0, secret)
  }
  await declined.getByRole('button', { name: 'Vis meldingen' }).click()
  await declined.getByText('Kan vi snakke først?').waitFor()
  await declined.getByRole('button', { name: 'Vis grunn' }).click()
  await declined.getByText('Gruer meg').waitFor()
  const ended = entries.filter({ hasText: 'Marit Elvestad gjorde Anders aktiv igjen' })
  await ended.getByRole('button', { name: 'Vis grunn' }).click()
  await ended.getByText('Ble operert').waitFor()
  await declined.evaluate((element) => element.scrollIntoView({ block: 'center' }))
  await look(page, 'historikk-åpen-360')
  assert.deepEqual(page.faults, [])
  await page.context().close()

  const mentor = await signedIn('mentor1@example.org', { path: '/' })
  await mentor.getByText('E-posten til deg kom ikke fram. Beskjeden ligger i innboksen.').first().waitFor()
  await mentor.getByText('Slik fikk du beskjed').first().click()
  await mentor.getByText('Deg: innboks').first().waitFor()
  assert.equal(await mentor.getByText('Jonas Vikhammer:').count(), 0)
  // What stands under the answers stands there alone.
  assert.equal(await mentor.getByText(/^Avslått av Marit Elvestad /).count(), 1)
  await look(mentor, 'historikk-egen-360')
  assert.deepEqual(mentor.faults, [])
  await mentor.context().close()
})

test('older history goes on where it ended, in its order', async () => {
  const berit = '00000000-0000-4000-8000-0000000f0003'
  const marit = 'marit@example.org'
  await act(marit, 'pause', { mentor_id: berit, pause_reason: 'Den første', expected_return_date: daysAhead(30) })
  await act(marit, 'reactivate', { mentor_id: berit })
  const pause = { mentor_id: berit, pause_reason: 'Reise', expected_return_date: daysAhead(30) }
  await act(marit, 'pause', pause)
  for (let n = 0; n < 60; n++) {
    await act(marit, 'pause', { mentor_id: berit, pause_reason: `Reise nummer ${n}` }, 'PATCH')
  }
  const page = await signedIn(marit, { path: `/likepersoner/${berit}` })
  const history = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Historikk' }) })
  const entries = history.locator('.time > li')
  await entries.nth(49).waitFor()
  assert.equal(await entries.count(), 50)
  await history.getByRole('button', { name: 'Vis eldre historikk' }).click()
  await entries.nth(62).waitFor()
  assert.equal(await entries.count(), 63)
  // The first one that was added has the focus, and the button is gone.
  await page.waitForFunction(() => document.activeElement === document.querySelectorAll('.time > li')[50])
  assert.equal(await history.getByRole('button', { name: 'Vis eldre historikk' }).count(), 0)
  // A reason of an older page is read where it stands.
  const ended = entries.filter({ hasText: 'Marit Elvestad gjorde Berit aktiv igjen' })
  await page.reload()
  await entries.nth(49).waitFor()
  await history.getByRole('button', { name: 'Vis eldre historikk' }).click()
  await ended.getByRole('button', { name: 'Vis grunn' }).click()
  await ended.getByText('Den første').waitFor()
  assert.deepEqual(page.faults, [])
  await page.context().close()
})
