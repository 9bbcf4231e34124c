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
    [paused.id, 'Sykdom – på ubestemt tid 🌧', nextYear, 2])
  const { pause_record: open } = await invoke('pause',
    { method: 'PATCH', body: { mentor_id: mentor, expected_return_date: null, expected_version: 2 } })
  assert.deepEqual([open.pause_reason, open.expected_return_date, open.version], ['Sykdom – på ubestemt tid 🌧', null, 3])

  const { pause_record: ended } = await invoke('reactivate', { body: { mentor_id: mentor, expected_version: 3 } })
  assert.deepEqual([ended.id, ended.status, ended.version], [paused.id, 'active', 4])
  assert.ok(!Number.isNaN(Date.parse(ended.reactivated_at)))
  assert.equal((await inRoster(mentor)).status, 'active')
})

test('plan, move and take back a pause', async () => {
  const mentor = nextMentor()
  const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
  const { planned_pause: plan } = await invoke('pause',
    { body: { mentor_id: mentor, pause_reason: 'Reise', starts_on: day(30), expected_return_date: day(60) } })
  assert.deepEqual([plan.mentor_id, plan.starts_on, plan.expected_return_date, plan.version], [mentor, day(30), day(60), 1])
  const shown = await inRoster(mentor)
  assert.deepEqual([shown.status, shown.planned_pause],
    ['active', { id: plan.id, starts_on: day(30), expected_return_date: day(60) }])
  const { planned_pause: moved } = await invoke('pause',
    { method: 'PATCH', body: { planned_pause_id: plan.id, starts_on: day(40), expected_version: 1 } })
  assert.deepEqual([moved.starts_on, moved.expected_return_date, moved.version], [day(40), day(60), 2])
  const { planned_pause: taken } = await invoke('pause', { method: 'DELETE', body: { planned_pause_id: plan.id } })
  assert.deepEqual(taken, moved)
  assert.equal((await inRoster(mentor)).planned_pause, null)
})

test('pause many at once, after a dry run, and again', async () => {
  const mentors = [nextMentor(), nextMentor()]
  const body = { mentor_ids: [...mentors, crypto.randomUUID()], pause_reason: 'Sommer' }
  const outcomes = ({ results }) => results.map((r) => [r.mentor_id, r.outcome, r.code, r.pause_record?.status])
  const dry = await invoke('pause', { body: { ...body, dry_run: true } })
  assert.deepEqual(dry.results.map((r) => r.pause_record), [null, null, null])
  assert.equal((await inRoster(mentors[0])).status, 'active')
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const real = await invoke('pause', { body, headers })
  assert.deepEqual(outcomes(real), [[mentors[0], 'paused', null, 'paused'], [mentors[1], 'paused', null, 'paused'],
    [body.mentor_ids[2], 'refused', 'mentor_not_found', undefined]])
  assert.deepEqual(outcomes(real).map((o) => o[1]), outcomes(dry).map((o) => o[1]))
  assert.equal((await inRoster(mentors[1])).status, 'paused')
  const again = await invoke('pause', { body: { ...body, mentor_ids: mentors.toReversed() }, headers })
  assert.deepEqual(again.results, [real.results[1], real.results[0]])
  const { data, error } = await coordinator.rpc('pause_mentors', { mentor_ids: mentors, pause_reason: 'Sommer' })
  assert.equal(error, null)
  assert.deepEqual(data.results.map((r) => r.code), ['already_paused', 'already_paused'])
})

