import assert from 'node:assert/strict';
import { test } from 'node:test';

type Fetched = {
  request: Request;
  respondWith(answer: Promise<Response>): void;
  waitUntil(work: Promise<unknown>): void;
};
const origin = 'https://console.example';
const listeners = new Map<string, (event: Fetched) => void>();
const kept = new Map<string, Response>();
const pathOf = (asked: Request | string) => new URL(typeof asked === 'string' ? asked : asked.url, origin).pathname;
const cache = {
  match: (asked: Request | string) => Promise.resolve(kept.get(pathOf(asked))?.clone()),
  put: (asked: Request | string, answer: Response) => Promise.resolve(kept.set(pathOf(asked), answer)),
};
Object.assign(globalThis, {
  VERSION: 'test',
  FILES: ['/'],
  self: {
    addEventListener: (type: string, listener: (event: Fetched) => void) => listeners.set(type, listener),
    location: { origin },
  },
  caches: { open: () => Promise.resolve(cache), match: cache.match },
});

/** What the page gets that asks for the functions' addresses, and what the worker is kept for. */
async function addresses() {
  let answered: Promise<Response> | undefined;
  const works: Promise<unknown>[] = [];
  listeners.get('fetch')?.({
    request: new Request(`${origin}/config.json`),
    respondWith: (answer) => (answered = answer),
    waitUntil: (work) => works.push(work),
  });
  return { answer: await (await answered)?.text(), works };
}

test('addresses that come after the page has got the kept ones are kept before the worker may stop', async () => {
  await import('./sw');
  kept.set('/', new Response('page'));
  kept.set('/config.json', new Response('before'));
  let arrive: (answer: Response) => void = () => undefined;
  globalThis.fetch = (asked) =>
    pathOf(asked as Request | string) === '/'
      ? Promise.resolve(new Response('page'))
      : new Promise((resolve) => (arrive = resolve));
  const { answer, works } = await addresses();
  assert.equal(answer, 'before');
  assert.equal(works.length, 1, 'nothing is waited for');
  arrive(new Response('moved'));
  await Promise.all(works);
  assert.equal(await kept.get('/config.json')?.clone().text(), 'moved');
});

test('a line that breaks is nothing that the worker fails of', async () => {
  await import('./sw');
  globalThis.fetch = () => Promise.reject(new TypeError('no network'));
  kept.set('/config.json', new Response('before'));
  const { answer, works } = await addresses();
  assert.equal(answer, 'before');
  assert.deepEqual(await Promise.all(works), [undefined]);
});
