// The import that one is in the middle of. The file stays in memory, and is not kept on the
// device: it may hold what nobody may keep. What was chosen about it is kept, so that the
// same file goes on where one left.
import { useSyncExternalStore } from 'react';
import { call, text } from '../../api/client';
import { newKey } from '../../api/clock';
import { whenLeft } from '../../api/session';
import { draft, keepDraft } from '../../api/store';
import { close, open } from './rows';
import type { Answer, Column } from './types';

export interface Choices {
  name: string; // of the file
  chapter: string | null;
  source: string;
  mapping: Record<string, string> | null; // null: what is remembered for such a file
  chosen: Record<string, string>; // by header, what was changed since
}

export interface Work extends Choices {
  file: Blob | null;
  at: 'kolonner' | 'forhandsvisning'; // the furthest step of this file
  answer: Answer | null;
  version: number; // of the rows
  isOutdated: boolean; // something changed between the preview and entering it
  done: Answer | null;
  key: string; // with which it is entered
}

const nothing: Work = {
  name: '',
  chapter: null,
  source: '',
  mapping: null,
  chosen: {},
  file: null,
  at: 'kolonner',
  answer: null,
  version: 0,
  isOutdated: false,
  done: null,
  key: '',
};
const form = 'import';
const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

let work = nothing;
let owner = '';
const listeners = new Set<() => void>();

function set(changed: Partial<Work>): void {
  work = { ...work, ...changed };
  for (const listener of listeners) listener();
}

export function useWork(): Work {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => work,
  );
}

function keep(): void {
  const { name, chapter, source, mapping, chosen } = work;
  void keepDraft(owner, form, name ? { name, chapter, source, mapping, chosen } : null);
}

// The file may be a list of everybody.
whenLeft(() => {
  owner = '';
  work = nothing;
  close();
});

/** Takes up what this person left. Somebody else's is not theirs. */
export async function takeUp(me: string): Promise<void> {
  if (owner !== me) {
    owner = me;
    work = nothing;
    close();
  }
  if (work.name) return;
  const kept = (await draft(me, form).catch(() => undefined)) as Choices | undefined;
  if (kept && owner === me && !work.name) set({ ...kept, chosen: kept.chosen ?? {} });
}

export function startOver(): void {
  close();
  set({ ...nothing, chapter: work.chapter, source: work.source });
  keep();
}

export function choose(changed: Partial<Pick<Work, 'chapter' | 'source'>>): void {
  set(changed);
  if (work.name) keep();
}

function queryOf(more: Record<string, string | undefined> = {}): string {
  return text({
    chapter_id: work.chapter ?? undefined,
    source: work.source.trim() || undefined,
    mapping: work.mapping ? JSON.stringify(work.mapping) : undefined,
    ...more,
  });
}

async function post(query: string, file: Blob, headers: Record<string, string> = {}): Promise<Answer> {
  const asked = owner;
  const answer = await call('import', { method: 'POST', query, file, headers });
  const content = await answer.arrayBuffer();
  if (owner !== asked) throw new Error('whoever asked has left');
  return open(content);
}

async function dryRun(file: Blob, isOutdated = false): Promise<void> {
  const answer = await post(queryOf(), file);
  set({ answer, version: work.version + 1, isOutdated, done: null, key: newKey() });
}

/** Has a file judged. Choices for another file don't hold for it. */
export async function read(file: File): Promise<void> {
  const content = new Blob([file], { type: /\.xlsx$/i.test(file.name) ? xlsx : 'text/csv' });
  const { name, mapping, chosen } = work;
  const asked = owner;
  if (file.name !== name) set({ mapping: null, chosen: {} });
  set({ name: file.name, file: null, answer: null, done: null, at: 'kolonner' });
  try {
    await dryRun(content);
  } catch (error) {
    // A file that can't be read is none that one is in the middle of.
    if (owner === asked) set({ name, mapping, chosen });
    throw error;
  }
  set({ file: content });
  keep();
}

/** What a column means, kept at once: one may leave before the preview. */
export function pick(header: string, field: string): void {
  set({ chosen: { ...work.chosen, [header]: field } });
  keep();
}

/** The columns are settled: the preview is where one goes on. */
export function settle(): void {
  set({ at: 'forhandsvisning' });
}

/** The same file again, with other columns. */
export async function map(columns: Column[]): Promise<void> {
  if (!work.file) return;
  const chosen = new Map(Object.entries(work.chosen));
  const mapping: Record<string, string> = {};
  for (const { header, field, problem } of columns) {
    if (!header || problem) continue;
    mapping[header] = chosen.get(header) ?? field ?? '';
  }
  set({ mapping });
  keep();
  await dryRun(work.file);
}

/** Enters what the preview showed. False: it no longer holds, and there is another one. */
export async function enter(): Promise<boolean> {
  const { file, answer, key } = work;
  if (!file || !answer) return false;
  const done = await post(queryOf({ preview: answer.preview }), file, { 'idempotency-key': key });
  set({ done, version: work.version + 1 });
  void keepDraft(owner, form, null);
  return true;
}

export async function judgeAgain(): Promise<void> {
  if (work.file) await dryRun(work.file, true);
}

/** The refused rows as a file that says why. */
export async function refusedRows(): Promise<Blob> {
  if (!work.file) throw new Error('no file');
  const answer = await call('import', { method: 'POST', query: queryOf({ format: 'csv' }), file: work.file });
  return answer.blob();
}

export async function template(format: string, language: string): Promise<Blob> {
  const answer = await call('import', {
    method: 'GET',
    query: text({ format }),
    headers: { 'accept-language': language },
  });
  return answer.blob();
}