test('a mentor\'s page, by the coordinator and by the mentor, page after page', async () => {
  const mentor = nextMentor()
  const page = (query = '', client = coordinator) => invoke(`mentor?mentor_id=${mentor}${query}`, { method: 'GET' }, client)
  await pause(mentor)
  await invoke('reactivate', { body: { mentor_id: mentor } })
  const paused = await pause(mentor, { pause_reason: 'Reise' })

  const shown = await page()
  assert.deepEqual(Object.keys(shown).sort(), ['as_of', 'assignments', 'certifications', 'closed_pauses', 'contacts', 'hints',
    'leave_requests', 'memberships', 'next_cursor', 'pause_record', 'planned_pause', 'profile', 'recipients', 'sent', 'status', 'timeline'])
  assert.equal(shown.profile.id, mentor)
  assert.deepEqual(shown.pause_record, paused)
  assert.deepEqual(shown.closed_pauses.map((p) => p.pause_reason), ['Eksamen'])
  assert.deepEqual(shown.timeline.map((c) => [c.to_status, c.record_version]), [['paused', 3], ['active', 2], ['paused', 1]])

  const versions = []
  for (let cursor = ''; cursor !== null; ) {
    const { timeline, next_cursor } = await page(`&limit=2&cursor=${encodeURIComponent(cursor)}`)
    versions.push(...timeline.map((c) => c.record_version))
    cursor = next_cursor
  }
  assert.deepEqual(versions, [3, 2, 1])

  const byRPC = await coordinator.rpc('mentor_page', { mentor_id: mentor })
  assert.ifError(byRPC.error)
  assert.deepEqual(byRPC.data, await page())
})

test('leave is asked for, listed, answered and withdrawn', async () => {
  const mentor = await signedIn(given.mentor)
  const asks = async (body) => (await invoke('requests', { headers: { 'idempotency-key': randomUUID() }, body }, mentor)).leave_request
  const answers = (request_id, answer, more = {}, client = coordinator) => invoke('requests', { body: { request_id, answer, ...more } }, client)
  const own = async (state, client = mentor) =>
    (await invoke(`requests?${new URLSearchParams({ state })}`, { method: 'GET' }, client)).leave_requests.filter((r) => r.mentor_id === given.mentor_id)
  const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

  const asked = await asks({ kind: 'pause', reason: 'Reise', starts_on: day(30), expected_return_date: day(60) })
  assert.deepEqual([asked.state, asked.reason, asked.starts_on, asked.answered_by], ['open', 'Reise', day(30), null])
  assert.deepEqual(await own('open'), [asked])
  assert.deepEqual(await own('open', coordinator), [asked])
  const accepted = await answers(asked.id, 'accept')
  assert.deepEqual([accepted.leave_request.state, accepted.planned_pause.starts_on], ['accepted', day(30)])
  const late = await refused('requests', { body: { request_id: asked.id, answer: 'decline' } })
  assert.deepEqual([late.status, late.code], [409, 'already_answered'])
  assert.equal((await answers(asked.id, 'withdraw', {}, mentor)).leave_request.state, 'withdrawn')
  assert.equal((await inRoster(given.mentor_id)).planned_pause, null)

  const again = await asks({ kind: 'pause' })
  const { leave_request: declined } = await answers(again.id, 'decline', { message: 'Ring meg først.' })
  assert.deepEqual([declined.state, declined.message], ['declined', 'Ring meg først.'])
  assert.deepEqual((await invoke(`mentor?mentor_id=${given.mentor_id}`, { method: 'GET' }, mentor)).leave_requests.map((r) => r.state), ['declined', 'withdrawn'])

  // By supabase.rpc: the same, with names of its own for the two ids.
  const { data, error } = await mentor.rpc('request_leave', { kind: 'pause', expected_return_date: day(9), request_id: randomUUID() })
  assert.ifError(error)
  const byRPC = await coordinator.rpc('answer_leave_request', { leave_request_id: data.leave_request.id, answer: 'accept', message: 'God bedring' })
  assert.ifError(byRPC.error)
  assert.deepEqual([byRPC.data.pause_record.status, byRPC.data.pause_record.pause_reason], ['paused', null])
  const longer = await asks({ kind: 'change_return', expected_return_date: null })
  assert.equal((await answers(longer.id, 'accept', { expected_version: 1 })).pause_record.expected_return_date, null)
  const back = await asks({ kind: 'return' })
  const returned = await answers(back.id, 'accept')
  assert.deepEqual([returned.pause_record.status, returned.hints], ['active', []])
  const page = await mentor.rpc('leave_requests_page', { state: ['accepted'] })
  assert.ifError(page.error)
  assert.deepEqual(page.data.leave_requests.map((r) => r.kind), ['return', 'change_return', 'pause'])
})

