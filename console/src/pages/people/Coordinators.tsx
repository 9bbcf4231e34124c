import { Button } from '@digdir/designsystemet-react';
import { type FormEvent, useState } from 'react';
import { Link } from 'wouter';
import type { PersonPage } from '../../api/types';
import { Choice } from '../../parts/Choice';
import { Disclosed } from '../../parts/Disclosed';
import { Refusal, useKeep } from '../../parts/keep';
import { zone } from '../../parts/time';
import { dateIn, monthOf } from '../../texts/dates';
import { keeping } from '../../texts/keeping';
import { useOwnTexts, useTexts } from '../../texts/language';
import { Sheet } from './Person';
import { Buttons, holds, useCoordinators } from './shared';
import { texts } from './texts';

/** Who is responsible for a mentor. */
export function Coordinators({ page, today }: { page: PersonPage; today: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const keeper = useKeep();
  const mentor = page.person;
  const chapter = page.memberships.find(
    (membership) => membership.role === 'mentor' && holds(membership, today),
  )?.chapter_id;

  async function remove(id: string, name: string) {
    await keeper.keep({
      fn: 'people',
      body: { command: 'end_assignment', mentor_id: mentor.id, coordinator_id: id },
      said: own.said_unassign(name, mentor.display_name),
      done: own.unassigned(name),
    });
  }

  return (
    <Sheet title={own.coordinators}>
      {page.coordinators.length === 0 ? <p className="muted">{own.no_coordinators}</p> : null}
      <ul className="plain lines">
        {page.coordinators.map(({ coordinator_id: id, coordinator_name: name, started_at }) => (
          <li key={id}>
            <p>
              <strong>{name}</strong>{' '}
              <span className="muted">{own.since(monthOf(t, dateIn(zone(), Date.parse(started_at))))}</span>
            </p>
            <div className="actions">
              <Button
                variant="tertiary"
                className="row-button"
                aria-disabled={keeper.isBusy}
                aria-label={own.unassign_of(name)}
                onClick={() => void remove(id, name)}
              >
                {own.unassign}
              </Button>
            </div>
          </li>
        ))}
      </ul>
      <Refusal keeper={keeper} texts={own.refused} />
      {chapter ? (
        <Disclosed label={own.assign}>{(close) => <Assign page={page} chapter={chapter} onClose={close} />}</Disclosed>
      ) : null}
    </Sheet>
  );
}

function Assign({ page, chapter, onClose }: { page: PersonPage; chapter: string; onClose: () => void }) {
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const keeper = useKeep();
  const coordinators = useCoordinators(chapter).filter(
    ({ value }) => !page.coordinators.some(({ coordinator_id }) => coordinator_id === value),
  );
  const [chosen, setChosen] = useState('');
  const [isMissing, setMissing] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const coordinator = coordinators.find(({ value }) => value === chosen);
    setMissing(!coordinator);
    if (!coordinator) {
      document.getElementById('assign')?.focus();
      return;
    }
    const done = await keeper.keep({
      fn: 'people',
      body: { command: 'assign_coordinator', mentor_id: page.person.id, coordinator_id: coordinator.value },
      said: own.said_assign(coordinator.label, page.person.display_name),
      done: own.assigned(coordinator.label),
    });
    if (done !== null) onClose();
  }

  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <Choice
        id="assign"
        label={own.coordinator}
        value={chosen}
        empty={k.choose}
        options={coordinators}
        error={isMissing ? own.coordinator_missing : undefined}
        onChange={(value) => {
          setChosen(value);
          setMissing(false);
        }}
      />
      <Refusal keeper={keeper} texts={own.refused} />
      <Buttons keeper={keeper} label={own.assign_do} onCancel={onClose} />
    </form>
  );
}

/** For whom a coordinator is responsible. */
export function Mentors({ page }: { page: PersonPage }) {
  const own = useOwnTexts(texts);
  return (
    <Sheet title={own.mentors_n(page.mentors.length)}>
      <ul className="plain names">
        {page.mentors.map((mentor) => (
          <li key={mentor.mentor_id}>
            <Link href={`/personer/${mentor.mentor_id}`}>{mentor.display_name}</Link>
          </li>
        ))}
      </ul>
      <Link href={`/personer/overfor?fra=${page.person.id}`}>{own.hand_over_these}</Link>
    </Sheet>
  );
}
