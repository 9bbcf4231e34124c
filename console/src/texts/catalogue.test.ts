import assert from 'node:assert/strict';
import { test } from 'node:test';
import { en } from './en';
import { nb } from './nb';
import { nn } from './nn';

/** Every text of a catalogue by its path, functions with words in place of what they insert. */
function texts(value: unknown, path = ''): Map<string, string> {
  if (typeof value === 'string') return new Map([[path, value]]);
  if (typeof value === 'function') {
    const said = (value as (...inserted: unknown[]) => unknown)(...sample(path));
    return texts(said, path);
  }
  const found = new Map<string, string>();
  for (const [key, part] of Object.entries(value as object)) {
    for (const [name, text] of texts(part, path ? `${path}.${key}` : key)) found.set(name, text);
  }
  return found;
}

function sample(path: string): unknown[] {
  if (path === 'list' || path === 'told') return [['Aud', 'Bo', 'Cai']];
  if (path === 'mentor_in') return [['Aud', 'Bo'], 'Zzz'];
  return /(^|\.)(unread|waiting_link|refused_link|new_code_in|wait|days_over|in_\w+s|\w+_ago|count|listed|fix|coordinators|administrators|inbox_unread|needs_count|sign_out_waiting|number|shown_of|chosen|choose_fewer|many_(title|effect_pause|effect_plan|unable|submit)|done_many|done_many_plan)$/.test(
    path,
  )
    ? [3, 'Xxx', 'Yyy']
    : ['Xxx', 'Yyy', 'Zzz'];
}

const catalogues = { nb: texts(nb), nn: texts(nn), en: texts(en) };

test('each language has every text, and no other', () => {
  const names = [...catalogues.nb.keys()].sort();
  assert.ok(names.length > 150, `${names.length} texts`);
  for (const catalogue of Object.values(catalogues)) {
    assert.deepEqual([...catalogue.keys()].sort(), names);
    for (const [name, text] of catalogue) {
      assert.ok(text.trim() !== '', `${name} is empty`);
      assert.ok(!/undefined|\[object|NaN|!/.test(text), `${name}: ${text}`);
    }
  }
});

test('what a text inserts is inserted in each language', () => {
  for (const [name, text] of catalogues.nb) {
    for (const inserted of ['Xxx', 'Yyy', 'Zzz']) {
      for (const [language, catalogue] of Object.entries(catalogues)) {
        assert.equal(catalogue.get(name)?.includes(inserted), text.includes(inserted), `${language} ${name}`);
      }
    }
  }
});

test('a translation is one', () => {
  const same = [...catalogues.en].filter(([name, text]) => text.length > 12 && catalogues.nb.get(name) === text);
  assert.deepEqual(same, []);
});
