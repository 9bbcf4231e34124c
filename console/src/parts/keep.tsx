// What the pages of administrators do: send a command, say what became of it, and show what
// still waits.
import { Alert } from '@digdir/designsystemet-react';
import { useRef, useState } from 'react';
import type { FunctionName } from '../api/config';
import { send, useOutbox } from '../api/outbox';
import { keeping } from '../texts/keeping';
import { useOwnTexts, useTexts } from '../texts/language';
import { announce } from './announce';

export interface Command {
  fn: FunctionName;
  body: Record<string, unknown>;
  said: string; // what it does, as it is shown while it waits
  done: string; // what is heard when it was done
}

export interface Refusal {
  code: string;
  details: string | null;
}

/** Sends commands one at a time. What was refused stays until the next one. */
export function useKeep() {
  const t = useTexts();
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const alert = useRef<HTMLDivElement>(null);
  const busy = useRef(false);

  /** The answer, 'waiting' when there was none yet, or null when it was refused. */
  async function keep<T>({ fn, body, said, done }: Command): Promise<T | 'waiting' | null> {
    if (busy.current) return null;
    busy.current = true;
    setBusy(true);
    setRefusal(undefined);
    const outcome = await send({ fn, method: 'POST', body, does: 'keep', mentor: null, said });
    busy.current = false;
    setBusy(false);
    if (outcome.outcome === 'refused') {
      setRefusal({ code: outcome.code, details: outcome.details ?? null });
      requestAnimationFrame(() => alert.current?.focus());
      return null;
    }
    announce(outcome.outcome === 'waiting' ? t.saved_for_later : done);
    return outcome.outcome === 'waiting' ? 'waiting' : (outcome.body as T);
  }
  return { keep, isBusy, refusal, setRefusal, alert };
}

/** Why it was refused; texts of the page come before those of all pages. */
export function Refusal(props: { keeper: ReturnType<typeof useKeep>; texts?: Record<string, string> }) {
  const k = useOwnTexts(keeping);
  const t = useTexts();
  const { refusal, alert } = props.keeper;
  if (!refusal) return null;
  const { code, details } = refusal;
  return (
    <Alert data-color="danger" ref={alert} tabIndex={-1} role="alert">
      {props.texts?.[`${code} ${details}`] ?? props.texts?.[code] ?? k.refused[code] ?? t.refused_other}
    </Alert>
  );
}

/** What was kept here and is not sent yet. */
export function Pending() {
  const k = useOwnTexts(keeping);
  const waiting = useOutbox().filter((item) => item.does === 'keep' && item.state !== 'refused');
  return waiting.map((item) => (
    <p key={item.id} className="banner" data-color="info">
      {k.waits(item.said ?? '')}
    </p>
  ));
}

/** Where the focus goes when what had it is gone. */
export function focusHeading(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true }));
}
