// What a browser lets a page of another origin do and read. The Go test TestBrowser
// serves page/ and the functions on different origins, and records what reaches the
// functions.
import test, { after } from 'node:test'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { chromium } from 'playwright-core'

const given = JSON.parse(process.env.CLIENT_TEST)
const timeout = 60_000 // of one step, on a busy machine

/** An active mentor whom no other test changes. */
const nextMentor = () => given.mentors.shift() ?? assert.fail('the Go test gives too few mentors')

const browser = await chromium.launch({
  executablePath: given.browser,
  // The sandbox needs rights that root and containers don't have; the page is our
  // own.
  chromiumSandbox: false,
  timeout,
})
after(() => browser.close())
const page = await browser.newPage()
page.setDefaultTimeout(timeout)
await page.goto(given.page)
await page.waitForSelector('body[data-ready]')

/**
 * Calls a function in the page and returns what the page can read of the answer:
 * headers are those that the browser shows, body is the text of an error.
 */
const invoke = (name, options = {}, client = 'client') =>
  page.evaluate(async ({ name, options, client }) => {
    const { data, error, response } = await window.clients[client].functions.invoke(name, options)
    return {
      data,
      error: error?.name,
      status: response?.status,
      headers: response && Object.fromEntries(response.headers),
      body: error && response && await response.text(),
    }
  }, { name, options, client })

const pausing = (mentor_id) => ({ body: { mentor_id, pause_reason: 'Eksamen' } })

/** What has reached the functions since the last time. */
async function exchanges() {
  const all = await (await fetch(`${given.page}/exchanges.json`)).json()
  const news = all.slice(exchanges.seen)
  exchanges.seen = all.length
  return news
}
exchanges.seen = 0

const preflights = (list) => list.filter(({ method }) => method === 'OPTIONS')

test('the page shows the roster, pauses a mentor and shows a refusal', async () => {
  assert.match(await page.textContent('#summary'), /^\d+ mentors: \d+ active, 0 paused, 1 with an expired certification$/)
  const row = page.locator('tr', { hasText: 'Åse Ødegård' })
  assert.match(await row.textContent(), /active/)
  await row.getByRole('button').click()
  await row.getByText('Eksamen').waitFor()
  assert.match(await row.textContent(), /paused/)

  await row.getByRole('button').click()
  await page.getByText('The mentor is already paused. (already_paused)').waitFor()
  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT })
})

test('the origins differ', async () => {
  assert.equal(await page.evaluate(() => location.origin), new URL(given.page).origin)
  assert.notEqual(new URL(given.page).origin, new URL(given.url).origin)
  const [first] = await exchanges()
  assert.deepEqual(first.request.origin, [new URL(given.page).origin])
})

test('the browser asks first, for every header that the client sends', async () => {
  const sent = {
    'idempotency-key': randomUUID(),
    'if-none-match': '"none"',
    'x-retry-count': '1',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    tracestate: 'vendor=1',
    baggage: 'user=1',
  }
  await exchanges()
  const { status, data } = await invoke('pause', { ...pausing(nextMentor()), headers: sent, region: 'eu-central-1' })
  assert.equal(status, 200)
  assert.equal(data.pause_record.status, 'paused')

  const [preflight, call, ...more] = await exchanges()
  assert.deepEqual(more, [])
  assert.equal(preflight.method, 'OPTIONS')
  assert.equal(preflight.status, 204)
  assert.equal(preflight.request.authorization, undefined)
  assert.equal(preflight.response['content-type'], undefined)
  assert.deepEqual(preflight.request['access-control-request-method'], ['POST'])
  const asked = preflight.request['access-control-request-headers'][0].split(',').sort()
  assert.deepEqual(asked, ['apikey', 'authorization', 'content-type', 'x-client-info', 'x-region', ...Object.keys(sent)].sort())

  assert.equal(call.method, 'POST')
  for (const [name, value] of Object.entries(sent)) assert.deepEqual(call.request[name], [value])
})

test('the browser asks once for a URL', async () => {
  const url = 'pause?asked=once'
  await invoke(url, pausing(given.nobody))
  assert.equal(preflights(await exchanges()).length, 1)
  await invoke(url, pausing(given.nobody))
  assert.equal(preflights(await exchanges()).length, 0)
})

test('a header that is not on the list is refused by the browser', async () => {
  await exchanges()
  const { error, status } = await invoke('pause?refused=header', { ...pausing(nextMentor()), headers: { 'x-other': '1' } })
  assert.deepEqual([error, status], ['FunctionsFetchError', undefined])
  assert.deepEqual((await exchanges()).map(({ method }) => method), ['OPTIONS'])
})

test('a method that is not on the list is refused by the browser', async () => {
  for (const [name, method] of [['pause', 'PUT'], ['roster', 'DELETE']]) {
    await exchanges()
    const { error, status } = await invoke(`${name}?refused=method`, { method })
    assert.deepEqual([error, status], ['FunctionsFetchError', undefined])
    assert.deepEqual((await exchanges()).map(({ method }) => method), ['OPTIONS'])
  }
})

