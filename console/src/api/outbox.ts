// What is written goes through here: kept on the disk first, then sent once, in order, also
// after the browser was killed. The key of each request makes a repeated one harmless.
import { useSyncExternalStore } from 'react';
import { newKey, serverNow } from './clock';
import { call, queries, Refused } from './client';
import { userId } from './session';
import type { ManyResults } from './types';
import { addWaiting, allWaiting, putWaiting, removeWaiting, type Waiting } from './store';

export type { Waiting } from './store';

/** What became of something that was sent: waiting means that there was no answer yet. */
export type Outcome =
  | { outcome: 'done'; body: unknown }
  | { outcome: 'waiting' }
  | { outcome: 'refused'; code: string; message: string; details?: string | null };

const day = 24 * 60 * 60 * 1000;

let items: Waiting[] = [];
let isRead = false;
const listeners = new Set<() => void>();
const awaited = new Map<number, (outcome: Outcome) => void>();
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('console.outbox');

async function look(): Promise<void> {
  const user = userId();
  items = user ? await allWaiting(user) : [];
  isRead = true;
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useOutbox(): Waiting[] {
  return useSyncExternalStore(listen, () => items);
}

/** Whether it is known what waits: nobody may be told before that everything is sent. */
export function useIsOutboxRead(): boolean {
  return useSyncExternalStore(listen, () => isRead);
}

async function changed(): Promise<void> {
  await look();
  channel?.postMessage('changed' satisfies News);
}

type News = 'changed' | { id: number; outcome: Outcome };

/** Tells the form that waits for it, here or in the tab that has it. */
function settle(item: Waiting, outcome: Outcome): void {
  if (item.id === undefined) return;
  const waits = awaited.get(item.id);
  if (!waits) {
    channel?.postMessage({ id: item.id, outcome } satisfies News);
    return;
  }
  waits(outcome);
  awaited.delete(item.id);
}

/** Takes what another tab says. */
async function hear(news: News): Promise<void> {
  const waits = news !== 'changed' && awaited.get(news.id);
  if (waits) {
    awaited.delete(news.id);
    // The form shows what was refused, as if it had been sent from here.
    if (news.outcome.outcome !== 'waiting') await removeWaiting(news.id);
    waits(news.outcome);
  }
  await look();
  void queries.invalidateQueries();
}

/** Who was refused of several at once. */
function unableOf(item: Waiting, body: unknown): { name: string; code: string }[] {
  const { results } = (body ?? {}) as Partial<ManyResults>;
  return (item.names ? (results ?? []) : [])
    .filter(({ outcome }) => outcome === 'refused')
    .map(({ mentor_id, code }) => ({ name: item.names?.[mentor_id] ?? '', code: code ?? '' }));
}

// By what was changed and the version that was seen: the version that a change from here made.
const carried = new Map<string, number>();

function seenIn({ mentor_id, planned_pause_id, expected_version }: Waiting['body']): string {
  return JSON.stringify([mentor_id, planned_pause_id, expected_version]);
}

/** The body with the version that one's own changes have made of the one that was seen. */
function withCarried(body: Waiting['body']): Waiting['body'] {
  const version = body.expected_version === undefined ? undefined : carried.get(seenIn(body));
  return version === undefined ? body : withCarried({ ...body, expected_version: version });
}

/**
 * Whoever changes something twice, before the first change is sent or before its outcome could
 * be read, conflicts with nobody: the second one has seen what the first one made.
 */
async function carryVersion(item: Waiting, answer: unknown): Promise<void> {
  const { pause_record, planned_pause } = (answer ?? {}) as Record<string, { version?: number } | null | undefined>;
  const version = (item.body.planned_pause_id ? planned_pause : pause_record)?.version;
  if (version === undefined || item.body.expected_version === undefined || version === item.body.expected_version)
    return;
  carried.set(seenIn(item.body), version);
  for (const other of await allWaiting(item.user)) {
    const body = withCarried(other.body);
    if (other.id !== item.id && body !== other.body) await putWaiting({ ...other, body });
  }
}

/** Whether it was sent and need not be kept any longer. */
async function deliver(item: Waiting): Promise<boolean> {
  try {
    const answer = await call(item.fn, {
      method: item.method,
      body: item.body,
      headers: { 'idempotency-key': item.key },
      user: item.user,
    });
    const body: unknown = await answer.json().catch(() => null);
    await carryVersion(item, body);
    const unable = unableOf(item, body);
    if (unable.length > 0 && !(item.id !== undefined && awaited.has(item.id))) {
      // Of several at once some were refused, and nobody is there to be told.
      const refusal = { status: answer.status, code: 'some_refused', message: '' };
      await putWaiting({ ...item, state: 'refused', refusal, unable });
    } else if (item.id !== undefined) await removeWaiting(item.id);
    settle(item, { outcome: 'done', body });
    void queries.invalidateQueries();
    return true;
  } catch (error) {
    if (!(error instanceof Refused) || error.status === 401 || error.refusal.code === 'request_in_progress') {
      return false; // later
    }
    const { code, message, details } = error.refusal;
    const somebodyWaits = item.id !== undefined && awaited.has(item.id);
    if (somebodyWaits && item.id !== undefined) {
      await removeWaiting(item.id); // the form shows it, and keeps what was typed
    } else {
      await putWaiting({ ...item, state: 'refused', refusal: { status: error.status, code, message } });
    }
    settle(item, { outcome: 'refused', code, message, details });
    void queries.invalidateQueries();
    return true;
  }
}

async function sendAll(): Promise<void> {
  const user = userId();
  if (!user) return;
  for (;;) {
    const next = (await allWaiting(user)).find((item) => item.state === 'waiting');
    if (!next || userId() !== user) break;
    if (serverNow() - next.made > day && !next.agreed) {
      await putWaiting({ ...next, state: 'ask' });
      await changed();
      continue;
    }
    const isSettled = await deliver(next);
    await changed();
    if (!isSettled) {
      settle(next, { outcome: 'waiting' });
      // What stands behind it waits too.
      for (const item of await allWaiting(user)) settle(item, { outcome: 'waiting' });
      retryLater();
      return;
    }
    delay = firstDelay;
  }
}

const firstDelay = 3_000;
const longestDelay = 60_000;
let delay = firstDelay;
let timer: ReturnType<typeof setTimeout> | undefined;

function retryLater(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void flush(), delay);
  delay = Math.min(delay * 2, longestDelay);
}

