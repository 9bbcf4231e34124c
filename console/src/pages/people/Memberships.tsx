import { Tag } from '@digdir/designsystemet-react';
import { type FormEvent, useState } from 'react';
import type { KeptMembership, PersonPage } from '../../api/types';
import { Choice } from '../../parts/Choice';
import { DateField, readDate, typedDate } from '../../parts/DateField';
import { Disclosed } from '../../parts/Disclosed';
import { Refusal, useKeep } from '../../parts/keep';
import { addDays, full } from '../../texts/dates';
import { keeping } from '../../texts/keeping';
import { useOwnTexts, useTexts } from '../../texts/language';
import { Sheet } from './Person';
import { Buttons, holds, useOrganisation } from './shared';
import { texts } from './texts';

const roles = ['mentor', 'coordinator', 'administrator'] as const;

/** In which roles the person is and was, with what can be changed: nothing of what is over. */
export function Memberships({ page, today }: { page: PersonPage; today: string }) {
  const own = useOwnTexts(texts);
  const { chapters } = useOrganisation(today);
  return (
    <Sheet title={own.memberships}>
      {page.memberships.length === 0 ? <p className="muted">{own.no_memberships}</p> : null}
      <ul className="plain lines">
        {page.memberships.map((membership) => (
          <Line key={membership.id} page={page} membership={membership} today={today} />
        ))}
      </ul>
      {chapters.length > 0 ? (
        <Disclosed label={own.begin}>{(close) => <Begin page={page} today={today} onClose={close} />}</Disclosed>
      ) : null}
    </Sheet>
  );
}

function Line({ page, membership, today }: { page: PersonPage; membership: KeptMembership; today: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const keeper = useKeep();
  const { chapters } = useOrganisation(today);
  const { role, chapter_name: chapter, first_day: first, last_day: last } = membership;
  const isOver = last !== null && last < today;
  const isAhead = first > today;

  async function takeBack() {
    await keeper.keep({
      fn: 'people',
      body: { command: 'end_membership', membership_id: membership.id, last_day: null },
      said: own.said_end(page.person.display_name),
      done: own.taken_back,
    });
  }

  return (
    <li>
      <p>
        <strong>
          {k.roles[role]}, {chapter}
        </strong>{' '}
        {isOver ? <Tag data-color="neutral">{own.ended}</Tag> : null}
        {isAhead ? <Tag data-color="info">{own.coming}</Tag> : null}
      </p>
      <p className="muted">
        {isAhead
          ? own.begins(full(t, first))
          : last
            ? own.from_to(full(t, first), full(t, last))
            : own.from(full(t, first))}
        {isAhead && last ? ` ${own.ends(full(t, last))}` : null}
      </p>
      <Refusal keeper={keeper} texts={own.refused} />
      {isOver ? null : (
        <div className="two">
          <Disclosed
            variant="tertiary"
            label={last ? own.change_end : own.end}
            name={`${last ? own.change_end : own.end}: ${k.roles[role]}, ${chapter}`}
            others={
              last ? (
                <button
                  type="button"
                  className="plain-link"
                  aria-disabled={keeper.isBusy}
                  aria-label={own.take_back_of(k.roles[role], chapter)}
                  onClick={() => void takeBack()}
                >
                  {keeper.isBusy ? t.sending : own.take_back}
                </button>
              ) : null
            }
          >
            {(close) => <End page={page} membership={membership} today={today} onClose={close} />}
          </Disclosed>
          {chapters.length > 1 && holds(membership, today) ? (
            <Disclosed variant="tertiary" label={own.move} name={`${own.move}: ${k.roles[role]}, ${chapter}`}>
              {(close) => <Move page={page} membership={membership} today={today} onClose={close} />}
            </Disclosed>
          ) : null}
        </div>
      )}
    </li>
  );
}

function Begin({ page, today, onClose }: { page: PersonPage; today: string; onClose: () => void }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const keeper = useKeep();
  const { chapters } = useOrganisation(today);
  const [chapter, setChapter] = useState(chapters.length === 1 ? (chapters[0]?.id ?? '') : '');
  const [role, setRole] = useState<string>('mentor');
  const [typed, setTyped] = useState(typedDate(today));
  const [wrong, setWrong] = useState<'chapter' | 'day'>();
  const day = readDate(typed, today);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const problem = !chapter ? 'chapter' : !day ? 'day' : undefined;
    setWrong(problem);
    if (problem) {
      document.getElementById(`begin-${problem}`)?.focus();
      return;
    }
    const done = await keeper.keep({
      fn: 'people',
      body: {
        command: 'start_membership',
        person_id: page.person.id,
        chapter_id: chapter,
        role,
        started_on: day,
      },
      said: own.said_begin(page.person.display_name),
      done: own.begun,
    });
    if (done !== null) onClose();
  }

  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <Choice
        id="begin-chapter"
        label={own.chapter}
        value={chapter}
        empty={k.choose}
        options={chapters.map(({ id, name }) => ({ value: id, label: name }))}
        error={wrong === 'chapter' ? own.chapter_missing[0] : undefined}
        onChange={(value) => {
          setChapter(value);
          setWrong(undefined);
        }}
      />
      <Choice
        id="begin-role"
        label={own.role}
        value={role}
        options={roles.map((value) => ({ value, label: k.roles[value] }))}
        onChange={setRole}
      />
      <DateField
        t={t}
        id="begin-day"
        label={own.first_day}
        hint={own.first_day_hint}
        value={typed}
        today={today}
        error={wrong === 'day' ? own.date_wrong[0] : undefined}
        onChange={setTyped}
      />
      <Refusal keeper={keeper} texts={own.refused} />
      <Buttons keeper={keeper} label={own.begin} onCancel={onClose} />
    </form>
  );
}

