// Signing in with Supabase Auth: a code from an e-mail, after it one from an app where the
// account has a second factor, and sessions that renew themselves.
import { GoTrueClient, isAuthApiError, type Session } from '@supabase/auth-js';
import { useSyncExternalStore } from 'react';
import { config } from './config';
import { noteServerTime } from './clock';
import { removeAnswers, wipe } from './store';

export const storageKey = 'console.session';

const patience = 20_000; // ms

let auth: GoTrueClient | undefined;
let current: Session | null | undefined;
let half: Session | null = null; // whose second factor has not been asked for yet
let hasEnded = false; // without being asked to
let isLeaving = false;
let left: Promise<void> | undefined; // when the client has forgotten the session
const listeners = new Set<() => void>();
let last: string | null = null; // who was here last
const forgetters = new Set<() => void>();

/** Has something in memory forgotten when its person signs out, or another one signs in. */
export function whenLeft(forget: () => void): void {
  forgetters.add(forget);
}

function forgetAll(): void {
  for (const forget of forgetters) forget();
}

function set(session: Session | null): void {
  if (isLeaving && session) return; // renewed while it was being removed
  const isHalf = session !== null && factorOf(session) !== null;
  const whole = isHalf ? null : session;
  const isSame = (one: Session | null | undefined, other: Session | null) => one?.access_token === other?.access_token;
  if (current !== undefined && isSame(current, whole) && isSame(half, isHalf ? session : null)) return;
  hasEnded = !session && Boolean(current) && !isLeaving;
  current = whole;
  half = isHalf ? session : null;
  // Without a session nobody may look at what was read. What was typed stays for its user.
  if (!session && !isLeaving) void removeAnswers();
  if (session) {
    // Whoever signs in again goes on.
    if (last !== null && last !== session.user.id) forgetAll();
    last = session.user.id;
  }
  for (const listener of listeners) listener();
}

/** The TOTP factor that a session still has to be raised with; null when it needs none. */
function factorOf(session: Session): string | null {
  const factor = session.user.factors?.find(
    ({ factor_type, status }) => factor_type === 'totp' && status === 'verified',
  );
  if (!factor) return null;
  try {
    const part = session.access_token.split('.')[1] ?? '';
    const claims = JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/'))) as { aal?: string };
    return claims.aal === 'aal2' ? null : factor.id;
  } catch {
    return factor.id;
  }
}

/**
 * An answer with a session, without the moment at which it ends: the client then counts from
 * its own clock, so that one that is wrong by a day neither renews for each request nor trusts
 * a token that has ended.
 */
async function byOwnClock(answer: Response): Promise<Response> {
  const body = (await answer.json()) as Record<string, unknown>;
  delete body.expires_at;
  return new Response(JSON.stringify(body), { status: answer.status, headers: answer.headers });
}

export async function startSession(): Promise<void> {
  auth = new GoTrueClient({
    url: `${config().supabase_url}/auth/v1`,
    headers: { apikey: config().publishable_key },
    storageKey,
    autoRefreshToken: true,
    persistSession: true,
    detectSessionInUrl: false,
    fetch: async (input, init) => {
      const answer = await fetch(input, {
        ...init,
        cache: 'no-store',
        signal: init?.signal ?? AbortSignal.timeout(patience),
      });
      noteServerTime(answer.headers.get('date'));
      return answer.ok && /\/(token|verify)(\?|$)/.test(String(input)) ? byOwnClock(answer) : answer;
    },
  });
  auth.onAuthStateChange((event, session) => {
    // A session that can't be renewed without a network is still whose it was.
    if (session || event === 'SIGNED_OUT') set(session);
  });
  // Another tab signs in and out for this one too, also without a network.
  addEventListener('storage', ({ key }) => {
    if (key === storageKey || key === null) set(keptSession());
  });
  // Renewing can take long on a poor line, and who is here is known before.
  const kept = keptSession();
  if (kept) set(kept);
  const renewed = auth.getSession().then(({ data }) => set(data.session ?? keptSession()));
  if (!kept) await renewed;
}

