import assert from 'node:assert/strict';
import test from 'node:test';
import { surplus } from './judge';

test('somebody who began on the first day is counted as there and as come', () => {
  assert.equal(surplus({ registered_start: 10, joined: 3, left: 1, registered_end: 12 }), 0);
  assert.equal(surplus({ registered_start: 11, joined: 3, left: 1, registered_end: 12 }), 1);
});

test('somebody who left or came twice is counted once', () => {
  assert.equal(surplus({ registered_start: 1, joined: 1, left: 1, registered_end: 0 }), 1);
  assert.equal(surplus({ registered_start: 0, joined: 1, left: 1, registered_end: 1 }), -1);
});