test('a mentor reaches nothing but requests, and what is the own', async () => {
  const mentor = await signedIn(given.mentor)
  const other = nextMentor()
  const unplanned = randomUUID()
  for (const id of [given.mentor_id, other]) {
    for (const [name, options] of [
      ['pause', { body: { mentor_id: id, pause_reason: 'Ferie' } }],
      ['pause', { method: 'PATCH', body: { mentor_id: id, pause_reason: 'Ferie' } }],
      ['pause', { method: 'PATCH', body: { planned_pause_id: unplanned, pause_reason: 'Ferie' } }],
      ['pause', { method: 'DELETE', body: { planned_pause_id: unplanned } }],
      ['reactivate', { body: { mentor_id: id } }],
      ['roster', { method: 'GET' }],
      ['people', { method: 'GET' }],
      ['people', { body: { command: 'register_certification', mentor_id: id, kind: 'course', issued_on: '2026-01-01' } }],
      ['people', { body: { command: 'assign_coordinator', mentor_id: id, coordinator_id: id } }],
      ['people', { body: { command: 'update_person', person_id: id, display_name: 'Sjef' } }],
      ['people', { body: { command: 'save_chapter', chapter_id: given.oslo, requests_take_effect: true } }],
      ['invite', { body: { person_id: id, email: 'sjef@example.org' } }],
    ]) {
      const got = await refused(name, options, mentor)
      assert.equal(got.status, 403, `${name} ${JSON.stringify(options)}: ${got.code}`)
      assert.match(got.code, /^not_an?_(coordinator|administrator)$/)
    }
  }
  const page = await refused(`mentor?mentor_id=${other}`, { method: 'GET' }, mentor)
  assert.deepEqual([page.status, page.code], [403, 'not_a_coordinator'])
  assert.equal((await invoke(`mentor?mentor_id=${given.mentor_id}`, { method: 'GET' }, mentor)).profile.id, given.mentor_id)
  await invoke('inbox', { method: 'GET' }, mentor)
  assert.ok((await invoke('requests?limit=200', { method: 'GET' }, mentor)).leave_requests.every((r) => r.mentor_id === given.mentor_id))
})

test('the inbox, marked as read', async () => {
  const inbox = await invoke('inbox?limit=200', { method: 'GET' })
  assert.deepEqual(Object.keys(inbox).sort(), ['messages', 'next_cursor', 'unread'])
  assert.deepEqual(await invoke('inbox', { body: { read: 'all' } }), { read: inbox.unread, unread: 0 })
  for (const weekly_digest of [false, true]) {
    assert.deepEqual(await invoke('inbox', { body: { weekly_digest } }), { weekly_digest })
    const chosen = await coordinator.rpc('set_weekly_digest', { weekly_digest })
    assert.ifError(chosen.error)
    assert.deepEqual(chosen.data, { weekly_digest })
  }
  const { data, error } = await coordinator.rpc('inbox_page')
  assert.ifError(error)
  assert.deepEqual(data, await invoke('inbox', { method: 'GET' }))
})

test('follow-up, of an administrator', async () => {
  const administrator = await signedIn(given.administrator)
  const page = (query = '') => invoke(`follow-up${query}`, { method: 'GET' }, administrator)
  const shown = await page(`?chapter_id=${given.oslo}&limit=200`)
  assert.deepEqual(Object.keys(shown).sort(), ['as_of', 'counts', 'discrepancies', 'failed_emails', 'next_cursor', 'nights', 'refused_addresses', 'stuck', 'undelivered'])
  const { data, error } = await administrator.rpc('follow_up_page', { chapter_id: given.oslo, page_limit: 200 })
  assert.ifError(error)
  assert.deepEqual(data, shown)

  const headers = { 'idempotency-key': randomUUID() }
  const body = { allow_address: { person_id: nextMentor() } }
  assert.deepEqual(await invoke('follow-up', { headers, body }, administrator), body)
  assert.deepEqual(await invoke('follow-up', { headers, body }, administrator), body)
  for (const [options, status, code, details = null, client = administrator] of [
    [{ headers, body: { acknowledge: { discrepancy_id: 1 } } }, 404, 'not_found'],
    [{ body: { acknowledge: { notification_id: randomUUID() } } }, 404, 'not_found'],
    [{ body: { acknowledge: {} } }, 400, 'invalid_request', 'acknowledge/notification_id'],
    [{ body: {} }, 400, 'invalid_request', 'acknowledge'],
    [{ body }, 403, 'not_an_administrator', null, coordinator],
  ]) {
    const got = await refused('follow-up', options, client)
    assert.deepEqual({ ...got, message: '' }, { status, code, details, hint: null, message: '' })
  }
})

