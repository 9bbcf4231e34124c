// Many writes of one person, on a line that is cut at random, before and after the server has
// acted. Each moves a pause's return date, so that the log has a row for each.
import assert from 'node:assert/strict'

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function numbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Writes so often, and counts what became of it by what the server has in its log. The page is
 * that of a coordinator, without a service worker; paused are mentors on a pause, as their id
 * and first name; written is how many rows the log has about them.
 */
export async function randomCuts({ page, url, paused, written }, writes, seed) {
  const random = numbers(seed)
  const context = page.context()
  const cuts = { before: 0, after: 0 }
  const before = await written()
  await context.route(/\/functions\/v1\//, async (route) => {
    const isWrite = route.request().method() === 'PATCH'
    const fate = random()
    if (fate < (isWrite ? 0.2 : 0.05)) {
      if (isWrite) cuts.before++
      return route.abort('connectionreset').catch(() => {})
    }
    if (isWrite && fate < 0.4) {
      cuts.after++
      await route.fetch()
      return route.abort('connectionreset').catch(() => {})
    }
    return route.continue().catch(() => {})
  })
  await page.goto(`${url}/likepersoner/${paused[0][0]}`)
  for (let n = 0; n < writes; n++) {
    const [id, name] = paused[n % paused.length]
    await page.evaluate((path) => history.pushState(null, '', path), `/likepersoner/${id}/endre`)
    const form = page.getByRole('dialog')
    const field = form.getByLabel(new RegExp(`Når er ${name} tilbake`))
    // No two neighbouring dates are the same, so that each write changes something.
    const date = new Date(Date.now() + (30 + ((n * 7) % 900)) * 86_400_000)
    await field.fill(`${date.getUTCDate()}.${date.getUTCMonth() + 1}.${date.getUTCFullYear()}`)
    await form.locator('button[type=submit]').click()
    await form.waitFor({ state: 'detached' }).catch(async (error) => {
      throw new Error(`${n} of ${writes}: ${await form.innerText()}`, { cause: error })
    })
  }
  await context.unroute(/\/functions\/v1\//)
  await page.goto(`${url}/usendt`)
  // Nothing waits on a page that has not yet read what waits either.
  await page.getByText(/^Alt er sendt|^Endringer som du gjør uten nett/).waitFor()
  let left
  for (let n = 0; n < 240; n++) {
    await page.evaluate(() => dispatchEvent(new Event('online')))
    left = await page.getByText('Venter på nett', { exact: true }).count()
    if (left === 0) break
    await page.waitForTimeout(500)
  }
  const refused = await page.getByRole('button', { name: 'Forkast' }).count()
  const sent = (await written()) - before
  assert.ok(writes < 40 || (cuts.before > writes / 20 && cuts.after > writes / 20), JSON.stringify(cuts))
  return { outcome: { sent, lost: Math.max(0, writes - sent - refused), doubled: Math.max(0, sent - writes), refused }, cuts }
}
