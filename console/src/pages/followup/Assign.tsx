import { Button } from '@digdir/designsystemet-react';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useRead } from '../../api/client';
import type { PeoplePage } from '../../api/types';
import { Choice } from '../../parts/Choice';
import { focusHeading, Refusal, useKeep } from '../../parts/keep';
import { keeping } from '../../texts/keeping';
import { useOwnTexts, useTexts } from '../../texts/language';
import { texts } from './texts';

/** Makes a coordinator responsible, without leaving the list. */
export function Assign(props: {
  mentor: { id: string; name: string };
  chapters: { id: string; name: string }[];
  children: ReactNode; // the other buttons
}) {
  const own = useOwnTexts(texts);
  const [isOpen, setOpen] = useState(false);
  if (isOpen && props.chapters[0]) return <Form {...props} onClose={() => setOpen(false)} />;
  return (
    <div className="actions">
      <Button
        variant="secondary"
        className="row-button"
        aria-label={own.assign_of(props.mentor.name)}
        onClick={() => setOpen(true)}
      >
        {own.assign}
      </Button>
      {props.children}
    </div>
  );
}

function Form(props: {
  mentor: { id: string; name: string };
  chapters: { id: string; name: string }[];
  onClose: () => void;
}) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const keeper = useKeep();
  const id = useId();
  const [chosen, setChosen] = useState('');
  const [isMissing, setMissing] = useState(false);
  const [chapter] = props.chapters;
  // With several chapters, whoever coordinates any of one's own may be refused.
  const chapterId = props.chapters.length === 1 ? chapter?.id : undefined;
  const read = useRead<PeoplePage>('people', { role: 'coordinator', chapter_id: chapterId, limit: 200 });
  const people = read.data?.body.people ?? [];

  async function submit(event: FormEvent) {
    event.preventDefault();
    const coordinator = people.find((person) => person.id === chosen);
    setMissing(!coordinator);
    if (!coordinator) {
      document.getElementById(id)?.focus();
      return;
    }
    const done = await keeper.keep({
      fn: 'people',
      body: { command: 'assign_coordinator', mentor_id: props.mentor.id, coordinator_id: coordinator.id },
      said: own.said_assign(coordinator.display_name, props.mentor.name),
      done: own.assigned(coordinator.display_name, props.mentor.name),
    });
    if (done === null) return;
    props.onClose();
    focusHeading();
  }

  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      {read.data && people.length === 0 ? (
        <p>{k.nobody_to_choose}</p>
      ) : (
        <Choice
          id={id}
          label={own.coordinator}
          value={chosen}
          empty={read.data ? k.choose : t.loading}
          options={people.map((person) => ({ value: person.id, label: person.display_name }))}
          error={isMissing ? own.coordinator_missing : undefined}
          onChange={(value) => {
            setChosen(value);
            setMissing(false);
          }}
        />
      )}
      <Refusal keeper={keeper} texts={own.refused} />
      <div className="actions">
        <Button type="submit" className="row-button" aria-disabled={keeper.isBusy}>
          {keeper.isBusy ? t.sending : own.assign_submit}
        </Button>
        <Button type="button" variant="tertiary" className="row-button" onClick={props.onClose}>
          {t.cancel}
        </Button>
      </div>
    </form>
  );
}
