import assert from 'node:assert/strict';
import test from 'node:test';
import { addsUp } from './judge';

test('the numbers of who came and left do not always add up', () => {
  assert.ok(addsUp({ registered_start: 10, joined: 3, left: 1, registered_end: 12 }));
  for (const [who, numbers] of Object.entries({
    'began on the first day': { registered_start: 1, joined: 1, left: 0, registered_end: 1 },
    'had their last day on the day before': { registered_start: 0, joined: 0, left: 1, registered_end: 0 },
    'left twice': { registered_start: 1, joined: 1, left: 1, registered_end: 0 },
    'came twice': { registered_start: 0, joined: 1, left: 1, registered_end: 1 },
  })) {
    assert.ok(!addsUp(numbers), who);
  }
});
