// The service worker's life: a new version waits until its user asks for it.
import { useSyncExternalStore } from 'react';
import { queries } from '../api/client';
import { workerAddress } from '../api/script';

let waiting: ServiceWorker | null = null;
const listeners = new Set<() => void>();

function set(worker: ServiceWorker | null): void {
  waiting = worker;
  for (const listener of listeners) listener();
}

/**
 * Waits until what is shown has come: on a first visit the worker fetches every file, and on a
 * thin line that would hold up the roster.
 */
async function quiet(): Promise<void> {
  const still = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  await still(3000);
  for (let n = 0; n < 30 && queries.isFetching() > 0; n++) await still(1000);
}

export async function startUpdates(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  if (!navigator.serviceWorker.controller) await quiet();
  try {
    const registration = await navigator.serviceWorker.register(workerAddress('/sw.js'), { updateViaCache: 'none' });
    const watch = (worker: ServiceWorker | null) => {
      worker?.addEventListener('statechange', () => {
        // The first worker of all is no new version.
        if (worker.state === 'installed' && navigator.serviceWorker.controller) set(worker);
      });
    };
    if (registration.waiting && navigator.serviceWorker.controller) set(registration.waiting);
    watch(registration.installing);
    registration.addEventListener('updatefound', () => watch(registration.installing));
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') void registration.update().catch(() => undefined);
    });
  } catch {
    // without a worker the page needs its network
  }
}

export function useUpdate(): (() => void) | null {
  const worker = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => waiting,
  );
  if (!worker) return null;
  return () => {
    // Only the tab that asked is loaded again; the others keep their version and its files.
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    worker.postMessage('take over');
  };
}
