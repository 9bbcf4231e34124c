import { Button } from '@digdir/designsystemet-react';
import { useState } from 'react';
import { useRead } from '../../api/client';
import type { Organisation, PeoplePage } from '../../api/types';
import { Disclosed } from '../../parts/Disclosed';
import { Refusal, useKeep } from '../../parts/keep';
import { Search } from '../../parts/Search';
import { zone } from '../../parts/time';
import { dateIn, full } from '../../texts/dates';
import { useOwnTexts, useTexts } from '../../texts/language';
import { Part } from './Settings';
import { texts } from './texts';

type Administrator = Organisation['administrators'][number];

export function Administrators({ administrators, me }: { administrators: Administrator[]; me: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  return (
    <Part title={own.administrators} say={own.administrators_say}>
      <ul className="plain lines">
        {administrators.map((administrator) => (
          <li key={administrator.person_id}>
            <h3>
              {administrator.display_name}{' '}
              {administrator.person_id === me ? <span className="muted">{t.is_you}</span> : null}
            </h3>
            <p className="muted">{own.since(full(t, dateIn(zone(), Date.parse(administrator.started_at))))}</p>
            {administrators.length === 1 ? (
              <p className="muted">{own.last_one}</p>
            ) : (
              <Disclosed variant="tertiary" label={own.dismiss} name={own.dismiss_of(administrator.display_name)}>
                {(close) => (
                  <Dismiss administrator={administrator} isMe={administrator.person_id === me} onClose={close} />
                )}
              </Disclosed>
            )}
          </li>
        ))}
      </ul>
      <Disclosed label={own.appoint}>
        {(close) => <Appoint known={administrators.map(({ person_id }) => person_id)} onClose={close} />}
      </Disclosed>
    </Part>
  );
}

function Dismiss(props: { administrator: Administrator; isMe: boolean; onClose: () => void }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const keeper = useKeep();
  const { display_name: name, person_id: id } = props.administrator;

  async function dismiss() {
    const done = await keeper.keep({
      fn: 'people',
      body: { command: 'dismiss_administrator', person_id: id },
      said: own.said_dismiss(name),
      done: own.dismissed(name),
    });
    if (done !== null) props.onClose();
  }

  return (
    <div className="form">
      <p>
        {own.dismiss_say(name)} {props.isMe ? own.dismiss_self : null}
      </p>
      <Refusal keeper={keeper} texts={own.refused} />
      <div className="actions">
        <Button
          className="row-button"
          data-color="danger"
          aria-disabled={keeper.isBusy}
          aria-label={keeper.isBusy ? undefined : own.dismiss_of(name)}
          onClick={() => void dismiss()}
        >
          {keeper.isBusy ? t.sending : own.dismiss}
        </Button>
        <Button variant="tertiary" className="row-button" onClick={props.onClose}>
          {t.cancel}
        </Button>
      </div>
    </div>
  );
}

function Appoint({ known, onClose }: { known: string[]; onClose: () => void }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const keeper = useKeep();
  const [search, setSearch] = useState('');
  const isAsked = search.length > 1;
  const read = useRead<PeoplePage>('people', { search, limit: 10 }, isAsked);
  const people = isAsked ? (read.data?.body.people ?? []).filter(({ id }) => !known.includes(id)) : [];

  async function appoint(id: string, name: string) {
    const done = await keeper.keep({
      fn: 'people',
      body: { command: 'appoint_administrator', person_id: id },
      said: own.said_appoint(name),
      done: own.appointed(name),
    });
    if (done !== null) onClose();
  }

  return (
    <div className="form">
      <Search label={own.appoint_search} value={search} onSearch={setSearch} />
      <p className="unseen" role="status">
        {isAsked && read.data ? own.found_n(people.length) : ''}
      </p>
      {people.length > 0 ? (
        <ul className="plain lines">
          {people.map((person) => (
            <li key={person.id} className="message-top">
              <span>
                {person.display_name} <span className="muted">{person.email}</span>
              </span>
              <Button
                variant="secondary"
                className="row-button"
                aria-disabled={keeper.isBusy}
                aria-label={own.appoint_of(person.display_name)}
                onClick={() => void appoint(person.id, person.display_name)}
              >
                {own.appoint}
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
      <Refusal keeper={keeper} texts={own.refused} />
      <div className="actions">
        <Button variant="tertiary" className="row-button" onClick={onClose}>
          {t.cancel}
        </Button>
      </div>
    </div>
  );
}
