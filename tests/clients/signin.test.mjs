// Signing in with supabase-js by the code of an invitation, as the console does, against
// the stand-in for Supabase Auth. The Go test TestStartingAnOrganisation has sent it.
import test from 'node:test'
import assert from 'node:assert/strict'
import ws from 'ws'
import { createClient } from '@supabase/supabase-js'

const given = JSON.parse(process.env.CLIENT_TEST)
const client = createClient(given.url, given.key, { auth: { persistSession: false, autoRefreshToken: false }, realtime: { transport: ws } })

test('a wrong code is refused', async () => {
  const { error } = await client.auth.verifyOtp({ email: given.email, token: '0', type: 'email' })
  assert.deepEqual([error.status, error.code], [403, 'otp_expired'])
})

test('the code of an invitation signs in', async () => {
  const { data, error } = await client.auth.verifyOtp({ email: given.email, token: given.code, type: 'email' })
  assert.ifError(error)
  assert.equal(data.user.email, given.email)
  assert.ok(data.user.email_confirmed_at)
})

test('the functions know who it is', async () => {
  const { data, error } = await client.functions.invoke('roster')
  assert.ifError(error)
  assert.deepEqual(data.mentors.map((m) => [m.mentor_id, m.status, m.certification_kind]), [[given.mentors[0], 'active', 'Grunnkurs']])
})

test('the session is refreshed', async () => {
  const { data: before } = await client.auth.getSession()
  const { data, error } = await client.auth.refreshSession()
  assert.ifError(error)
  assert.notEqual(data.session.refresh_token, before.session.refresh_token)
  const { data: asked, error: unknown } = await client.auth.getUser()
  assert.ifError(unknown)
  assert.equal(asked.user.id, data.user.id)
})

test('another code is sent, and not twice in a minute', async () => {
  const options = { email: given.email, options: { shouldCreateUser: false } }
  assert.ifError((await client.auth.signInWithOtp(options)).error)
  assert.equal((await client.auth.signInWithOtp(options)).error.code, 'over_email_send_rate_limit')
  const nobody = await client.auth.signInWithOtp({ ...options, email: 'nobody@example.org' })
  assert.equal(nobody.error.code, 'otp_disabled')
})

test('signed out, nobody is signed in', async () => {
  const { data } = await client.auth.getSession()
  assert.ifError((await client.auth.signOut()).error)
  const { error } = await client.auth.refreshSession({ refresh_token: data.session.refresh_token })
  assert.equal(error.code, 'refresh_token_not_found')
})