/** The session as it was kept: without a network it says who is here, and nothing more. */
function keptSession(): Session | null {
  try {
    const kept = JSON.parse(localStorage.getItem(storageKey) ?? 'null') as Session | null;
    return kept?.user ? kept : null;
  } catch {
    return null;
  }
}

export function useUser(): { id: string; email: string } | null {
  const session = useSyncExternalStore(subscribe, () => current);
  return session ? { id: session.user.id, email: session.user.email ?? '' } : null;
}

export function userId(): string | null {
  return current?.user.id ?? null;
}

/** Whether the session ended by itself; not when its user signed out here. */
export function useEnded(): boolean {
  return useSyncExternalStore(subscribe, () => hasEnded);
}

/** Whether the code from the e-mail was right, and the second factor comes now. */
export function useHalf(): boolean {
  return useSyncExternalStore(subscribe, () => half !== null);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A good access token of a person; null when none can be had now. */
export async function accessToken(user: string): Promise<string | null> {
  if (!auth) return null;
  const { data } = await auth.getSession();
  // By now somebody else may be here, in another tab too.
  return data.session?.user.id === user && userId() === user ? data.session.access_token : null;
}

/** Renews the session after a token was refused. */
export async function renew(): Promise<boolean> {
  if (!auth) return false;
  const { data, error } = await auth.refreshSession();
  // The client would keep a session whose token is good by its clock, though the server takes
  // neither that token nor the one to renew it with. What was typed stays for its user.
  if (isAuthApiError(error) && error.status < 500 && error.status !== 429) {
    await auth.signOut({ scope: 'local' }).catch(() => undefined);
  }
  return data.session !== null;
}

export type CodeOutcome = { outcome: 'sent' } | { outcome: 'wait'; seconds: number } | { outcome: 'offline' };

/**
 * Has a code sent. Known, unknown and unconfirmed addresses have the same outcome, so that
 * nobody learns who is registered.
 */
export async function requestCode(email: string): Promise<CodeOutcome> {
  const { error } = (await auth?.signInWithOtp({ email, options: { shouldCreateUser: false } })) ?? { error: null };
  if (!error) return { outcome: 'sent' };
  if (error.status === 429) {
    const seconds = Number(/(\d+) seconds?/.exec(error.message)?.[1] ?? 60);
    return { outcome: 'wait', seconds };
  }
  if (!error.status || error.status >= 500) return { outcome: 'offline' };
  return { outcome: 'sent' };
}

export type SignInOutcome = 'signed in' | 'wrong' | 'wait' | 'offline';

export async function signIn(email: string, token: string): Promise<SignInOutcome> {
  await left;
  const { error } = (await auth?.verifyOtp({ email, token, type: 'email' })) ?? { error: null };
  if (!error) return 'signed in';
  if (error.status === 429) return 'wait';
  if (!error.status || error.status >= 500) return 'offline';
  return 'wrong';
}

/** Raises the session with the code of the second factor. */
export async function signInFurther(code: string): Promise<SignInOutcome> {
  const factorId = half && factorOf(half);
  if (!auth || !factorId) return 'wrong';
  const { error } = await auth.mfa.challengeAndVerify({ factorId, code });
  if (!error) return 'signed in';
  if (error.status === 429) return 'wait';
  if (!error.status || error.status >= 500) return 'offline';
  return 'wrong';
}

/**
 * Signs out here, and removes everything that was kept, at once and also without a network.
 * What somebody else who used this device has not sent yet stays theirs.
 */
export async function signOut(): Promise<void> {
  const leaving = current ?? half;
  isLeaving = true;
  try {
    if (leaving) await wipe(leaving.user.id);
    for (const key of Object.keys(localStorage)) if (key.startsWith('console.')) localStorage.removeItem(key);
    sessionStorage.clear();
  } catch {
    // nothing was kept
  }
  set(null);
  forgetAll();
  // The client forgets its session too, and tells other tabs; a renewal that is on its way
  // comes before that. The server hears of it if it can be reached.
  left = auth
    ?.signOut({ scope: 'local' })
    .catch(() => undefined)
    .then(() => {
      isLeaving = false;
    });
  if (leaving) void auth?.admin.signOut(leaving.access_token, 'local').catch(() => undefined);
}
