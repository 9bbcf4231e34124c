import { Button, Heading, Textfield } from '@digdir/designsystemet-react';
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { useRead } from '../../api/client';
import type { PersonPage } from '../../api/types';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Refusal, useKeep } from '../../parts/keep';
import { useOwnTexts, useTexts } from '../../texts/language';
import { Back } from './shared';
import { texts } from './texts';

const alike = (text: string) => text.trim().replace(/\s+/g, ' ').toLocaleLowerCase();

/** What goes, what stays, and the name to type: nobody erases somebody by a slip. */
export function Erase({ id }: { id: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const [, navigate] = useLocation();
  const keeper = useKeep();
  const read = useRead<PersonPage>('people', { part: 'person', person_id: id });
  const [typed, setTyped] = useState('');
  const [isWrong, setWrong] = useState(false);
  const page = read.data?.body;
  if (!page) return <Freshness t={t} error={read.error} />;
  const name = page.person.display_name;

  async function submit(event: FormEvent) {
    event.preventDefault();
    const isSame = alike(typed) === alike(name);
    setWrong(!isSame);
    if (!isSame) {
      document.getElementById('confirm')?.focus();
      return;
    }
    const done = await keeper.keep({
      fn: 'people',
      body: { command: 'erase_person', person_id: id },
      said: own.said_erase(name),
      done: own.erased,
    });
    if (done !== null) navigate('/personer');
  }

  return (
    <>
      <Back to={`/personer/${id}`} label={own.back_to(name)} />
      <Head title={own.erase_title(name)} app={t.app} />
      <form className="form panel sheet narrow" noValidate onSubmit={(event) => void submit(event)}>
        <div>
          <Heading level={2}>{own.erase_goes}</Heading>
          <ul>
            {Object.entries(own.erase_goes_list).map(([key, text]) => (
              <li key={key}>{text}</li>
            ))}
          </ul>
        </div>
        <div>
          <Heading level={2}>{own.erase_stays}</Heading>
          <ul>
            {Object.entries(own.erase_stays_list).map(([key, text]) => (
              <li key={key}>{text}</li>
            ))}
          </ul>
        </div>
        <p>{own.erase_final}</p>
        {page.is_whole ? null : (
          <p className="banner" data-color="warning">
            {own.not_whole}
          </p>
        )}
        {page.is_whole ? (
          <>
            <Textfield
              id="confirm"
              label={own.erase_type(name)}
              autoComplete="off"
              spellCheck={false}
              value={typed}
              error={isWrong ? own.erase_wrong(name) : undefined}
              onChange={(event) => {
                setTyped(event.target.value);
                setWrong(false);
              }}
            />
            <Refusal keeper={keeper} texts={own.refused} />
          </>
        ) : null}
        <div className="actions">
          {page.is_whole ? (
            <Button type="submit" data-color="danger" aria-disabled={keeper.isBusy}>
              {keeper.isBusy ? t.sending : own.erase_do}
            </Button>
          ) : null}
          <Button type="button" variant="tertiary" onClick={() => navigate(`/personer/${id}`)}>
            {t.cancel}
          </Button>
        </div>
      </form>
    </>
  );
}
