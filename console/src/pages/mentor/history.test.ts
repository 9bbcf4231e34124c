import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LeaveRequest, MentorChange, MentorMessage, MentorPage } from '../../api/types';
import { entriesOf, type Entry, unreached } from './history';

const change = (id: number, at: string, from: string, to: string, more: Partial<MentorChange> = {}) =>
  ({
    id,
    pause_record_id: 'pause',
    from_status: from,
    to_status: to,
    record_version: id,
    occurred_at: at,
    ...more,
  }) as MentorChange;
const message = (kind: string, at: string, more: Partial<MentorMessage> = {}) =>
  ({
    notification_id: `${kind} ${at}`,
    kind,
    created_at: at,
    attempted_at: at,
    recipient_id: 'jonas',
    recipient_name: 'Jonas',
    recipient_role: 'coordinator',
    channel: 'inbox',
    outcome: 'delivered',
    ...more,
  }) as MentorMessage;
const request = (id: string, at: string, more: Partial<LeaveRequest> = {}) =>
  ({ id, kind: 'pause', state: 'accepted', created_at: at, answered_at: at, ...more }) as LeaveRequest;
const page = (parts: Partial<MentorPage>) => ({
  cursor: undefined,
  page: {
    pause_record: null,
    closed_pauses: [],
    timeline: [],
    sent: [],
    next_cursor: null,
    ...parts,
  } as unknown as MentorPage,
});
const names = (entries: Entry[]) =>
  entries.map((entry) =>
    entry.is === 'change' ? entry.change.id : entry.is === 'request' ? entry.request.id : entry.kind,
  );

test('everything is in one order, and a message is told with what it belongs to', () => {
  const entries = entriesOf(
    [
      page({
        timeline: [
          change(2, '2026-03-10T10:00:00Z', 'paused', 'active'),
          change(1, '2026-01-10T10:00:00Z', 'active', 'paused'),
        ],
        sent: [
          message('mentor_reactivated', '2026-03-10T10:00:00Z'),
          message('return_due', '2026-03-03T02:00:00Z'),
          message('mentor_paused', '2026-01-10T10:00:00Z', { channel: 'email', outcome: 'failed' }),
          message('mentor_paused', '2026-01-10T10:00:00Z'),
          message('leave_answered', '2026-01-09T10:00:01Z'),
          message('leave_requested', '2026-01-08T10:00:00Z'),
        ],
      }),
    ],
    [
      request('open', '2026-03-11T10:00:00Z', { state: 'open', answered_at: null }),
      request('asked', '2026-01-08T10:00:00Z', { answered_at: '2026-01-09T10:00:00Z' }),
    ],
  );
  assert.deepEqual(names(entries), [2, 'return_due', 1, 'asked']);
  assert.deepEqual(
    entries.map(({ told }) => told.map(({ name, arrived, failed }) => [name, arrived, failed.length])),
    [[['Jonas', ['inbox'], 0]], [['Jonas', ['inbox'], 0]], [['Jonas', ['inbox'], 1]], [['Jonas', ['inbox'], 0]]],
  );
  assert.deepEqual(
    entries.map(({ told }) => unreached(told).length),
    [0, 0, 1, 0],
  );
});

test('a message goes with the nearest change of its kind, and with none that is far away', () => {
  const entries = entriesOf(
    [
      page({
        timeline: [
          change(3, '2026-01-10T10:00:20Z', 'active', 'paused', { pause_record_id: 'second' }),
          change(2, '2026-01-10T10:00:10Z', 'paused', 'active'),
          change(1, '2026-01-10T10:00:00Z', 'active', 'paused'),
        ],
        sent: [
          message('mentor_paused', '2026-01-10T10:00:20Z', { recipient_id: 'second' }),
          message('mentor_paused', '2026-01-10T10:00:00Z', { recipient_id: 'first' }),
          message('mentor_paused', '2025-01-10T10:00:00Z'),
        ],
      }),
    ],
    [],
  );
  assert.deepEqual(names(entries), [3, 2, 1, 'mentor_paused']);
  assert.deepEqual(
    entries.map(({ told }) => told.map(({ id }) => id)),
    [['second'], [], ['first'], ['jonas']],
  );
});