interface OfOne {
  page: PersonPage;
  membership: KeptMembership;
  today: string;
  onClose: () => void;
}

function End({ page, membership, today, onClose }: OfOne) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const keeper = useKeep();
  const [typed, setTyped] = useState(typedDate(membership.last_day));
  const [isWrong, setWrong] = useState(false);
  const day = readDate(typed, today);
  const field = `end-${membership.id}`;

  async function submit(event: FormEvent) {
    event.preventDefault();
    setWrong(!day);
    if (!day) {
      document.getElementById(field)?.focus();
      return;
    }
    const done = await keeper.keep({
      fn: 'people',
      body: { command: 'end_membership', membership_id: membership.id, last_day: day },
      said: own.said_end(page.person.display_name),
      done: own.end_done,
    });
    if (done !== null) onClose();
  }

  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <DateField
        t={t}
        id={field}
        label={own.last_day}
        hint={own.last_day_hint}
        value={typed}
        today={today}
        error={isWrong ? own.date_wrong[0] : undefined}
        onChange={setTyped}
      />
      {membership.role === 'mentor' ? <p className="muted">{own.end_effect}</p> : null}
      <Refusal keeper={keeper} texts={own.refused} />
      <Buttons keeper={keeper} label={own.end} onCancel={onClose} />
    </form>
  );
}

/** The new membership first: refused, it leaves the old one as it is. */
function Move({ page, membership, today, onClose }: OfOne) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const keeper = useKeep();
  const { chapters } = useOrganisation(today);
  const [chapter, setChapter] = useState('');
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState<'chapter' | 'day'>();
  const day = readDate(typed, today);
  const name = page.person.display_name;

  async function submit(event: FormEvent) {
    event.preventDefault();
    const problem = !chapter ? 'chapter' : !day ? 'day' : undefined;
    setWrong(problem);
    if (problem || !day) {
      document.getElementById(`move-${problem}-${membership.id}`)?.focus();
      return;
    }
    const begun = await keeper.keep({
      fn: 'people',
      body: {
        command: 'start_membership',
        person_id: page.person.id,
        chapter_id: chapter,
        role: membership.role,
        started_on: day,
      },
      said: own.said_begin(name),
      done: own.begun,
    });
    if (begun === null) return;
    const ended = await keeper.keep({
      fn: 'people',
      body: { command: 'end_membership', membership_id: membership.id, last_day: addDays(day, -1) },
      said: own.said_end(name),
      done: own.move_done,
    });
    if (ended !== null) onClose();
  }

  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <Choice
        id={`move-chapter-${membership.id}`}
        label={own.to_chapter}
        value={chapter}
        empty={k.choose}
        options={chapters
          .filter(({ id }) => id !== membership.chapter_id)
          .map(({ id, name: label }) => ({ value: id, label }))}
        error={wrong === 'chapter' ? own.chapter_missing[0] : undefined}
        onChange={(value) => {
          setChapter(value);
          setWrong(undefined);
        }}
      />
      <DateField
        t={t}
        id={`move-day-${membership.id}`}
        label={own.move_day}
        hint={own.first_day_hint}
        value={typed}
        today={today}
        error={wrong === 'day' ? own.date_wrong[0] : undefined}
        onChange={setTyped}
      />
      <p className="muted">{own.move_say}</p>
      <Refusal keeper={keeper} texts={own.refused} />
      <Buttons keeper={keeper} label={own.move} onCancel={onClose} />
    </form>
  );
}
