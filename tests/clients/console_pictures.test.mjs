// What the pages of a coordinator, a mentor and the national office look like, compared with the pictures in golden/,
// in each language and width. The Go test TestConsolePictures serves it; its database, its
// server's clock and the browser's show one morning, so that the pictures are the same on any
// day.
import test, { after } from 'node:test'
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { crc32, deflateSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { given, launch, locales, session, signedIn } from './console.mjs'

const golden = new URL('golden/', import.meta.url).pathname
const failed = new URL('../../.cache/pictures/', import.meta.url).pathname
const languages = Object.keys(locales)
const widths = { 360: 780, 1280: 900 }
const likeness = 5 // of 255, by which a colour may be another one
const most = 1 // pixel

// Letters without coloured fringes and without the machine's hinting.
const browser = await chromium.launch({ ...launch, args: ['--disable-lcd-text', '--font-render-hinting=none', '--force-color-profile=srgb'] })
after(() => browser.close())
const easel = await browser.newPage()

/** The pixels of pictures, compared in the browser, which can read them. */
const compare = (shown, wanted) => easel.evaluate(async ([shown, wanted, likeness]) => {
  const read = async (png) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob(), { colorSpaceConversion: 'none' })
    const pen = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')
    pen.drawImage(bitmap, 0, 0)
    return pen.getImageData(0, 0, bitmap.width, bitmap.height)
  }
  const text = ({ data, width, height }) => {
    let bytes = ''
    for (let n = 0; n < data.length; n += 32_768) bytes += String.fromCharCode(...data.subarray(n, n + 32_768))
    return { width, height, pixels: btoa(bytes) }
  }
  const one = await read(shown)
  if (!wanted) return { picture: text(one) }
  const other = await read(wanted)
  if (one.width !== other.width || one.height !== other.height) {
    return { picture: text(one), why: `${one.width} × ${one.height} in place of ${other.width} × ${other.height}` }
  }
  const difference = new ImageData(one.width, one.height)
  let count = 0
  for (let n = 0; n < one.data.length; n += 4) {
    const isOther = [0, 1, 2].some((part) => Math.abs(one.data[n + part] - other.data[n + part]) > likeness)
    if (isOther) count++
    const shade = 200 + one.data[n + 1] / 5
    difference.data.set(isOther ? [220, 0, 0, 255] : [shade, shade, shade, 255], n)
  }
  return { count, picture: text(one), difference: text(difference), why: `${count} pixels are others` }
}, [shown.toString('base64'), wanted?.toString('base64'), likeness])

/** A PNG whose rare colours are those that are alike, so that a palette has room for them: a third of what a browser makes of it. */
function png({ width, height, pixels }) {
  const rgba = Buffer.from(pixels, 'base64')
  const counts = new Map()
  for (let n = 0; n < rgba.length; n += 4) {
    const colour = rgba.readUIntBE(n, 3)
    counts.set(colour, (counts.get(colour) ?? 0) + 1)
  }
  const parts = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]
  const palette = []
  const places = new Map()
  for (const [colour] of [...counts].sort(([, one], [, other]) => other - one)) {
    const own = parts(colour)
    const like = palette.findIndex((kept) => kept.every((value, part) => Math.abs(value - own[part]) <= likeness))
    places.set(colour, like < 0 ? palette.push(own) - 1 : like)
  }
  const hasPalette = palette.length <= 256
  const lines = Buffer.alloc(height * (1 + width * (hasPalette ? 1 : 3))) // each begins with its filter, which is none
  for (let n = 0, at = 0; n < width * height; n++) {
    if (n % width === 0) at++
    const colour = rgba.readUIntBE(4 * n, 3)
    if (hasPalette) lines[at++] = places.get(colour)
    else at = lines.writeUIntBE(colour, at, 3)
  }
  const chunk = (name, data) => {
    const named = Buffer.concat([Buffer.from(name), data])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(named))
    return Buffer.concat([length, named, sum])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, hasPalette ? 3 : 2], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), ...(hasPalette ? [chunk('PLTE', Buffer.from(palette.flat()))] : []),
    chunk('IDAT', deflateSync(lines, { level: 9 })), chunk('IEND', Buffer.alloc(0)),
  ])
}

const mentor = (n) => `00000000-0000-4000-8000-0000000f0${String(n).padStart(3, '0')}`
const people = {
  '': { 'logg-inn': '/' },
  'marit@example.org': {
    'trenger-deg': '/', likepersoner: '/likepersoner', 'likepersoner-ingen': '/likepersoner?sok=finnes+ikke',
    likeperson: `/likepersoner/${mentor(5)}`, 'likeperson-langt-navn': `/likepersoner/${mentor(2)}`, 'likeperson-utlopt': `/likepersoner/${mentor(8)}`,
    pause: `/likepersoner/${mentor(2)}/pause`, endre: `/likepersoner/${mentor(5)}/endre`, tilbake: `/likepersoner/${mentor(5)}/tilbake`,
    innboks: '/innboks', usendt: '/usendt', 'finnes-ikke': '/finnes/ikke',
  },
  'mentor5@example.org': { 'min-side': '/' },
  'nina@example.org': { 'ingen-oppgaver': '/' },
  'olav@example.org': {
    oppfolging: '/oppfolging', personer: '/personer', person: `/personer/${mentor(2)}`,
    dubletter: `/personer/dubletter/${mentor(5)}/${mentor(99)}`, innstillinger: '/innstillinger', personvern: '/personvern',
    perioderapport: '/perioderapport?fra=2025-01-01&til=2025-12-31', 'perioderapport-navn': '/perioderapport/navn?fra=2025-01-01&til=2025-12-31',
    import: '/import', 'import-kolonner': ['/import', columns], 'import-forhandsvisning': ['/import', preview],
  },
}

