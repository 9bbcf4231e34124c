// What a developer does with supabase-js, against the running functions. The Go
// test TestSupabaseJS starts them, and says in CLIENT_TEST where they are.
import test from 'node:test'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import ws from 'ws'
import { createClient, FunctionsFetchError, FunctionsHttpError } from '@supabase/supabase-js'
import { corsHeaders } from '@supabase/supabase-js/cors'

const given = JSON.parse(process.env.CLIENT_TEST)

/** An active mentor whom no other test changes. */
const nextMentor = () => given.mentors.shift() ?? assert.fail('the Go test gives too few mentors')

const options = {
  auth: { persistSession: false, autoRefreshToken: false },
  // Node has a WebSocket of its own from version 22 on; nothing here uses it.
  realtime: { transport: ws },
}

/** A client that is signed in like an app, with a session of Supabase Auth. */
async function signedIn(token, fetch) {
  const client = createClient(given.url, given.key, { ...options, global: { fetch } })
  const { error } = await client.auth.setSession({ access_token: token, refresh_token: 'none' })
  assert.ifError(error)
  return client
}

/** A client that gets its token from elsewhere. */
const withToken = (token, fetch) =>
  createClient(given.url, given.key, { ...options, accessToken: async () => token, global: { fetch } })

const coordinator = await signedIn(given.coordinator)
const former = await signedIn(given.former)

/** The data of a call that succeeds. */
async function invoke(name, options, client = coordinator) {
  const { data, error, response } = await client.functions.invoke(name, options)
  if (error) assert.fail(`${name}: ${error} ${await error.context?.text?.()}`)
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'application/json')
  return data
}

/** The error body of a call that is refused, as an app reads it: from error.context. */
async function refused(name, options, client = coordinator) {
  const { data, error } = await client.functions.invoke(name, options)
  assert.equal(data, null)
  assert.ok(error instanceof FunctionsHttpError, `${name}: ${error}`)
  const { status, headers } = error.context
  assert.equal(headers.get('content-type'), 'application/json')
  assert.match(headers.get('x-request-id'), /\S/)
  const body = await error.context.json()
  assert.deepEqual(Object.keys(body).sort(), ['code', 'details', 'hint', 'message'])
  assert.equal(headers.get('sb-error-code'), body.code)
  return { status, ...body }
}

const pause = async (mentor_id, more = {}) =>
  (await invoke('pause', { body: { mentor_id, pause_reason: 'Eksamen', ...more } })).pause_record

/** The mentor as the roster shows them. */
async function inRoster(mentor_id) {
  const { mentors } = await invoke('roster', { body: { limit: 200 } })
  return mentors.find((m) => m.mentor_id === mentor_id)
}

test('roster, by POST without a body', async () => {
  const roster = await invoke('roster')
  assert.deepEqual(Object.keys(roster).sort(), ['as_of', 'mentors', 'next_cursor', 'summary'])
  assert.equal(roster.summary.total, roster.mentors.length)
  assert.ok(roster.mentors.some((m) => m.mentor_id === given.expired && m.status === 'expired_cert'))
  assert.ok(roster.mentors.every((m) => m.mentor_id !== given.bergen_mentor))
})

test('roster, by GET with a query, page after page', async () => {
  const expected = (await invoke('roster', { body: { status: ['active', 'expired_cert'], limit: 200 } })).mentors
  assert.ok(expected.length > 10)
  const seen = []
  for (let cursor = ''; cursor !== null; ) {
    const query = new URLSearchParams({ chapter_id: given.oslo, status: 'active,expired_cert', limit: '5', cursor })
    const page = await invoke(`roster?${query}`, { method: 'GET' })
    assert.ok(page.mentors.length <= 5)
    seen.push(...page.mentors)
    cursor = page.next_cursor
  }
  assert.deepEqual(seen.map((m) => m.mentor_id), expected.map((m) => m.mentor_id))
})

test('roster, by POST with a body, as by GET', async () => {
  const filters = { chapter_id: given.oslo, status: ['active'], search: 'mentor ', limit: 3 }
  const byBody = await invoke('roster', { body: filters })
  const byQuery = await invoke(`roster?${new URLSearchParams(filters)}`, { method: 'GET' })
  assert.equal(byBody.mentors.length, 3)
  assert.deepEqual(byQuery, byBody)
})