test('the numbers of a period', async () => {
  const period = { from: '2025-01-01', to: '2025-12-31' }
  const report = await invoke(`period-report?${new URLSearchParams(period)}`, { method: 'GET' })
  assert.ok(report.chapters.length > 0)
  const { data, error } = await coordinator.rpc('period_report', { from_date: period.from, to_date: period.to, as_known_at: report.as_known_at })
  assert.ifError(error)
  assert.deepEqual([data.chapters, data.total, data.as_known_at], [report.chapters, report.total, report.as_known_at])
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
    ['pause', body(paused, { pause_reason: 'x'.repeat(33_000) }), 413, 'payload_too_large'],
    ['pause', { method: 'GET' }, 405, 'method_not_allowed'],
    ['reactivate', { body: { mentor_id: nextMentor() } }, 409, 'not_paused'],
    ['reactivate', { body: { mentor_id: given.expired } }, 409, 'certification_expired'],
    ['roster', { body: { chapter_id: given.bergen } }, 404, 'chapter_not_found'],
    ['roster?cursor=eyJ', { method: 'GET' }, 400, 'invalid_request', 'cursor'],
    ['roster', {}, 403, 'not_a_coordinator', null, former],
    [`mentor?mentor_id=${given.bergen_mentor}`, { method: 'GET' }, 404, 'mentor_not_found'],
    ['mentor', { method: 'GET' }, 400, 'invalid_request', 'mentor_id'],
    ['mentor', { body: { mentor_id: paused } }, 405, 'method_not_allowed'],
    ['inbox', {}, 400, 'invalid_request', 'read'],
    ['period-report', { body: { from: '2025-01-01', to: '2025-12-31' } }, 403, 'not_an_administrator'],
    ['inbox', { body: { read: [1073741824] } }, 404, 'not_found'],
  ]
  for (const [name, options, status, code, details = null, client = coordinator] of cases) {
    const got = await refused(name, options, client)
    const hint = status === 413 ? 'A body may have at most 32 KiB.' : null
    assert.deepEqual({ ...got, message: '' }, { status, code, details, hint, message: '' }, `${name} ${JSON.stringify(options)}`)
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

test('people: a command, and page after page', async () => {
  const mentor_id = nextMentor()
  const issued_on = `${new Date().getUTCFullYear() - 1}-02-28`
  const headers = { 'idempotency-key': randomUUID() }
  const body = { command: 'register_certification', mentor_id, kind: 'Course', issued_on, expires_on: 'never' }
  const { certification } = await invoke('people', { headers, body })
  assert.deepEqual({ ...certification, id: '' }, { id: '', mentor_id, kind: 'course', issued_on, expires_on: null })
  assert.deepEqual(await invoke('people', { headers, body }), { certification })

  const seen = []
  for (let cursor = ''; cursor !== null; ) {
    const page = await invoke(`people?${new URLSearchParams({ role: 'mentor', limit: '5', cursor })}`, { method: 'GET' })
    assert.ok(page.people.length <= 5)
    seen.push(...page.people)
    cursor = page.next_cursor
  }
  const all = await coordinator.rpc('people_page', { role: 'mentor', page_limit: 200 })
  assert.ifError(all.error)
  assert.deepEqual(seen, all.data.people)
  assert.deepEqual(Object.keys(seen[0]).sort(),
    ['display_name', 'email', 'external_ids', 'has_login', 'id', 'is_organisation_administrator', 'locale', 'login', 'memberships', 'phone'])

  // The parts that the console shows, by function and by RPC.
  const administrator = await signedIn(given.administrator)
  for (const [query, rpc, given_] of [
    ['part=organisation', 'organisation_page', {}],
    [`part=person&person_id=${mentor_id}`, 'person_page', { person_id: mentor_id }],
    [`part=duplicates&chapter_id=${given.oslo}`, 'possible_duplicates', { chapter_id: given.oslo }],
  ]) {
    const part = await administrator.functions.invoke(`people?${query}`, { method: 'GET' })
    assert.ifError(part.error)
    const same = await administrator.rpc(rpc, given_)
    assert.ifError(same.error)
    assert.deepEqual(part.data, same.data)
  }

  for (const [body, status, code, details = null, client = coordinator] of [
    [{ command: 'erase_person', person_id: mentor_id }, 403, 'not_an_administrator'],
    [{ command: 'register_certification', mentor_id: given.bergen_mentor, kind: 'course', issued_on }, 404, 'mentor_not_found'],
    [{ command: 'register_certification', mentor_id, kind: 'course', issued_on, why: 1 }, 400, 'invalid_request', 'why'],
    [{ command: 'x' }, 400, 'invalid_request', 'command'],
    [{ command: 'register_certification', mentor_id, kind: 'course', issued_on }, 403, 'not_a_coordinator', null, former],
  ]) {
    const got = await refused('people', { body }, client)
    assert.deepEqual({ ...got, message: '' }, { status, code, details, hint: null, message: '' })
  }
})

test('import: an empty list to fill in, a dry run, and exactly that', async () => {
  const administrator = await signedIn(given.administrator)
  const csv = { 'content-type': 'text/csv; charset=utf-8' }
  const template = await administrator.functions.invoke('import?format=csv', { method: 'GET' })
  assert.ifError(template.error)
  assert.match(template.data, /;/)

  const headers = { ...csv, 'idempotency-key': randomUUID() }
  const body = new Blob([`Navn;E-post;Medlemsnr\nÅse Bjørnsdatter;${randomUUID()}@example.org;${randomUUID()}\n;;\nOla;ola@;1\n`])
  const name = `import?${new URLSearchParams({ chapter_id: given.oslo, source: 'medlem' })}`
  const dry = await invoke(name, { headers: csv, body }, administrator)
  assert.deepEqual([dry.dry_run, dry.counts], [true, { new: 1, changed: 0, unchanged: 0, refused: 1, possible_duplicate: 0 }])
  assert.deepEqual(dry.rows.map((r) => [r.row, r.outcome]), [[2, 'new'], [4, 'refused']])
  const done = await invoke(`${name}&preview=${dry.preview}`, { headers, body }, administrator)
  assert.deepEqual([done.dry_run, done.counts, done.preview], [false, dry.counts, dry.preview])
  assert.deepEqual(await invoke(`${name}&preview=${dry.preview}`, { headers, body }, administrator), done)
  assert.equal((await refused(`${name}&preview=${dry.preview}`, { headers: csv, body }, administrator)).code, 'preview_outdated')
  assert.equal((await refused(name, { headers: csv, body })).code, 'not_an_administrator')
  const { person_id } = done.rows[0]
  assert.equal((await inRoster(person_id)).display_name, 'Åse Bjørnsdatter')
})

test('a region, which supabase-js puts into query and header, is ignored', async () => {
  assert.deepEqual(await invoke('roster', { region: 'eu-central-1' }), await invoke('roster'))
})

test('the preflight allows every header that supabase-js says it sends', async () => {
  const sent = corsHeaders['Access-Control-Allow-Headers'].split(', ')
  assert.ok(sent.includes('authorization') && sent.length > 5)
  for (const name of ['invite', 'pause', 'people', 'reactivate', 'roster', 'mentor', 'inbox', 'follow-up']) {
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

  for (const [mine, isListed] of [[false, true], [true, false]]) { // nobody is assigned to them
    const filters = { mine, attention: ['open_ended', 'requests'] }
    const attended = await coordinator.rpc('coordinator_roster', filters)
    assert.ifError(attended.error)
    assert.equal(attended.data.mentors.some((mentor) => mentor.mentor_id === args.mentor_id), isListed)
    assert.deepEqual(attended.data, await invoke('roster', { body: filters }))
  }
})