test('an amendment says what became of the date as far as that is known', () => {
  const amended = (returnOn: string | null) =>
    entriesOf(
      [
        page({
          pause_record: { id: 'pause', expected_return_date: returnOn } as MentorPage['pause_record'],
          timeline: [
            change(3, '2026-02-02T10:00:00Z', 'paused', 'paused'),
            change(2, '2026-02-01T10:00:00Z', 'paused', 'paused'),
            change(1, '2026-01-01T10:00:00Z', 'active', 'paused'),
          ],
          sent: [
            message('return_changed', '2026-02-02T10:00:00Z'),
            message('return_changed', '2026-02-01T10:00:00Z'),
            message('mentor_paused', '2026-01-01T10:00:00Z'),
          ],
        }),
      ],
      [],
    ).map((entry) => entry.is === 'change' && [entry.isReturnChanged, entry.returnOn]);
  assert.deepEqual(amended('2026-05-01'), [
    [true, '2026-05-01'],
    [true, undefined],
    [false, undefined],
  ]);
  assert.deepEqual(amended(null), [
    [true, null],
    [true, undefined],
    [false, undefined],
  ]);
});

test('the last amendment says no date that an earlier one was told with', () => {
  const [last, first] = entriesOf(
    [
      page({
        pause_record: { id: 'pause', expected_return_date: '2026-05-01' } as MentorPage['pause_record'],
        timeline: [
          change(3, '2026-02-02T10:00:00Z', 'paused', 'paused'),
          change(2, '2026-02-01T10:00:00Z', 'paused', 'paused'),
        ],
        sent: [message('return_changed', '2026-02-01T10:00:00Z')],
      }),
    ],
    [],
  );
  assert.ok(last?.is === 'change' && !last.isReturnChanged && last.returnOn === undefined);
  assert.ok(first?.is === 'change' && first.isReturnChanged && first.returnOn === undefined);
});

test('a pause that is over stands with the change that ended it', () => {
  const closed = { id: 'pause', version: 2, expected_return_date: null } as MentorPage['closed_pauses'][number];
  const entries = entriesOf(
    [
      page({ next_cursor: 'on' }),
      {
        ...page({
          closed_pauses: [closed],
          timeline: [
            change(2, '2026-03-10T10:00:00Z', 'paused', 'active'),
            change(1, '2026-01-10T10:00:00Z', 'active', 'paused'),
          ],
        }),
        cursor: 'on',
      },
    ],
    [],
  );
  assert.deepEqual(
    entries.map((entry) => entry.is === 'change' && entry.ended),
    [{ pause: closed, cursor: 'on' }, undefined],
  );
});

test('nothing is shown before what belongs above it has been read', () => {
  const day = (n: number) => new Date(Date.UTC(2026, 0, 1) - n * 86_400_000).toISOString();
  const sent = Array.from({ length: 25 }, (_, n) => message('return_due', day(n)));
  const first = page({ timeline: [change(1, day(100), 'active', 'paused')], sent, next_cursor: 'on' });
  const asked = request('asked', day(50));
  assert.equal(entriesOf([first], [asked]).length, 25);
  const second = { ...page({ sent: [message('return_overdue', day(60))] }), cursor: 'on' };
  assert.deepEqual(names(entriesOf([first, second], [asked])).slice(25), ['asked', 'return_overdue', 1]);

  const changes = Array.from({ length: 50 }, (_, n) => change(100 - n, day(2 * n), 'paused', 'paused'));
  const log = page({ timeline: changes, sent: [message('return_due', day(99))], next_cursor: 'on' });
  assert.equal(entriesOf([log], []).length, 50);
});

test('weekly overviews in a row are one', () => {
  const weekly = (day: string, more: Partial<MentorMessage> = {}) =>
    message('weekly_digest', `2026-01-${day}T06:00:00Z`, more);
  const entries = entriesOf(
    [
      page({
        timeline: [change(1, '2026-01-10T10:00:00Z', 'active', 'paused')],
        sent: [weekly('19', { channel: 'email', recipient_id: 'marit' }), weekly('12'), weekly('05')],
      }),
    ],
    [],
  );
  assert.deepEqual(
    entries.map((entry) => [entry.is === 'message' && entry.times, entry.told.map(({ id }) => id).join()]),
    [
      [2, 'marit,jonas'],
      [false, ''],
      [1, 'jonas'],
    ],
  );
});
