import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keeping } from '../texts/keeping';

type Catalogues = Record<'nb' | 'nn' | 'en', unknown>;
const files = import.meta.glob<{ texts: Catalogues }>('./*/texts.ts', { eager: true });
const all: [string, Catalogues][] = [
  ['keeping', keeping],
  ...Object.entries(files).map(([file, { texts }]): [string, Catalogues] => [file, texts]),
];

/**
 * Every text by its path, functions with words in place of what they insert: a function
 * whose name ends in _n takes a number first, one in _list a list.
 */
function texts(value: unknown, path = ''): Map<string, string> {
  if (typeof value === 'string') return new Map([[path, value]]);
  if (typeof value === 'function') {
    const first = path.endsWith('_n') ? 3 : path.endsWith('_list') ? ['Xxx', 'Yyy'] : 'Xxx';
    return texts((value as (...inserted: unknown[]) => unknown)(first, 'Yyy', 'Zzz'), path);
  }
  const found = new Map<string, string>();
  for (const [key, part] of Object.entries(value as object)) {
    for (const [name, text] of texts(part, path ? `${path}.${key}` : key)) found.set(name, text);
  }
  return found;
}

for (const [file, catalogues] of all) {
  test(`${file} says the same in each language`, () => {
    const nb = texts(catalogues.nb);
    assert.ok(nb.size > 10, `${nb.size} texts`);
    for (const language of ['nn', 'en'] as const) {
      const other = texts(catalogues[language]);
      assert.deepEqual([...other.keys()].sort(), [...nb.keys()].sort());
      for (const [name, text] of other) {
        const original = nb.get(name) ?? '';
        assert.ok(text.trim() !== '' && !/undefined|\[object|NaN|!/.test(text + original), `${name}: ${text}`);
        for (const inserted of ['Xxx', 'Yyy', 'Zzz']) {
          assert.equal(text.includes(inserted), original.includes(inserted), `${language} ${name}: ${text}`);
        }
        if (language === 'en' && text.length > 16) assert.notEqual(text, original, `${name} is not translated`);
      }
    }
  });
}

test('the pages were found', () => assert.ok(all.length > 1));