test('errors are readable', async () => {
  const paused = nextMentor()
  await invoke('pause', pausing(paused))
  const reused = { 'idempotency-key': randomUUID() }
  await invoke('pause', { ...pausing(nextMentor()), headers: reused })
  for (const [name, options, status, code, client] of [
    ['pause', { body: {} }, 400, 'invalid_request'],
    ['pause', pausing(paused), 409, 'already_paused'],
    ['pause', pausing(given.nobody), 404, 'mentor_not_found'],
    ['pause', { ...pausing(nextMentor()), headers: reused }, 422, 'idempotency_key_reused'],
    ['pause', { body: 'text' }, 415, 'unsupported_media_type'],
    ['pause', { body: { pause_reason: 'x'.repeat(33_000) } }, 413, 'payload_too_large'],
    ['pause', { method: 'GET' }, 405, 'method_not_allowed'],
    ['reactivate', { body: { mentor_id: given.expired } }, 409, 'certification_expired'],
    ['roster?cursor=x', { method: 'GET' }, 400, 'invalid_request'],
    ['roster', {}, 401, 'unauthenticated', 'stranger'],
  ]) {
    const got = await invoke(name, options, client)
    assert.deepEqual([got.error, got.status, got.headers['sb-error-code']], ['FunctionsHttpError', status, code])
    assert.match(got.headers['x-request-id'], /\S/)
    const body = JSON.parse(got.body)
    assert.equal(body.code, code)
    assert.match(body.message, /\S\.$/)
  }
})

test('retry-after is readable, when there is no database', async () => {
  const got = await invoke('roster', {}, 'withoutDatabase')
  assert.deepEqual([got.status, got.headers['sb-error-code']], [503, 'database_unavailable'])
  assert.match(got.headers['retry-after'], /^\d+$/)
  assert.equal(JSON.parse(got.body).code, 'database_unavailable')
})

test('a repeated request reads that it was one', async () => {
  const options = { ...pausing(nextMentor()), headers: { 'Idempotency-Key': randomUUID() } }
  const first = await invoke('pause', options)
  const again = await invoke('pause', options)
  assert.equal(first.headers['idempotent-replayed'], undefined)
  assert.equal(again.headers['idempotent-replayed'], 'true')
  assert.deepEqual(again.data, first.data)
})

test('a page that shows its etag gets 304 as an error', async () => {
  for (const options of [{ method: 'GET' }, { body: { limit: 3 } }]) {
    const first = await invoke('roster', options)
    assert.equal(first.status, 200)
    const ask = { ...options, headers: { 'if-none-match': first.headers.etag } }
    const unchanged = await invoke('roster', ask)
    assert.deepEqual([unchanged.error, unchanged.status, unchanged.data, unchanged.body], ['FunctionsHttpError', 304, null, ''])
    assert.equal(unchanged.headers.etag, first.headers.etag)

    await invoke('pause', pausing(nextMentor()))
    const changed = await invoke('roster', ask)
    assert.equal(changed.status, 200)
    assert.notEqual(changed.headers.etag, first.headers.etag)
  }
})

test('a page that shows no etag has the browser ask whether its copy still holds', async () => {
  const ask = () => invoke('roster?limit=2', { method: 'GET' })
  const first = await ask()
  await exchanges()

  const again = await ask()
  assert.deepEqual([again.status, again.data], [200, first.data])
  const [unchanged] = await exchanges()
  assert.deepEqual([unchanged.status, unchanged.request['if-none-match']], [304, [first.headers.etag]])

  await invoke('pause', pausing(nextMentor()))
  const [, changed] = [await exchanges(), await ask()]
  assert.equal(changed.status, 200)
  assert.equal(changed.data.summary.paused, first.data.summary.paused + 1)
})

test('the roster comes compressed', async () => {
  await exchanges()
  const { data, headers } = await invoke('roster?limit=200', { method: 'GET' })
  assert.ok(data.mentors.length > 10)
  const sent = (await exchanges()).at(-1)
  assert.match(sent.request['accept-encoding'][0], /gzip/)
  assert.deepEqual(sent.response['content-encoding'], ['gzip'])
  assert.match(headers.etag, /-gzip"$/)
})

test('a page reads the exposed headers and no other', async () => {
  const roster = await invoke('roster', { method: 'GET' })
  // Besides the exposed headers, those that a page may always read, including the
  // length of a short answer.
  const readable = Object.keys(roster.headers).filter((name) => name !== 'content-length').sort()
  assert.deepEqual(readable, ['cache-control', 'content-type', 'date', 'etag', 'x-request-id'])
  const refused = await invoke('roster', {}, 'stranger')
  assert.equal(refused.headers['www-authenticate'], undefined)
})

test('every answer says once that every origin may read it', async () => {
  const all = await (await fetch(`${given.page}/exchanges.json`)).json()
  const statuses = new Set()
  for (const { method, path, status, response } of all) {
    statuses.add(status)
    assert.deepEqual(response['access-control-allow-origin'], ['*'], `${method} ${path} ${status}`)
    assert.equal(response['access-control-expose-headers'].length, 1)
    assert.equal(response['access-control-allow-credentials'], undefined)
  }
  assert.deepEqual([...statuses].sort(), [200, 204, 304, 400, 401, 404, 405, 409, 413, 415, 422])
})
