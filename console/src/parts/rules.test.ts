import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nb } from '../texts/nb';
import { check, type Typed } from './rules';

const today = '2026-02-10';
const typed = (changes: Partial<Typed>): Typed => ({
  starts: 'today',
  startsOn: '',
  returns: '',
  reason: 'Permisjon',
  ...changes,
});
const problems = (changes: Partial<Typed>, kept?: { returns: string | null; reason: string | null }) =>
  check(nb, typed(changes), today, 'Anders', kept).problems.map(({ field, problem }) => [
    field,
    problem.replaceAll('\u00a0', ' '),
  ]);

test('a good one has no problems', () => {
  assert.deepEqual(problems({}), []);
  assert.deepEqual(problems({ returns: '5. mai' }), []);
  const checked = check(nb, typed({ starts: 'later', startsOn: '1.8', returns: '31.10' }), today, 'Anders');
  assert.deepEqual([checked.startsOn, checked.returns, checked.problems], ['2026-08-01', '2026-10-31', []]);
});

test('a problem says what to do', () => {
  assert.deepEqual(problems({ returns: '4.2.26', reason: ' ' }), [
    ['returns', 'Datoen onsdag 4. februar har vært. Velg en dato fra onsdag 11. februar.'],
    ['reason', 'Skriv hvorfor Anders tar pause. Én setning er nok.'],
  ]);
  assert.equal(problems({ returns: 'snart' })[0]?.[0], 'returns');
  assert.equal(problems({ returns: '10.2.26' })[0]?.[0], 'returns');
  assert.equal(problems({ returns: '11.2.2029' })[0]?.[0], 'returns');
  assert.deepEqual(problems({ returns: '10.2.2029' }), []);
  assert.equal(problems({ starts: 'later' })[0]?.[0], 'startsOn');
  assert.equal(problems({ starts: 'later', startsOn: '10.2.26' })[0]?.[0], 'startsOn');
  assert.equal(problems({ starts: 'later', startsOn: '11.2.2027' })[0]?.[0], 'startsOn');
  assert.equal(problems({ starts: 'later', startsOn: '1.8.26', returns: '1.8.26' })[0]?.[0], 'returns');
  assert.equal(problems({ reason: 'å'.repeat(501) })[0]?.[0], 'reason');
  assert.deepEqual(problems({ reason: '🙂'.repeat(500) }), []);
});

test('a date without a year is the first one after the day on which the pause begins', () => {
  const dates = (changes: Partial<Typed>) => {
    const { startsOn, returns, problems: wrong } = check(nb, typed(changes), today, 'Anders');
    return [startsOn, returns, wrong.length];
  };
  assert.deepEqual(dates({ starts: 'later', startsOn: '1. august', returns: '30. mars' }), [
    '2026-08-01',
    '2027-03-30',
    0,
  ]);
  assert.deepEqual(dates({ starts: 'later', startsOn: '1.8', returns: '1. august' }), ['2026-08-01', '2027-08-01', 0]);
  assert.deepEqual(dates({ returns: '10. februar' }), [null, '2027-02-10', 0]);
  // With a year it is that one, and what is said counts from the first day.
  assert.deepEqual(problems({ starts: 'later', startsOn: '1.8', returns: '1.2.26' }), [
    ['returns', 'Pausen begynner lørdag 1. august. Velg en senere dato.'],
  ]);
});

test('what stands there unchanged is no problem', () => {
  assert.deepEqual(problems({ returns: '4.2.2026' }, { returns: '2026-02-04', reason: 'x' }), []);
  assert.deepEqual(problems({ reason: '' }, { returns: null, reason: null }), []);
  assert.equal(problems({ reason: '' }, { returns: null, reason: 'x' }).length, 1);
});