let running: Promise<void> | undefined;

/** Sends what waits. Of several tabs one does; the others are told. */
export function flush(): Promise<void> {
  if (running) return running;
  const started = alone(sendAll)
    .catch(() => retryLater())
    .finally(() => {
      running = undefined;
    });
  running = started;
  return started;
}

async function alone(work: () => Promise<void>): Promise<void> {
  if (navigator.locks) await navigator.locks.request('console.outbox', work);
  else await work();
}

/** Keeps something to be sent, sends it, and says what became of it within some seconds. */
export async function send(
  what: Pick<Waiting, 'fn' | 'method' | 'body' | 'does' | 'mentor' | 'names' | 'said'>,
): Promise<Outcome> {
  const user = userId();
  if (!user) return { outcome: 'refused', code: 'unauthenticated', message: '' };
  const made = serverNow();
  const item: Waiting = { ...what, body: withCarried(what.body), user, key: newKey(made), made, state: 'waiting' };
  const id = await addWaiting(item);
  if (id === null) return sendAtOnce(item);
  const settled = new Promise<Outcome>((resolve) => {
    awaited.set(id, resolve);
    setTimeout(() => {
      if (awaited.delete(id)) resolve({ outcome: 'waiting' });
    }, 12_000);
  });
  await changed();
  if (running) void running.then(() => flush());
  else void flush();
  return settled;
}

// Without storage there is nothing that could be sent later.
async function sendAtOnce(item: Waiting): Promise<Outcome> {
  try {
    const answer = await call(item.fn, {
      method: item.method,
      body: item.body,
      headers: { 'idempotency-key': item.key },
      user: item.user,
    });
    void queries.invalidateQueries();
    return { outcome: 'done', body: await answer.json().catch(() => null) };
  } catch (error) {
    if (error instanceof Refused) {
      const { code, message, details } = error.refusal;
      return { outcome: 'refused', code, message, details };
    }
    return { outcome: 'refused', code: 'unreachable', message: '' };
  }
}

export async function discard(item: Waiting): Promise<void> {
  if (item.id !== undefined) await removeWaiting(item.id);
  await changed();
}

/** Sends something old after all, with its key as long as the server takes that one. */
export async function sendAfterAll(item: Waiting): Promise<void> {
  const key = serverNow() - item.made < 2.9 * day ? item.key : newKey();
  await putWaiting({ ...item, state: 'waiting', agreed: true, key });
  await changed();
  void flush();
}

let hasStarted = false;

/** Begins, or goes on for somebody else. */
export async function startOutbox(): Promise<void> {
  delay = firstDelay;
  await look();
  if (hasStarted) return void flush();
  hasStarted = true;
  channel?.addEventListener('message', ({ data }: MessageEvent<News>) => void hear(data));
  addEventListener('online', () => void flush());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void flush();
  });
  void flush();
}
