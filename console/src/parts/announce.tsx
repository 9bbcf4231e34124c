// One polite message at a time for those who hear the page, and what was done for those who see it.
import { CheckmarkCircleIcon } from '@navikt/aksel-icons';
import { useEffect, useSyncExternalStore } from 'react';
import { useLocation } from 'wouter';
import { whenLeft } from '../api/session';
import { Icon } from './Icon';

let said = '';
let shown: { text: string; path: string } | null = null;
const listeners = new Set<() => void>();

// It may name somebody.
whenLeft(() => {
  said = '';
  shown = null;
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function announce(text: string): void {
  // The same sentence again is heard only if it differs.
  said = text === said ? `${text}\u00a0` : text;
  for (const listener of listeners) listener();
}

/** Says what was done, also to those who see the page: until they go on to another one. */
export function done(text: string): void {
  shown = { text, path: location.pathname };
  announce(text);
}

/** What was done before one came to this page, or on it. */
export function Done() {
  const [path] = useLocation();
  const now = useSyncExternalStore(subscribe, () => shown);
  const isPast = now !== null && now.path !== path;
  useEffect(() => {
    if (isPast) shown = null;
  }, [isPast]);
  if (!now || isPast) return null;
  return (
    <p className="banner done" data-color="success">
      <Icon of={CheckmarkCircleIcon} small />
      <span>{now.text}</span>
    </p>
  );
}

export function Announcer() {
  const text = useSyncExternalStore(subscribe, () => said);
  return (
    <div role="status" className="unseen" data-announcer="">
      {text}
    </div>
  );
}
