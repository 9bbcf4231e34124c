import assert from 'node:assert/strict';
import test from 'node:test';
import { Heights } from './heights';

const total = (heights: Heights, chunks: number) =>
  Array.from({ length: chunks }, (_, n) => heights.of(n)).reduce((sum, height) => sum + height, 0);

test('the first chunk that is shown says how high the others are', () => {
  const heights = new Heights(20_003, 5);
  heights.show(0, 1000);
  assert.equal(heights.of(1), 1000);
  assert.equal(heights.of(4000), 600);
  heights.show(1, 700);
  assert.equal(heights.of(2), 1000);
  heights.forget();
  heights.show(7, 500);
  assert.equal(heights.of(0), 500);
});

test('the chunks that reach into the window are near, those in its middle first', () => {
  const heights = new Heights(20_000, 5);
  heights.show(0, 1000);
  assert.deepEqual(heights.near(0, 800, 700), { first: 0, last: 1, order: [0, 1], above: 0, below: 3_998_000 });
  const near = heights.near(1_000_300, 800, 700);
  assert.deepEqual([near.first, near.last, near.order], [999, 1001, [1000, 1001, 999]]);
  assert.equal(near.above, 999_000);
});

test('what is near, above and below is the whole list, wherever one looks', () => {
  const heights = new Heights(103, 5);
  for (let n = 0; n < 21; n += 2) heights.show(n, 300 + 10 * n);
  for (let from = -2000; from < 12_000; from += 137) {
    const { first, last, order, above, below } = heights.near(from, 780, 700);
    const shown = order.reduce((sum, n) => sum + heights.of(n), 0);
    assert.equal(above + shown + below, total(heights, 21), `at ${from}`);
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      Array.from({ length: last - first + 1 }, (_, at) => first + at),
    );
  }
});

test('a list of one row is near from anywhere', () => {
  const heights = new Heights(1, 5);
  assert.deepEqual(heights.near(-5000, 780, 700), { first: 0, last: 0, order: [0], above: 0, below: 0 });
  assert.deepEqual(heights.near(5000, 780, 700).order, [0]);
});