test('pause, amend and reactivate', async () => {
  const mentor = nextMentor()
  const nextYear = `${new Date().getUTCFullYear() + 1}-02-28`

  const paused = await pause(mentor, { expected_return_date: nextYear })
  assert.deepEqual(Object.keys(paused).sort(), ['coordinator_id', 'created_at', 'expected_return_date', 'id', 'mentor_id',
    'pause_reason', 'paused_at', 'reactivated_at', 'status', 'updated_at', 'version'])
  assert.deepEqual([paused.mentor_id, paused.status, paused.pause_reason, paused.expected_return_date, paused.version],
    [mentor, 'paused', 'Eksamen', nextYear, 1])
  const shown = await inRoster(mentor)
  assert.deepEqual([shown.status, shown.pause_record_id, shown.version], ['paused', paused.id, 1])

  const amended = await pause(mentor, { pause_reason: 'Sykdom – på ubestemt tid 🌧', expected_version: 1 })
  assert.deepEqual([amended.id, amended.pause_reason, amended.expected_return_date, amended.version],
    [paused.id, 'Sykdom – på ubestemt tid 🌧', null, 2])

  const { pause_record: ended } = await invoke('reactivate', { body: { mentor_id: mentor, expected_version: 2 } })
  assert.deepEqual([ended.id, ended.status, ended.version], [paused.id, 'active', 3])
  assert.ok(!Number.isNaN(Date.parse(ended.reactivated_at)))
  assert.equal((await inRoster(mentor)).status, 'active')
})

test('refusals are read from error.context', async () => {
  const paused = nextMentor()
  await pause(paused)
  const body = (mentor_id, more) => ({ body: { mentor_id, pause_reason: 'Eksamen', ...more } })
  const cases = [
    ['pause', body(paused), 409, 'already_paused'],
    ['pause', body(paused, { expected_version: 7 }), 409, 'version_conflict', '1'],
    ['pause', body(given.bergen_mentor), 404, 'mentor_not_found'],
    ['pause', body(given.nobody), 404, 'mentor_not_found'],
    ['pause', body(paused, { why: 'x' }), 400, 'invalid_request', 'why'],
    ['pause', body(paused, { pause_reason: ' ' }), 400, 'invalid_request', 'pause_reason'],
    ['pause', body('no uuid'), 400, 'invalid_request', 'mentor_id'],
    ['pause', { body: 'text' }, 415, 'unsupported_media_type'],
    ['pause', { body: new FormData() }, 415, 'unsupported_media_type'],
    ['pause', body(paused, { pause_reason: 'x'.repeat(17_000) }), 413, 'payload_too_large'],
    ['pause', { method: 'GET' }, 405, 'method_not_allowed'],
    ['reactivate', { body: { mentor_id: nextMentor() } }, 409, 'not_paused'],
    ['reactivate', { body: { mentor_id: given.expired } }, 409, 'certification_expired'],
    ['roster', { body: { chapter_id: given.bergen } }, 404, 'chapter_not_found'],
    ['roster?cursor=eyJ', { method: 'GET' }, 400, 'invalid_request', 'cursor'],
    ['roster', {}, 403, 'not_a_coordinator', null, former],
  ]
  for (const [name, options, status, code, details = null, client = coordinator] of cases) {
    const got = await refused(name, options, client)
    assert.deepEqual({ ...got, message: '' }, { status, code, details, hint: null, message: '' }, `${name} ${JSON.stringify(options)}`)
    assert.match(got.message, /\S\.$/)
  }
})

for (const [what, token] of Object.entries(given.refused)) {
  test(`a token is refused: ${what}`, async () => {
    const client = withToken(token)
    for (const [name, options] of [['roster', { method: 'GET' }], ['pause', { body: {} }]]) {
      const got = await refused(name, options, client)
      assert.deepEqual([got.status, got.code], [401, 'unauthenticated'])
    }
  })
}

test('without a session a call is refused', async () => {
  const client = createClient(given.url, given.key, options)
  const { error } = await client.functions.invoke('roster')
  assert.equal(error.context.status, 401)
  assert.equal(error.context.headers.get('www-authenticate'), 'Bearer')
  assert.equal((await error.context.json()).code, 'unauthenticated')
})

test('a token of accessToken works as the session does', async () => {
  assert.deepEqual(await invoke('roster', {}, withToken(given.coordinator)), await invoke('roster'))
})

test('a pause whose answer was lost is repeated with its Idempotency-Key', async () => {
  const mentor = nextMentor()
  const answers = []
  let lose = true
  const client = await signedIn(given.coordinator, async (input, init) => {
    const response = await fetch(input, init)
    if (!String(input).includes('/functions/')) return response
    answers.push({ status: response.status, body: await response.clone().text() })
    if (!lose) return response
    lose = false
    throw new TypeError('the connection was lost')
  })
  const headers = { 'Idempotency-Key': randomUUID() }
  const options = { headers, body: { mentor_id: mentor, pause_reason: 'Eksamen' } }

  const lost = await client.functions.invoke('pause', options)
  assert.ok(lost.error instanceof FunctionsFetchError)

  for (let time = 0; time < 2; time++) {
    const { data, error, response } = await client.functions.invoke('pause', options)
    assert.ifError(error)
    assert.equal(response.headers.get('idempotent-replayed'), 'true')
    assert.equal(data.pause_record.version, 1)
  }
  assert.deepEqual(answers, Array(3).fill(answers[0])) // body for body
  assert.equal((await inRoster(mentor)).version, 1)

  // Quotes don't belong to the key; another request with the key is refused.
  const quoted = { 'idempotency-key': `"${headers['Idempotency-Key']}"` }
  const again = await client.functions.invoke('pause', { ...options, headers: quoted })
  assert.equal(again.response.headers.get('idempotent-replayed'), 'true')
  const other = await refused('pause', { headers, body: { ...options.body, pause_reason: 'Ferie' } }, client)
  assert.deepEqual([other.status, other.code], [422, 'idempotency_key_reused'])

  // An answer that isn't a repetition doesn't say that it is.
  const first = await client.functions.invoke('reactivate', { headers: { 'idempotency-key': randomUUID() }, body: { mentor_id: mentor } })
  assert.equal(first.response.headers.get('idempotent-replayed'), null)
})

