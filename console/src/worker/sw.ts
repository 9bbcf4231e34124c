// The service worker: keeps every file of its version, so that the console opens without a
// network. It never takes over by itself; the page asks for it when its user wants to. Files
// of the version before stay, because other tabs may still run it.
export {};

declare const VERSION: string;
declare const FILES: string[];

const worker = self as unknown as {
  addEventListener(type: string, listener: (event: never) => void): void;
  skipWaiting(): Promise<void>;
  location: Location;
};
const prefix = 'console-';
const mine = prefix + VERSION;
const settings = '/config.json';

type Extendable = { waitUntil(work: Promise<unknown>): void };
type Fetched = Extendable & { request: Request; respondWith(answer: Promise<Response>): void };

worker.addEventListener('install', (event: Extendable) => {
  event.waitUntil(
    caches
      .open(mine)
      .then((cache) => cache.addAll([...FILES, settings].map((path) => new Request(path, { cache: 'no-cache' })))),
  );
});

worker.addEventListener('activate', (event: Extendable) => {
  event.waitUntil(
    caches.keys().then(async (names) => {
      const others = names.filter((name) => name.startsWith(prefix) && name !== mine);
      // In the order in which they were made: the last one is that of the tabs still open.
      await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
    }),
  );
});

worker.addEventListener('message', (event: { data: unknown }) => {
  if (event.data === 'take over') void worker.skipWaiting();
});

async function page(request: Request): Promise<Response> {
  const kept = await (await caches.open(mine)).match('/');
  return kept ?? fetch(request);
}

async function file(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

const patience = 600; // ms

/**
 * Fetches the page again, for the headers that have come with other addresses: its policy names
 * those that it may call. False when it is the page of another version, which brings its own.
 */
async function renewPage(cache: Cache): Promise<boolean> {
  const [fetched, kept] = await Promise.all([fetch('/', { cache: 'no-cache' }), cache.match('/')]);
  if (!fetched.ok || !kept || (await fetched.clone().text()) !== (await kept.text())) return false;
  await cache.put('/', fetched);
  return true;
}

// The addresses of the functions may change without a new version, so the network is asked; but
// on a poor line nobody waits for what is nearly always the same. The page and its addresses
// are kept together: whoever asks with the page of before is told to load the new one.
async function configuration(event: Fetched): Promise<Response> {
  const { request } = event;
  const cache = await caches.open(mine);
  const kept = await cache.match(request);
  if (!kept) return fetch(request);
  const fetched = fetch(request).then(async (answer) => {
    const text = await answer.text();
    if (!answer.ok || text === (await kept.clone().text()) || !(await renewPage(cache))) return kept.clone();
    const headers = { 'content-type': 'application/json' };
    await cache.put(request, new Response(text, { headers }));
    return new Response(text, { headers: { ...headers, 'x-page-is-old': 'true' } });
  });
  // When it comes late, nobody waits for it any more: it is kept all the same, for the next time.
  event.waitUntil(fetched.catch(() => undefined));
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(kept.clone()), patience));
  return Promise.race([fetched.catch(() => kept.clone()), late]);
}

worker.addEventListener('fetch', (event: Fetched) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== worker.location.origin) return;
  if (/^\/(functions|auth|rest)\/v1\//.test(url.pathname)) return; // in development, on the same origin
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (url.pathname.startsWith('/assets/') || FILES.includes(url.pathname)) event.respondWith(file(request));
  else if (url.pathname === settings) event.respondWith(configuration(event));
});
