import assert from 'node:assert/strict';
import test from 'node:test';
import { addsUp } from './judge';

test('somebody who began on the first day is counted as there and as come', () => {
  assert.ok(addsUp({ registered_start: 10, joined: 3, left: 1, registered_end: 12 }));
  assert.ok(!addsUp({ registered_start: 11, joined: 3, left: 1, registered_end: 12 }));
});
