import assert from 'node:assert/strict';
import { test } from 'node:test';
import { device, newKey, noteServerTime, serverNow } from './clock';

test('the time is the server’s, however wrong the device’s clock is', () => {
  device.now = () => Date.parse('2020-01-01T00:00:00Z');
  noteServerTime('Tue, 10 Feb 2026 12:00:00 GMT');
  assert.equal(serverNow(), Date.parse('2026-02-10T12:00:00Z'));
  device.now = () => Date.parse('2020-01-01T00:01:00Z');
  assert.equal(serverNow(), Date.parse('2026-02-10T12:01:00Z'));
  noteServerTime(null);
  noteServerTime('nonsense');
  assert.equal(serverNow(), Date.parse('2026-02-10T12:01:00Z'));
});

test('a key is a UUID of version 7 that says when it was made', () => {
  const at = Date.parse('2026-02-10T12:00:00.123Z');
  const key = newKey(at);
  assert.match(key, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(Number.parseInt(key.replaceAll('-', '').slice(0, 12), 16), at);
  assert.notEqual(newKey(at), key);
});