const list = [
  'Medlemsnr;Navn;E-post;Mobil;Kurs;Kursdato;Merknad;Lokallag',
  '101;Tuva Langeviken;tuva@example.com;912 34 567;grunnkurs;17.01.2026;ringes;Nedre Glomma',
  '102;Berit Haugstuen-Moe;mentor3@example.org;;;;;Nedre Glomma',
  '103;Anders Lillevold;;;;;;Nedre Glomma',
  '104;Kolbjørn Ulvang;kolbjorn@example.com;;grunnkurs;31.02.2026;;Nedre Glomma',
].join('\r\n')

/** A file is chosen, and its columns are shown. */
async function columns(page) {
  await page.getByTestId('file').setInputFiles({ name: 'kursdeltakere.csv', mimeType: 'text/csv', buffer: Buffer.from(list) })
  await page.locator('.column').first().waitFor()
}

/** What would happen to each of its rows is shown. */
async function preview(page) {
  await columns(page)
  await page.locator('main .actions .ds-button').first().click()
  await page.locator('.import-row').first().waitFor()
}

/** A context in which it is that morning. */
async function contextOf(locale) {
  const context = await browser.newContext({ locale, timezoneId: 'Europe/Oslo', serviceWorkers: 'block', reducedMotion: 'reduce' })
  await context.clock.setFixedTime(given.now)
  return context
}

/** The page has come, with its font, and nothing moves any more. */
async function settle(page) {
  await page.getByRole('heading', { level: 1 }).last().waitFor()
  await page.waitForFunction(() => !document.querySelector('.ds-skeleton') && !document.querySelector('[data-busy]'))
  await page.waitForLoadState('networkidle')
  await page.evaluate(() => document.fonts.ready.then(() => true))
  // A window of another size is drawn anew in a frame or two, of which nothing tells.
  await page.evaluate(async () => {
    for (let same = 0, last = 0; same < 8; ) {
      await new Promise(requestAnimationFrame)
      const now = document.documentElement.scrollHeight
      same = now === last ? same + 1 : 0
      last = now
    }
  })
}

/** The server's clock runs: times of that morning all become half past ten. */
function sayHalfPast() {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const said = text.data.replace(/(?<![\d.])1[01]([.:])[0-5]\d(?![.:]?\d)/g, '10$130')
    if (said !== text.data) text.data = said
  }
}

// Who has never signed in is told of on the office's pages: all have, whichever tests are run.
for (const email of Object.keys(people)) if (email) await session(email)

const known = new Set(await readdir(golden).catch(() => []))
const taken = new Set(['chromium'])
for (const language of languages) {
  for (const [email, pages] of Object.entries(people)) {
    test(`the pages look as they did, ${language}${email ? `, to ${email.split('@')[0]}` : ''}`, async () => {
      const context = await contextOf(locales[language])
      const page = email ? await signedIn(email, { context }) : await context.newPage()
      const others = []
      for (const [name, where] of Object.entries(pages)) {
        const [path, prepare] = [where].flat()
        await page.goto(given.url + path)
        await prepare?.(page)
        for (const [width, height] of Object.entries(widths)) {
          await page.setViewportSize({ width: Number(width), height })
          await settle(page)
          const file = `${name}-${width}-${language}.png`
          taken.add(file)
          const wanted = known.has(file) ? await readFile(golden + file) : null
          const measure = async () => Math.max(height, await page.evaluate(() => document.documentElement.scrollHeight))
          // All of it in one window, whose foot has the navigation.
          const take = async (whole) => {
            await page.setViewportSize({ width: Number(width), height: whole })
            await page.evaluate(sayHalfPast)
            return compare(await page.screenshot({ animations: 'disabled', caret: 'hide' }), wanted)
          }
          let taking = await take(await measure())
          if (!(taking.count <= most)) {
            // Measured while a line was still broken otherwise, or with curves that were drawn
            // piece by piece and have other edges: it is measured and drawn anew.
            await page.setViewportSize({ width: Number(width), height })
            await settle(page)
            const whole = await measure()
            await page.setViewportSize({ width: Number(width), height: whole + 300 })
            taking = await take(whole)
          }
          const { count, why = 'there is no picture of it', picture, difference } = taking
          if (count <= most) continue
          if (given.update) {
            await mkdir(golden, { recursive: true })
            await writeFile(golden + file, png(picture))
            continue
          }
          others.push(`${file}: ${why}`)
          await mkdir(failed, { recursive: true })
          await writeFile(failed + file, png(picture))
          if (difference) await writeFile(`${failed}${file.replace('.png', '-difference.png')}`, png(difference))
        }
      }
      await context.close()
      assert.deepEqual(others, [], 'look at .cache/pictures; what is meant to be so: make test-console UPDATE=1')
    })
  }
}

test('there is no picture of a page that is not looked at', async () => {
  const spare = [...known].filter((file) => !taken.has(file))
  if (given.update) await Promise.all(spare.map((file) => rm(golden + file)))
  else assert.deepEqual(spare, [])
})
