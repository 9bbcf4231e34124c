// What is kept on the device, in IndexedDB: answers to look at without a network, and what
// waits to be sent. Everything belongs to one person, and goes when that person signs out.
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { FunctionName } from './config';

export interface KeptAnswer {
  user: string;
  key: string; // of the query
  etag: string | null;
  body: unknown; // without reasons
  at: number; // the server's time at which it was right
}

export interface Waiting {
  id?: number;
  user: string;
  fn: FunctionName;
  method: 'POST' | 'PATCH' | 'DELETE';
  body: Record<string, unknown>;
  key: string; // of idempotency
  made: number; // the server's time
  does:
    | 'pause'
    | 'pause_many'
    | 'plan'
    | 'amend'
    | 'amend_plan'
    | 'cancel_plan'
    | 'return'
    | 'accept'
    | 'decline'
    | 'ask_pause'
    | 'ask_date'
    | 'ask_return'
    | 'withdraw'
    | 'read'
    | 'keep';
  mentor: { id: string; name: string } | null;
  said?: string; // what it does, in words, of what administrators keep
  names?: Record<string, string>; // of several, by id
  unable?: { name: string; code: string }[]; // of several, those that were refused
  state: 'waiting' | 'ask' | 'refused';
  agreed?: boolean; // that it is sent though it is old
  refusal?: { status: number; code: string; message: string };
}

interface Schema extends DBSchema {
  answers: { key: [string, string]; value: KeptAnswer; indexes: { at: number } };
  outbox: { key: number; value: Waiting };
  drafts: { key: [string, string]; value: { user: string; form: string; values: unknown } };
}

let opened: Promise<IDBPDatabase<Schema> | null> | undefined;

// Without storage (a private window of some browsers) everything works, and nothing is kept.
function database(): Promise<IDBPDatabase<Schema> | null> {
  opened ??= openDB<Schema>('console', 1, {
    upgrade(db) {
      db.createObjectStore('answers', { keyPath: ['user', 'key'] }).createIndex('at', 'at');
      db.createObjectStore('outbox', { keyPath: 'id', autoIncrement: true });
      db.createObjectStore('drafts', { keyPath: ['user', 'form'] });
    },
  }).catch(() => null);
  return opened;
}

const mostAnswers = 400;

export async function keepAnswer(answer: KeptAnswer): Promise<void> {
  const db = await database();
  await db?.put('answers', answer).catch(() => undefined);
}

/** The person's answers. Those of others who used this device are removed, and the oldest. */
export async function keptAnswers(user: string): Promise<KeptAnswer[]> {
  const db = await database();
  if (!db) return [];
  const mine: KeptAnswer[] = [];
  let cursor = await db.transaction('answers', 'readwrite').store.index('at').openCursor(null, 'prev');
  while (cursor) {
    if (cursor.value.user === user && mine.length < mostAnswers) mine.push(cursor.value);
    else await cursor.delete();
    cursor = await cursor.continue();
  }
  return mine;
}

export async function allWaiting(user: string): Promise<Waiting[]> {
  const db = await database();
  return ((await db?.getAll('outbox')) ?? []).filter((item) => item.user === user);
}

/** Keeps what is to be sent, and returns its id once it is safe on the disk. */
export async function addWaiting(item: Waiting): Promise<number | null> {
  const db = await database();
  if (!db) return null;
  try {
    const transaction = db.transaction('outbox', 'readwrite', { durability: 'strict' });
    const id = await transaction.store.add(item);
    await transaction.done;
    return id;
  } catch {
    return null; // the disk is full
  }
}

/** Changes what waits, unless it has been removed meanwhile. */
export async function putWaiting(item: Waiting): Promise<void> {
  const transaction = (await database())?.transaction('outbox', 'readwrite');
  if (!transaction || item.id === undefined) return;
  if (await transaction.store.get(item.id)) await transaction.store.put(item);
  await transaction.done;
}

export async function removeWaiting(id: number): Promise<void> {
  await (await database())?.delete('outbox', id);
}

export async function keepDraft(user: string, form: string, values: unknown): Promise<void> {
  const db = await database();
  if (values === null) await db?.delete('drafts', [user, form]);
  else await db?.put('drafts', { user, form, values });
}

export async function draft(user: string, form: string): Promise<unknown> {
  return (await (await database())?.get('drafts', [user, form]))?.values;
}

/** Removes everything that was read, by whoever. */
export async function removeAnswers(): Promise<void> {
  await (await database())?.clear('answers').catch(() => undefined);
}

/**
 * Removes everything that was read, and what a person wrote. What others have not sent, whose
 * session ended before it could be, is not that person's to throw away.
 */
export async function wipe(user: string): Promise<void> {
  const db = await database();
  if (!db) return;
  await removeAnswers();
  for (const store of ['outbox', 'drafts'] as const) {
    let cursor = await db.transaction(store, 'readwrite').store.openCursor();
    while (cursor) {
      if (cursor.value.user === user) await cursor.delete();
      cursor = await cursor.continue();
    }
  }
}
