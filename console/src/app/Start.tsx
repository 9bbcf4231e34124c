import { Button, Heading } from '@digdir/designsystemet-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { loadConfig } from '../api/config';
import { startSession } from '../api/session';
import { useTexts } from '../texts/language';
import { App } from './App';

const firstDelay = 2_000;
const longestDelay = 30_000;

/**
 * The console, once it knows where its functions are. On a first visit nothing is kept that
 * could say so: without a network it tries again by itself, and says so.
 */
export function Start() {
  const t = useTexts();
  const [state, setState] = useState<'loading' | 'failed' | 'ready'>('loading');
  const [isTrying, setTrying] = useState(false);
  const delay = useRef(firstDelay);
  const running = useRef<Promise<void>>(undefined);

  const start = useCallback((): Promise<void> => {
    running.current ??= loadConfig()
      .then(startSession)
      .then(
        () => setState('ready'),
        () => setState('failed'),
      )
      .finally(() => {
        running.current = undefined;
        setTrying(false);
      });
    return running.current;
  }, []);
  useEffect(() => void start(), [start]);

  useEffect(() => {
    if (state !== 'failed') return;
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const later = () => {
      if (isOver) return;
      timer = setTimeout(() => void start().then(later), delay.current);
      delay.current = Math.min(delay.current * 2, longestDelay);
    };
    later();
    const now = () => void start();
    addEventListener('online', now);
    return () => {
      isOver = true;
      clearTimeout(timer);
      removeEventListener('online', now);
    };
  }, [state, start]);

  if (state === 'ready') return <App />;
  return (
    <main className="start">
      <p className="brand">
        <img src="/icon.svg" alt="" width="32" height="32" />
        {t.app}
      </p>
      {state === 'failed' ? <Heading level={1}>{t.start_failed}</Heading> : null}
      <p role="status">{state === 'failed' ? t.start_failed_say : t.loading}</p>
      {state === 'failed' ? (
        <div className="actions">
          <Button
            aria-disabled={isTrying}
            onClick={() => {
              setTrying(true);
              void start();
            }}
          >
            {isTrying ? t.loading : t.try_again}
          </Button>
        </div>
      ) : null}
    </main>
  );
}
