// The language: what was chosen on this device, else that of the browser.
import { useSyncExternalStore } from 'react';
import { en } from './en';
import { nb, type Texts } from './nb';
import { nn } from './nn';

export type Language = 'nb' | 'nn' | 'en';
export const catalogues: Record<Language, Texts> = { nb, nn, en };

const storageKey = 'console.language';

function preferred(): Language {
  try {
    const chosen = localStorage.getItem(storageKey);
    if (chosen === 'nb' || chosen === 'nn' || chosen === 'en') return chosen;
  } catch {
    // without storage the browser decides
  }
  for (const language of typeof navigator === 'undefined' ? [] : navigator.languages) {
    const code = language.toLowerCase().slice(0, 2);
    if (code === 'nn') return 'nn';
    if (code === 'nb' || code === 'no') return 'nb';
    if (code === 'en') return 'en';
  }
  return 'nb';
}

let current: Language = preferred();
const listeners = new Set<() => void>();

export function chooseLanguage(language: Language): void {
  current = language;
  document.documentElement.lang = language;
  try {
    localStorage.setItem(storageKey, language);
  } catch {
    // it holds until the page is closed
  }
  for (const listener of listeners) listener();
}

export function useLanguage(): Language {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}

export function useTexts(): Texts {
  return catalogues[useLanguage()];
}

/** The texts of one page, which come with it. */
export function useOwnTexts<T>(own: Record<Language, T>): T {
  return own[useLanguage()];
}

export function language(): Language {
  return current;
}
