// Holds the rows of an answer, which may be 20,000, away from the page: it reads the answer
// and hands out the rows that are looked at, so that nothing ever stops under a finger.
import type { Asked, Told } from './rows';
import type { ImportRow, Outcome } from './types';

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<Asked>) => void) | null;
  postMessage: (told: Told) => void;
};
let rows = new Map<Outcome | 'all', ImportRow[]>();

scope.onmessage = ({ data }) => {
  if ('content' in data) {
    const { rows: all, ...answer } = JSON.parse(new TextDecoder().decode(data.content)) as { rows: ImportRow[] };
    rows = new Map([['all', all]]);
    for (const row of all) {
      const those = rows.get(row.outcome) ?? [];
      those.push(row);
      rows.set(row.outcome, those);
    }
    scope.postMessage({ id: data.id, answer });
  } else {
    const those = rows.get(data.outcome) ?? [];
    scope.postMessage({ id: data.id, rows: those.slice(data.from, data.from + data.count) });
  }
};
