// A page of another origin than the functions, like an app's: it shows the roster
// and pauses mentors. The tests operate it like a person, and use its clients.
const given = await (await fetch('given.json')).json()

const signedIn = ({ url, coordinator }) =>
  supabase.createClient(url, given.key, { accessToken: async () => coordinator })
const client = signedIn(given)
window.clients = {
  client,
  stranger: supabase.createClient(given.url, given.key),
  withoutDatabase: signedIn(given.without_database),
}

const alert = document.querySelector('[role=alert]')

/** The data of a call, or null with the refusal's sentence on the page. */
async function call(name, options) {
  const { data, error } = await client.functions.invoke(name, options)
  alert.textContent = error ? await sentence(error) : ''
  return data
}

async function sentence(error) {
  if (!(error.context instanceof Response)) return 'No connection.'
  const { code, message } = await error.context.json()
  return `${message} (${code})`
}

async function show() {
  const roster = await call('roster', { method: 'GET' })
  if (!roster) return
  const { total, active, paused, expired_cert } = roster.summary
  document.querySelector('#summary').textContent =
    `${total} mentors: ${active} active, ${paused} paused, ${expired_cert} with an expired certification`
  document.querySelector('tbody').replaceChildren(...roster.mentors.map(row))
}

function row(mentor) {
  const row = document.createElement('tr')
  for (const text of [mentor.display_name, mentor.status, mentor.pause_reason]) row.insertCell().textContent = text
  const button = document.createElement('button')
  button.textContent = 'Pause'
  button.onclick = async () => {
    const headers = { 'Idempotency-Key': crypto.randomUUID() }
    const body = { mentor_id: mentor.mentor_id, pause_reason: 'Eksamen' }
    if (await call('pause', { headers, body })) await show()
  }
  row.insertCell().append(button)
  return row
}

await show()
document.body.dataset.ready = 'true'
