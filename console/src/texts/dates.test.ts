import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addDays,
  addMonths,
  clock,
  dateIn,
  daysBetween,
  distance,
  freshness,
  full,
  moment,
  monthOf,
  parseDate,
  short,
  unbroken,
  withWeekday,
} from './dates';
import { en } from './en';
import { nb } from './nb';
import { nn } from './nn';

const today = '2026-02-10';
const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const months = [nb.months, nn.months, en.months];

test('a date is read as people write it', () => {
  for (const [typed, want] of Object.entries({
    '5.5.26': '2026-05-05',
    '05.05.2026': '2026-05-05',
    '5/5/2026': '2026-05-05',
    '5-5-26': '2026-05-05',
    '050526': '2026-05-05',
    '05052026': '2026-05-05',
    '5 mai': '2026-05-05',
    '5. mai': '2026-05-05',
    '5.mai': '2026-05-05',
    ' 5. Mai 2027 ': '2027-05-05',
    'tirsdag 5. mai': '2026-05-05',
    '5 May 2026': '2026-05-05',
    '1. desember': '2026-12-01',
    '1 dec': '2026-12-01',
    '1. okt.': '2026-10-01',
    '5.5': '2026-05-05',
    '5.5.': '2026-05-05',
    '9.2': '2027-02-09',
    '10.2': '2026-02-10',
    '29.2': '2028-02-29',
    '2026-05-05': '2026-05-05',
    '5. mars': '2026-03-05',
  })) {
    assert.equal(parseDate(typed, today, months), want, typed);
  }
  for (const typed of [
    '',
    'i morgen',
    '31.2.26',
    '0.5.26',
    '5.13.26',
    '5',
    '5.5.5',
    '5. foo',
    '1.1.1899',
    '<b>',
    '2026-13-01',
  ]) {
    assert.equal(parseDate(typed, today, months), null, typed);
  }
});

test('dates are said in each language', () => {
  assert.equal(plain(withWeekday(nb, '2026-03-02', today)), 'mandag 2. mars');
  assert.equal(plain(withWeekday(nn, '2026-03-02', today)), 'måndag 2. mars');
  assert.equal(plain(withWeekday(en, '2026-03-02', today)), 'Monday 2 March');
  assert.equal(plain(short(nb, '2027-03-02', today)), '2. mars 2027');
  assert.equal(plain(full(nn, '2026-03-02')), '2. mars 2026');
  assert.ok(short(nb, '2026-03-02', today).includes('\u00a0'), 'a date is not broken');
});

test('the dates of a message are not broken', () => {
  assert.equal(unbroken('Fra 1. august 2027 til 3 May, 2 dager.'), 'Fra 1.\u00a0august 2027 til 3\u00a0May, 2 dager.');
});

test('distances', () => {
  for (const [date, want] of Object.entries({
    '2026-02-10': 'i dag',
    '2026-02-11': 'i morgen',
    '2026-03-02': 'om 20 dager',
    '2026-05-05': 'om 12 uker',
    '2026-10-10': 'om 8 måneder',
    '2029-02-10': 'om tre år',
    '2026-02-09': 'i går',
    '2026-02-01': 'for 9 dager siden',
    '2025-10-12': 'for 4 måneder siden',
    '2025-12-16': 'for 8 uker siden',
    '2023-02-10': 'for tre år siden',
  })) {
    assert.equal(plain(distance(nb, date, today)), want, date);
  }
  assert.equal(daysBetween('2026-03-28', '2026-03-30'), 2); // over a change to summer time
});

test('times are those of the organisation, not of the device', () => {
  const at = Date.parse('2026-02-10T23:30:00Z');
  assert.equal(dateIn('Europe/Oslo', at), '2026-02-11');
  assert.equal(clock(nb, 'Europe/Oslo', at), '00.30');
  assert.equal(clock(en, 'Europe/Oslo', at), '00:30');
  assert.equal(plain(moment(nb, 'Europe/Oslo', Date.parse('2026-01-12T15:05:00Z'))), '12. januar 2026 kl. 16.05');
  assert.equal(plain(freshness(nb, 'Europe/Oslo', at, at + 3_600_000)), 'kl. 00.30');
  assert.equal(plain(freshness(nb, 'Europe/Oslo', at, at + 86_400_000)), '11. februar kl. 00.30');
});

test('months end where they end', () => {
  assert.equal(addMonths('2026-01-31', 1), '2026-02-28');
  assert.equal(addMonths('2026-11-30', 3), '2027-02-28');
  assert.equal(addMonths('2026-02-10', 1), '2026-03-10');
});

test('what is no date is shown as it stands, and throws nothing', () => {
  for (const text of ['never', 'infinity', '', '2099-13-45']) {
    for (const say of [full, monthOf]) assert.equal(say(nb, text), text);
    for (const say of [short, withWeekday, distance]) assert.equal(say(nb, text, today), text);
    for (const count of [addDays, addMonths]) assert.equal(count(text, -1), text);
  }
  assert.equal(dateIn('Europe/Oslo', Date.parse('infinity')), '–');
  assert.equal(addDays(dateIn('Europe/Oslo', Date.parse('-infinity')), -1), '–');
  for (const say of [clock, moment]) assert.equal(say(nb, 'Europe/Oslo', Number.NaN), '–');
  assert.equal(freshness(nb, 'Europe/Oslo', Number.NaN, 0), '–');
});
