import { Button, Switch, Textfield } from '@digdir/designsystemet-react';
import { type FormEvent, useId, useState } from 'react';
import type { Organisation } from '../../api/types';
import { DateField, readDate } from '../../parts/DateField';
import { Disclosed } from '../../parts/Disclosed';
import { Refusal, useKeep } from '../../parts/keep';
import { useToday } from '../../parts/time';
import { full } from '../../texts/dates';
import { keeping } from '../../texts/keeping';
import { useOwnTexts, useTexts } from '../../texts/language';
import { Part } from './Settings';
import { texts } from './texts';

type Chapter = Organisation['chapters'][number];

export function Chapters({ chapters }: { chapters: Chapter[] }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const today = useToday();
  return (
    <Part title={own.chapters}>
      <ul className="plain lines">
        {chapters.map((chapter) => {
          const isClosed = chapter.last_day !== null && chapter.last_day < today;
          return (
            <li key={chapter.id}>
              <h3>{chapter.name}</h3>
              <p className="muted">
                {chapter.last_day
                  ? (isClosed ? own.closed : own.closes)(full(t, chapter.last_day))
                  : chapter.requests_take_effect
                    ? own.at_once
                    : own.answered}
              </p>
              {isClosed ? null : (
                <div className="two">
                  <Disclosed variant="tertiary" label={own.change} name={own.change_of(chapter.name)}>
                    {(close) => <Save chapter={chapter} onClose={close} />}
                  </Disclosed>
                  {chapter.last_day ? null : (
                    <Disclosed variant="tertiary" label={own.close} name={own.close_of(chapter.name)}>
                      {(close) => <Close chapter={chapter} today={today} onClose={close} />}
                    </Disclosed>
                  )}
                </div>
              )}
            </li>
          );
        })}
      </ul>
      <Disclosed label={own.new_chapter}>{(close) => <Save onClose={close} />}</Disclosed>
    </Part>
  );
}

/** Changes a chapter, or makes one. */
function Save({ chapter, onClose }: { chapter?: Chapter; onClose: () => void }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const keeper = useKeep();
  const id = useId();
  const [name, setName] = useState(chapter?.name ?? '');
  const [atOnce, setAtOnce] = useState(chapter?.requests_take_effect ?? false);
  const [isMissing, setMissing] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const written = name.trim();
    setMissing(!written);
    if (!written) {
      document.getElementById(id)?.focus();
      return;
    }
    const done = await keeper.keep({
      fn: 'people',
      body: {
        command: 'save_chapter',
        chapter_id: chapter?.id ?? null,
        // What stands there unchanged is nobody's wish.
        name: written === chapter?.name ? null : written,
        requests_take_effect: atOnce === chapter?.requests_take_effect ? null : atOnce,
      },
      said: own.said_chapter(written),
      done: own.chapter_saved(written),
    });
    if (done !== null) onClose();
  }

  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <Textfield
        id={id}
        label={own.chapter_name}
        autoComplete="off"
        value={name}
        error={isMissing ? own.name_missing : undefined}
        onChange={(event) => {
          setName(event.target.value);
          setMissing(false);
        }}
      />
      <Switch
        label={own.at_once_label}
        description={own.at_once_hint}
        checked={atOnce}
        onChange={(event) => setAtOnce(event.target.checked)}
      />
      <Refusal keeper={keeper} texts={own.refused} />
      <div className="actions">
        <Button type="submit" className="row-button" aria-disabled={keeper.isBusy}>
          {keeper.isBusy ? t.sending : k.save}
        </Button>
        <Button type="button" variant="tertiary" className="row-button" onClick={onClose}>
          {t.cancel}
        </Button>
      </div>
    </form>
  );
}

function Close({ chapter, today, onClose }: { chapter: Chapter; today: string; onClose: () => void }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const keeper = useKeep();
  const id = useId();
  const [typed, setTyped] = useState('');
  const [isWrong, setWrong] = useState(false);
  const day = readDate(typed, today);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setWrong(!day);
    if (!day) {
      document.getElementById(id)?.focus();
      return;
    }
    const done = await keeper.keep({
      fn: 'people',
      body: { command: 'close_chapter', chapter_id: chapter.id, last_day: day },
      said: own.said_close(chapter.name),
      done: own.chapter_closed(chapter.name),
    });
    if (done !== null) onClose();
  }

  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <p>{own.close_say}</p>
      <DateField
        t={t}
        id={id}
        label={own.last_day}
        hint={own.last_day_hint}
        value={typed}
        today={today}
        error={isWrong ? own.date_wrong : undefined}
        onChange={setTyped}
      />
      <Refusal keeper={keeper} texts={own.refused} />
      <div className="actions">
        <Button type="submit" className="row-button" data-color="danger" aria-disabled={keeper.isBusy}>
          {keeper.isBusy ? t.sending : own.close}
        </Button>
        <Button type="button" variant="tertiary" className="row-button" onClick={onClose}>
          {t.cancel}
        </Button>
      </div>
    </form>
  );
}
