import { useSyncExternalStore } from 'react';
import { serverNow } from '../api/clock';
import { config } from '../api/config';
import { dateIn } from '../texts/dates';

/** Today, in the organisation's time zone, by the server's clock. */
export function today(): string {
  return dateIn(config().time_zone, serverNow());
}

export function zone(): string {
  return config().time_zone;
}

// A page that stays open over midnight says tomorrow's "today".
const listeners = new Set<() => void>();
setInterval(() => {
  for (const listener of listeners) listener();
}, 30_000);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useToday(): string {
  return useSyncExternalStore(subscribe, today);
}
