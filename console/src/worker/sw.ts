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

type Extendable = { waitUntil(work: Promise<unknown>): void };
type Fetched = { request: Request; respondWith(answer: Promise<Response>): void };

worker.addEventListener('install', (event: Extendable) => {
  event.waitUntil(
    caches.open(mine).then((cache) => cache.addAll(FILES.map((path) => new Request(path, { cache: 'no-cache' })))),
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

// The addresses of the functions may change without a new version, so the network is asked; but
// on a poor line nobody waits for what is nearly always the same.
async function configuration(request: Request): Promise<Response> {
  const cache = await caches.open(mine);
  const fetched = fetch(request).then(async (answer) => {
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  });
  const kept = await cache.match(request);
  if (!kept) return fetched;
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(kept), patience));
  return Promise.race([fetched.catch(() => kept), late]);
}

worker.addEventListener('fetch', (event: Fetched) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== worker.location.origin) return;
  if (/^\/(functions|auth|rest)\/v1\//.test(url.pathname)) return; // in development, on the same origin
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (url.pathname.startsWith('/assets/') || FILES.includes(url.pathname)) event.respondWith(file(request));
  else if (url.pathname === '/config.json') event.respondWith(configuration(request));
});
