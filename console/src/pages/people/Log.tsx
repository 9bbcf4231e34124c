import { Button } from '@digdir/designsystemet-react';
import { useState } from 'react';
import { useRead } from '../../api/client';
import type { PersonChange, PersonPage } from '../../api/types';
import { kindName } from '../../parts/people';
import { zone } from '../../parts/time';
import { addDays, dateIn, full, moment } from '../../texts/dates';
import { keeping } from '../../texts/keeping';
import { catalogues, useOwnTexts, useTexts } from '../../texts/language';
import { Sheet } from './Person';
import { texts } from './texts';

/** Who changed what, newest first, field by field. */
export function Log({ page, id }: { page: PersonPage; id: string }) {
  const own = useOwnTexts(texts);
  return (
    <Sheet title={own.log}>
      {page.log.length === 0 ? (
        <p className="muted">{own.no_log}</p>
      ) : (
        <ol className="plain lines">
          <Changes page={page} id={id} />
        </ol>
      )}
    </Sheet>
  );
}

function Changes({ page, id }: { page: PersonPage; id: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const [isMore, setMore] = useState(false);
  return (
    <>
      {page.log.map((change) => (
        <li key={change.id}>
          <p>
            {change.actor_name === null && !own.commands[change.command]
              ? own.from_elsewhere
              : own.log_say(change.actor_name ?? own.other_system, own.commands[change.command] ?? own.other_command)}
          </p>
          <Fields change={change} names={page.names} />
          <p className="time-when">{moment(t, zone(), Date.parse(change.occurred_at))}</p>
        </li>
      ))}
      {page.next_cursor && !isMore ? (
        <li>
          <Button variant="tertiary" className="row-button" onClick={() => setMore(true)}>
            {own.older}
          </Button>
        </li>
      ) : null}
      {page.next_cursor && isMore ? <Older id={id} cursor={page.next_cursor} /> : null}
    </>
  );
}

function Older({ id, cursor }: { id: string; cursor: string }) {
  const t = useTexts();
  const older = useRead<PersonPage>('people', { part: 'person', person_id: id, cursor });
  if (!older.data) return <li className="muted">{older.isError ? t.offline : t.loading}</li>;
  return <Changes page={older.data.body} id={id} />;
}

type State = Record<string, unknown>;

function Fields({ change, names }: { change: PersonChange; names: Record<string, string> }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const before = (change.before ?? {}) as State;
  const after = (change.after ?? {}) as State;

  function say(field: string, value: unknown): string {
    if (value === null || value === undefined || value === '') return own.nothing;
    const text = String(value);
    if (field === 'role') return k.roles[text as keyof typeof k.roles] ?? text;
    if (field === 'locale') return catalogues[text as keyof typeof catalogues]?.language ?? text;
    if (field === 'kind') return kindName(text);
    if (field.endsWith('_id')) return names[text] ?? '–';
    if (field === 'started_at') return full(t, dateIn(zone(), Date.parse(text)));
    // Stored as the midnight after the last day.
    if (field === 'ended_at') return full(t, addDays(dateIn(zone(), Date.parse(text)), -1));
    // An import logs a certification without an end in this word.
    if (field === 'expires_on' && text === 'never') return own.never;
    if (field === 'issued_on' || field === 'expires_on') return full(t, text.slice(0, 10));
    return text;
  }

  const said = Object.entries(own.fields).flatMap(([field, label]) => {
    const [was, is] = [before[field], after[field]];
    if (JSON.stringify(was ?? null) === JSON.stringify(is ?? null)) return [];
    const isPlain = (value: unknown) => value === null || value === undefined || typeof value !== 'object';
    if (!isPlain(was) || !isPlain(is)) return [];
    if (change.before === null) return [own.field(label, say(field, is))];
    if (change.after === null) return [own.field(label, say(field, was))];
    return [own.field_change(label, say(field, was), say(field, is))];
  });
  if (said.length === 0) return null;
  return (
    <ul className="plain muted">
      {said.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}
