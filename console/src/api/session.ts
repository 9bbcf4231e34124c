// Signing in with Supabase Auth: a code from an e-mail, sessions that renew themselves.
import { GoTrueClient, type Session } from '@supabase/auth-js';
import { useSyncExternalStore } from 'react';
import { config } from './config';
import { noteServerTime } from './clock';
import { wipe } from './store';

export const storageKey = 'console.session';

let auth: GoTrueClient | undefined;
let current: Session | null | undefined;
const listeners = new Set<() => void>();

function set(session: Session | null): void {
  if (session?.access_token === current?.access_token && current !== undefined) return;
  current = session;
  for (const listener of listeners) listener();
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
      const answer = await fetch(input, { ...init, cache: 'no-store' });
      noteServerTime(answer.headers.get('date'));
      return answer;
    },
  });
  auth.onAuthStateChange((event, session) => {
    // A session that can't be renewed without a network is still whose it was.
    if (session || event === 'SIGNED_OUT') set(session);
  });
  const { data } = await auth.getSession();
  set(data.session ?? keptSession());
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
  const session = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
  return session ? { id: session.user.id, email: session.user.email ?? '' } : null;
}

export function userId(): string | null {
  return current?.user.id ?? null;
}

/** A good access token; null when there is none and none can be had now. */
export async function accessToken(): Promise<string | null> {
  if (!auth) return null;
  const { data } = await auth.getSession();
  return data.session?.access_token ?? null;
}

/** Renews the session after a token was refused. */
export async function renew(): Promise<boolean> {
  const { data } = (await auth?.refreshSession()) ?? { data: { session: null } };
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
  const { error } = (await auth?.verifyOtp({ email, token, type: 'email' })) ?? { error: null };
  if (!error) return 'signed in';
  if (error.status === 429) return 'wait';
  if (!error.status || error.status >= 500) return 'offline';
  return 'wrong';
}

/** Signs out here, and removes everything that was kept; also without a network. */
export async function signOut(): Promise<void> {
  await auth?.signOut({ scope: 'local' }).catch(() => undefined);
  await wipe();
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith('console.')) localStorage.removeItem(key);
    sessionStorage.clear();
  } catch {
    // nothing was kept
  }
  set(null);
}
