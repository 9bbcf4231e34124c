import { Button, Tag } from '@digdir/designsystemet-react';
import { type FormEvent, useState } from 'react';
import type { Certification, PersonPage } from '../../api/types';
import { Choice } from '../../parts/Choice';
import { DateField, readDate, readPastDate } from '../../parts/DateField';
import { Disclosed } from '../../parts/Disclosed';
import { Refusal, useKeep } from '../../parts/keep';
import { nameOf } from '../../parts/people';
import { full } from '../../texts/dates';
import { keeping } from '../../texts/keeping';
import { useOwnTexts, useTexts } from '../../texts/language';
import { Sheet } from './Person';
import { Buttons, kindOptions, useOrganisation } from './shared';
import { texts } from './texts';

const colours = { valid: 'success', expiring: 'warning', expired: 'danger', upcoming: 'neutral' } as const;

/** What the person holds and held; a renewal is a new one. */
export function Certifications({ page, today }: { page: PersonPage; today: string }) {
  const own = useOwnTexts(texts);
  return (
    <Sheet title={own.certifications}>
      {page.certifications.length === 0 ? <p className="muted">{own.no_certifications}</p> : null}
      <ul className="plain lines">
        {page.certifications.map((certification) => (
          <Line key={certification.id ?? certification.kind} page={page} certification={certification} today={today} />
        ))}
      </ul>
      <Disclosed label={own.add_certification}>
        {(close) => <Add page={page} today={today} onClose={close} />}
      </Disclosed>
    </Sheet>
  );
}

function Line({ page, certification, today }: { page: PersonPage; certification: Certification; today: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const { id, state, issued_on: issued, expires_on: expires } = certification;
  const kind = nameOf(certification, t);
  const isOver = expires !== null && expires < today;
  return (
    <li>
      <p>
        <strong>{kind}</strong> <Tag data-color={colours[state]}>{id ? own.states[state] : own.lacking}</Tag>
      </p>
      {issued ? (
        <p className="muted">
          {expires ? own.valid_span(full(t, issued), full(t, expires)) : own.valid_ever(full(t, issued))}
        </p>
      ) : null}
      {id ? (
        <div className="two">
          {isOver ? null : (
            <Disclosed variant="tertiary" label={own.revoke} name={own.revoke_of(kind)}>
              {(close) => <Revoke page={page} id={id} kind={kind} today={today} onClose={close} />}
            </Disclosed>
          )}
          <Disclosed variant="tertiary" label={own.remove} name={own.remove_of(kind)}>
            {(close) => <Remove page={page} id={id} kind={kind} onClose={close} />}
          </Disclosed>
        </div>
      ) : null}
    </li>
  );
}

function Add({ page, today, onClose }: { page: PersonPage; today: string; onClose: () => void }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const keeper = useKeep();
  const { kinds } = useOrganisation(today);
  const [code, setCode] = useState('');
  const [typed, setTyped] = useState('');
  const [typedEnd, setTypedEnd] = useState('');
  const [wrong, setWrong] = useState<'kind' | 'issued' | 'expires'>();
  const kind = kinds.find((known) => known.code === code);
  const issued = readPastDate(typed, today);
  const expires = readDate(typedEnd, today);
  const months = kind?.months_valid ?? null;

  async function submit(event: FormEvent) {
    event.preventDefault();
    const problem = !kind ? 'kind' : !issued ? 'issued' : typedEnd.trim() && !expires ? 'expires' : undefined;
    setWrong(problem);
    if (problem || !kind) {
      document.getElementById(`add-${problem}`)?.focus();
      return;
    }
    const name = page.person.display_name;
    const done = await keeper.keep({
      fn: 'people',
      body: {
        command: 'register_certification',
        mentor_id: page.person.id,
        kind: kind.code,
        issued_on: issued,
        expires_on: expires,
      },
      said: own.said_certify(nameOf(kind, t), name),
      done: own.certified,
    });
    if (done !== null) onClose();
  }

  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <Choice
        id="add-kind"
        label={own.kind}
        value={code}
        empty={k.choose}
        options={kindOptions(t, kinds)}
        error={wrong === 'kind' ? own.kind_missing[0] : undefined}
        onChange={(value) => {
          setCode(value);
          setWrong(undefined);
        }}
      />
      <DateField
        t={t}
        id="add-issued"
        past
        label={own.issued_on}
        hint={own.issued_hint}
        value={typed}
        today={today}
        error={wrong === 'issued' ? own.date_wrong[0] : undefined}
        onChange={setTyped}
      />
      <DateField
        t={t}
        id="add-expires"
        label={own.expires_on}
        hint={months === null ? own.expires_never : own.expires_hint_n(months)}
        value={typedEnd}
        today={today}
        error={wrong === 'expires' ? own.date_wrong[0] : undefined}
        onChange={setTypedEnd}
      />
      <Refusal keeper={keeper} texts={own.refused} />
      <Buttons keeper={keeper} label={own.add_certification} onCancel={onClose} />
    </form>
  );
}

interface OfOne {
  page: PersonPage;
  id: string;
  kind: string;
  onClose: () => void;
}

function Revoke({ page, id, kind, today, onClose }: OfOne & { today: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const keeper = useKeep();
  const [typed, setTyped] = useState('');
  const [isWrong, setWrong] = useState(false);
  const day = readPastDate(typed, today);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setWrong(!day);
    if (!day) {
      document.getElementById(`revoke-${id}`)?.focus();
      return;
    }
    const done = await keeper.keep({
      fn: 'people',
      body: { command: 'revoke_certification', certification_id: id, last_valid_on: day },
      said: own.said_revoke(kind, page.person.display_name),
      done: own.revoked,
    });
    if (done !== null) onClose();
  }

  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <DateField
        t={t}
        id={`revoke-${id}`}
        past
        label={own.last_valid}
        hint={t.date_hint}
        value={typed}
        today={today}
        error={isWrong ? own.date_wrong[0] : undefined}
        onChange={setTyped}
      />
      <Refusal keeper={keeper} texts={own.refused} />
      <Buttons keeper={keeper} label={own.revoke} onCancel={onClose} />
    </form>
  );
}

function Remove({ page, id, kind, onClose }: OfOne) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const keeper = useKeep();

  async function remove() {
    const done = await keeper.keep({
      fn: 'people',
      body: { command: 'remove_certification', certification_id: id },
      said: own.said_remove(kind, page.person.display_name),
      done: own.removed,
    });
    if (done !== null) onClose();
  }

  return (
    <div className="form">
      <p>{own.remove_say}</p>
      <Refusal keeper={keeper} texts={own.refused} />
      <div className="actions">
        <Button className="row-button" data-color="danger" aria-disabled={keeper.isBusy} onClick={() => void remove()}>
          {keeper.isBusy ? t.sending : own.remove_do}
        </Button>
        <Button variant="tertiary" className="row-button" onClick={onClose}>
          {t.cancel}
        </Button>
      </div>
    </div>
  );
}