test('ETag: what is unchanged comes back as an error with status 304', async () => {
  for (const options of [{ method: 'GET' }, { body: {} }]) {
    const first = await coordinator.functions.invoke('roster', options)
    assert.ifError(first.error)
    const etag = first.response.headers.get('etag')
    assert.match(etag, /^"[^"]+"$/)
    assert.equal(first.response.headers.get('cache-control'), 'private, no-cache')

    // supabase-js takes every status outside 200–299 for an error, so a caller who
    // sends an etag finds the 304 there. There is no body.
    const ask = { ...options, headers: { 'if-none-match': etag } }
    const unchanged = await coordinator.functions.invoke('roster', ask)
    assert.equal(unchanged.data, null)
    assert.ok(unchanged.error instanceof FunctionsHttpError)
    assert.equal(unchanged.error.context.status, 304)
    assert.equal(unchanged.error.context.headers.get('etag'), etag)
    assert.equal(unchanged.error.context.headers.get('sb-error-code'), null)
    assert.equal(await unchanged.error.context.text(), '')

    await pause(nextMentor())
    const changed = await coordinator.functions.invoke('roster', ask)
    assert.ifError(changed.error)
    assert.notEqual(changed.response.headers.get('etag'), etag)
    assert.equal(changed.data.summary.paused, first.data.summary.paused + 1)
  }
})

test('a region, which supabase-js puts into query and header, is ignored', async () => {
  assert.deepEqual(await invoke('roster', { region: 'eu-central-1' }), await invoke('roster'))
})

test('the preflight allows every header that supabase-js says it sends', async () => {
  const sent = corsHeaders['Access-Control-Allow-Headers'].split(', ')
  assert.ok(sent.includes('authorization') && sent.length > 5)
  for (const name of ['pause', 'reactivate', 'roster']) {
    const response = await fetch(`${given.url}/functions/v1/${name}`, { method: 'OPTIONS' })
    assert.equal(response.status, 204)
    assert.equal(response.headers.get('content-type'), null)
    const allowed = response.headers.get('access-control-allow-headers').split(', ')
    assert.deepEqual(sent.filter((header) => !allowed.includes(header)), [])
  }
})

// The other API. What answers below /rest/v1/rpc is not PostgREST, but does what
// its documentation says: see rpc_test.go. refusal_test.go compares every refusal.

test('rpc gives the same error object as the function', async () => {
  const paused = nextMentor()
  await pause(paused)
  const mentor = (mentor_id, more) => ({ mentor_id, pause_reason: 'Eksamen', ...more })
  for (const [rpc, name, args, status, client = coordinator] of [
    ['pause_mentor', 'pause', mentor(paused), 409],
    ['pause_mentor', 'pause', mentor(paused, { expected_version: 7 }), 409],
    ['pause_mentor', 'pause', mentor(given.nobody), 404],
    ['pause_mentor', 'pause', mentor(paused, { pause_reason: '' }), 400],
    ['reactivate_mentor', 'reactivate', { mentor_id: given.expired }, 409],
    ['coordinator_roster', 'roster', { chapter_id: given.bergen }, 404],
    ['coordinator_roster', 'roster', {}, 403, former],
  ]) {
    const byFunction = await refused(name, { body: args }, client)
    const byRPC = await client.rpc(rpc, args)
    assert.equal(byRPC.data, null)
    const { code, message, details, hint } = byRPC.error
    assert.deepEqual({ status: byRPC.status, code, message, details, hint }, byFunction)
    assert.equal(byFunction.status, status)
  }
})

test('rpc gives the same data as the function, and replays its answer', async () => {
  const request_id = randomUUID()
  const args = { mentor_id: nextMentor(), pause_reason: 'Eksamen' }
  const byFunction = await invoke('pause', { headers: { 'idempotency-key': request_id }, body: args })
  const byRPC = await coordinator.rpc('pause_mentor', { ...args, request_id })
  assert.ifError(byRPC.error)
  assert.deepEqual(byRPC.data, byFunction)

  const roster = await coordinator.rpc('coordinator_roster')
  assert.ifError(roster.error)
  assert.deepEqual(roster.data, await invoke('roster'))
})
