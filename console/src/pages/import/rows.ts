// Speaks with the worker that holds the rows.
import { workerAddress } from '../../api/script';
import workerPath from './rows.worker.ts?worker&url';
import type { Answer, ImportRow, Outcome } from './types';

export type Asked =
  { id: number; content: ArrayBuffer } | { id: number; outcome: Outcome | 'all'; from: number; count: number };
export type Told = { id: number; answer: object } | { id: number; rows: ImportRow[] };

let worker: Worker | undefined;
let last = 0;
const waiting = new Map<number, (told: Told) => void>();

function ask(asked: Asked, transfer: Transferable[] = []): Promise<Told> {
  if (!worker) {
    worker = new Worker(workerAddress(workerPath));
    worker.onmessage = ({ data }: MessageEvent<Told>) => {
      waiting.get(data.id)?.(data);
      waiting.delete(data.id);
    };
  }
  return new Promise((resolve) => {
    waiting.set(asked.id, resolve);
    worker?.postMessage(asked, transfer);
  });
}

/** Reads an answer; its rows stay with the worker. */
export async function open(content: ArrayBuffer): Promise<Answer> {
  const told = await ask({ id: ++last, content }, [content]);
  return 'answer' in told ? (told.answer as Answer) : Promise.reject(new Error('no answer'));
}

export async function rowsOf(outcome: Outcome | 'all', from: number, count: number): Promise<ImportRow[]> {
  const told = await ask({ id: ++last, outcome, from, count });
  return 'rows' in told ? told.rows : [];
}

/** Forgets the rows. */
export function close(): void {
  worker?.terminate();
  worker = undefined;
  waiting.clear();
}
