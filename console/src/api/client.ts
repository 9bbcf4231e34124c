// Calls the functions. What was read is kept (package store) and shown while it is asked
// for again by its etag.
import { useSyncExternalStore } from 'react';
import { keepPreviousData, QueryClient, useInfiniteQuery, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { noteServerTime, serverNow } from './clock';
import { config, type FunctionName } from './config';
import { accessToken, renew, userId } from './session';
import { keepAnswer, keptAnswers } from './store';
import type { Refusal } from './types';

/** An answer that refuses. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly refusal: Refusal,
  ) {
    super(refusal.code);
  }
}

/** There was no answer, or one that will be another soon. */
export class Unreachable extends Error {}

// Whether the last thing that was asked for had no answer.
let isOut = false;
const watchers = new Set<() => void>();

function noteNetwork(isLost: boolean): void {
  if (isLost === isOut) return;
  isOut = isLost;
  for (const watcher of watchers) watcher();
}
addEventListener('offline', () => noteNetwork(true));

/** Whether there is no network, as far as one can know: one answer for all of the page. */
export function useOffline(): boolean {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => isOut,
  );
}

const patience = 20_000; // ms
// These may work for as long as a function may.
const slow: Partial<Record<FunctionName, number>> = { 'period-report': 75_000, import: 75_000 };

/** Sends one request, with a token that is renewed once; as nobody but that user. */
export async function call(
  name: FunctionName,
  init: {
    method: string;
    query?: string;
    body?: unknown;
    file?: Blob;
    headers?: Record<string, string>;
    user?: string | null;
  },
): Promise<Response> {
  const user = init.user ?? userId();
  for (let attempt = 0; ; attempt++) {
    let answer: Response;
    try {
      const token = user && (await accessToken(user));
      if (!token) throw new Unreachable('no session');
      const headers: Record<string, string> = { authorization: `Bearer ${token}`, ...init.headers };
      if (init.body !== undefined) headers['content-type'] = 'application/json';
      if (init.file) headers['content-type'] = init.file.type;
      answer = await fetch(config().functions[name] + (init.query ? `?${init.query}` : ''), {
        method: init.method,
        headers,
        body: init.file ?? (init.body === undefined ? null : JSON.stringify(init.body)),
        cache: 'no-store',
        credentials: 'omit',
        signal: AbortSignal.timeout(slow[name] ?? patience),
      });
    } catch (error) {
      if (!(error instanceof Unreachable)) noteNetwork(true);
      throw error instanceof Unreachable ? error : new Unreachable(String(error));
    }
    noteNetwork(false);
    noteServerTime(answer.headers.get('date'));
    if (answer.status === 401 && attempt === 0 && (await renew())) continue;
    if (answer.ok || answer.status === 304) return answer;
    const refusal = (await answer.json().catch(() => null)) as Refusal | null;
    if (!refusal?.code || answer.status >= 500 || answer.status === 429)
      throw new Unreachable(`status ${answer.status}`);
    throw new Refused(answer.status, refusal);
  }
}

/** An answer, when it was right, and whether it is all of it (without reasons, it isn't). */
export interface Reading<T> {
  body: T;
  etag: string | null;
  at: number;
  whole: boolean;
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      networkMode: 'always', // the browser's word about the network is worth little
      retry: (count, error) => error instanceof Unreachable && count < 1,
      retryDelay: 1500,
      staleTime: 5_000,
      gcTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: true,
      refetchOnReconnect: true,
    },
  },
});

export type Query = Record<string, string | number | boolean | undefined>;

export function text(query: Query): string {
  const parameters = new URLSearchParams();
  for (const name of Object.keys(query).sort()) {
    const value = query[name];
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  return parameters.toString();
}

/** A copy without reasons and answers, which may be about somebody's health. */
export function withoutReasons(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutReasons);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'pause_reason' && name !== 'reason' && name !== 'message')
      .map(([name, field]) => [name, withoutReasons(field)]),
  );
}

// Everything that was read, by function and query.
const readings = new Map<string, Reading<unknown>>();

async function fetchReading<T>(name: FunctionName, query: string, isWhole = false): Promise<Reading<T>> {
  const user = userId();
  const key = `${name}?${query}`;
  const kept = readings.get(key) as Reading<T> | undefined;
  const headers: Record<string, string> = kept?.etag && !isWhole ? { 'if-none-match': kept.etag } : {};
  const answer = await call(name, { method: 'GET', query, headers, user });
  const reading: Reading<T> =
    answer.status === 304 && kept
      ? { ...kept, at: serverNow() }
      : { body: (await answer.json()) as T, etag: answer.headers.get('etag'), at: serverNow(), whole: true };
  if (user && user === userId()) {
    readings.set(key, reading);
    const { body, etag, at } = reading;
    void keepAnswer({ user, key, etag, body: withoutReasons(body), at });
  }
  return reading;
}

function kept<T>(name: FunctionName, query: string): Reading<T> | undefined {
  return readings.get(`${name}?${query}`) as Reading<T> | undefined;
}

/** Reads with a function. What is kept is there at once, and asked for again. */
export function useRead<T>(name: FunctionName, query: Query, enabled = true): UseQueryResult<Reading<T>> {
  const asked = text(query);
  return useQuery({
    queryKey: [name, asked],
    enabled,
    queryFn: () => fetchReading<T>(name, asked),
    initialData: () => kept<T>(name, asked),
    initialDataUpdatedAt: 1,
  });
}

/** Reads a list page by page; what another filter showed stays until the first answer. */
export function usePages<T extends { next_cursor: string | null }>(name: FunctionName, query: Query) {
  const asked = text({ ...query, limit: 50 });
  return useInfiniteQuery({
    queryKey: [name, asked, 'pages'],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      fetchReading<T>(name, pageParam ? text({ ...query, limit: 200, cursor: pageParam }) : asked),
    getNextPageParam: (last: Reading<T>) => last.body.next_cursor ?? undefined,
    initialData: () => {
      const first = kept<T>(name, asked);
      return first && { pages: [first], pageParams: [''] };
    },
    initialDataUpdatedAt: 1,
    placeholderData: keepPreviousData,
  });
}

/** Reads all of an answer that is kept without its reasons. */
export async function readWhole<T>(name: FunctionName, query: Query): Promise<Reading<T>> {
  const asked = text(query);
  const user = userId();
  const reading = await fetchReading<T>(name, asked, true);
  // Whoever is here by now asked for nothing.
  if (user === userId()) queries.setQueryData([name, asked], reading);
  return reading;
}

/** Puts what is kept of a person where useRead finds it. */
export async function restore(user: string): Promise<void> {
  const answers = await keptAnswers(user);
  if (user !== userId()) return;
  for (const { key, body, etag, at } of answers) {
    if (!readings.has(key)) readings.set(key, { body, etag, at, whole: false });
  }
}

/** Forgets everything that was read. */
export function forget(): void {
  queries.clear();
  readings.clear();
}
