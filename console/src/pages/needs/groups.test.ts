import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RosterMentor } from '../../api/types';
import { groupOf, sorted } from './groups';

const today = '2026-02-10';
const mentor = (changes: Partial<RosterMentor>) =>
  ({
    mentor_id: 'x',
    status: 'paused',
    expected_return_date: null,
    certification_expires_on: null,
    coordinators: [],
    ...changes,
  }) as unknown as RosterMentor;

test('each mentor is in the most urgent group, or in none', () => {
  const group = (changes: Partial<RosterMentor>, startedOn: string | null = '2026-01-01') =>
    groupOf(mentor(changes), today, startedOn);
  assert.equal(group({ expected_return_date: '2026-02-09' }), 'late');
  assert.equal(group({ expected_return_date: '2026-02-10' }), 'returning');
  assert.equal(group({ expected_return_date: '2026-02-17' }), 'returning');
  assert.equal(group({ expected_return_date: '2026-02-18' }), null);
  assert.equal(group({}, '2025-11-12'), 'open');
  assert.equal(group({}, '2025-11-13'), null);
  assert.equal(group({ status: 'expired_cert', expected_return_date: '2026-02-09' }), 'expired');
  assert.equal(group({ status: 'active' }), null);
  assert.equal(group({ status: 'active', certification_state: 'expiring' }), 'expiring');
  assert.equal(group({ status: 'expired_cert', open_request: { id: 'x', kind: 'pause' } }), 'asks');
});

test('one’s own come first, then the oldest', () => {
  const mine = [{ id: 'me', display_name: 'Marit' }];
  const list = [
    mentor({ mentor_id: 'a', expected_return_date: '2026-02-01' }),
    mentor({ mentor_id: 'b', expected_return_date: '2026-02-05', coordinators: mine }),
    mentor({ mentor_id: 'c', expected_return_date: '2026-01-01' }),
    mentor({ mentor_id: 'd', expected_return_date: '2026-02-03', coordinators: mine }),
  ];
  assert.deepEqual(
    sorted(list, 'me').map(({ mentor_id }) => mentor_id),
    ['d', 'b', 'c', 'a'],
  );
});
