import { Button } from '@digdir/designsystemet-react';
import { type FormEvent, useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { useRead } from '../../api/client';
import type { PersonPage } from '../../api/types';
import { Choice } from '../../parts/Choice';
import { Head } from '../../parts/Head';
import { Refusal, useKeep } from '../../parts/keep';
import { useToday } from '../../parts/time';
import { keeping } from '../../texts/keeping';
import { useOwnTexts, useTexts } from '../../texts/language';
import { Back, useCoordinators, useOrganisation } from './shared';
import { texts } from './texts';

/** Hands a coordinator's mentors over to another one: whose, to whom, and who that is. */
export function HandOver() {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const today = useToday();
  const [, navigate] = useLocation();
  const given = new URLSearchParams(useSearch()).get('fra') ?? '';
  const keeper = useKeep();
  const { chapters } = useOrganisation(today);
  const [chosenChapter, setChapter] = useState('');
  const [from, setFrom] = useState(given);
  const [to, setTo] = useState('');
  const [problem, setProblem] = useState<string>();
  const giver = useRead<PersonPage>('people', { part: 'person', person_id: from }, from !== '');
  const page = giver.data?.body;
  // Of somebody who was given, the chapter is the first one in which they coordinate.
  const theirs = page?.memberships.find(({ role }) => role === 'coordinator')?.chapter_id;
  const chapter = chosenChapter || theirs || (chapters.length === 1 ? chapters[0]?.id : undefined);
  const coordinators = useCoordinators(chapter);
  const name = (id: string) => coordinators.find(({ value }) => value === id)?.label;
  const fromName = name(from) ?? page?.person.display_name ?? '';
  const toName = name(to) ?? '';
  // Whoever has left has mentors to hand over too.
  const givers =
    from && !name(from) && page ? [{ value: from, label: page.person.display_name }, ...coordinators] : coordinators;
  const mentors = (page?.mentors ?? []).filter(({ chapter_ids }) => !chapter || chapter_ids.includes(chapter));
  const isReady = from !== '' && to !== '' && from !== to && page !== undefined;

  async function submit(event: FormEvent) {
    event.preventDefault();
    const found = !from || !to ? own.hand_choose : from === to ? own.hand_same : undefined;
    setProblem(found);
    if (found) {
      document.getElementById(from ? 'to' : 'from')?.focus();
      return;
    }
    const done = await keeper.keep({
      fn: 'people',
      body: { command: 'hand_over', from_id: from, to_id: to, chapter_id: chapter ?? null },
      said: own.said_hand(fromName, toName),
      done: own.handed,
    });
    if (done !== null) navigate(`/personer/${to}`);
  }

  return (
    <>
      <Back />
      <Head title={own.hand_over} app={t.app}>
        <p>{own.hand_over_say}</p>
      </Head>
      <form className="form panel sheet narrow" noValidate onSubmit={(event) => void submit(event)}>
        {chapters.length > 1 ? (
          <Choice
            id="chapter"
            label={own.chapter}
            value={chapter ?? ''}
            empty={k.choose}
            options={chapters.map(({ id, name: label }) => ({ value: id, label }))}
            onChange={(value) => {
              setChapter(value);
              setTo('');
            }}
          />
        ) : null}
        <Choice
          id="from"
          label={own.hand_from}
          value={from}
          empty={k.choose}
          options={givers}
          error={problem && !from ? problem : undefined}
          onChange={(value) => {
            setFrom(value);
            setProblem(undefined);
          }}
        />
        <Choice
          id="to"
          label={own.hand_to}
          value={to}
          empty={k.choose}
          options={coordinators.filter(({ value }) => value !== from)}
          error={problem && from ? problem : undefined}
          onChange={(value) => {
            setTo(value);
            setProblem(undefined);
          }}
        />
        <div aria-live="polite">
          {isReady ? (
            mentors.length > 0 ? (
              <>
                <p>{own.hand_preview_n(mentors.length, fromName, toName)}</p>
                <ul className="names">
                  {mentors.map((mentor) => (
                    <li key={mentor.mentor_id}>{mentor.display_name}</li>
                  ))}
                </ul>
              </>
            ) : (
              <p>{own.hand_nobody(fromName)}</p>
            )
          ) : null}
        </div>
        <Refusal keeper={keeper} texts={own.refused} />
        <div className="actions">
          <Button type="submit" aria-disabled={keeper.isBusy}>
            {keeper.isBusy ? t.sending : own.hand_do}
          </Button>
          <Button type="button" variant="tertiary" onClick={() => navigate('/personer')}>
            {t.cancel}
          </Button>
        </div>
      </form>
    </>
  );
}
