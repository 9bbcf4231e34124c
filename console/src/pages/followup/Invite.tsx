import { Button, Textfield } from '@digdir/designsystemet-react';
import { type FormEvent, useId, useState } from 'react';
import { focusHeading, Refusal, useKeep } from '../../parts/keep';
import { useOwnTexts, useTexts } from '../../texts/language';
import { texts } from './texts';

/** Sends an invitation, to the address that is registered or to another one. */
export function Invite({ person }: { person: { id: string; name: string } }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const keeper = useKeep();
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const [email, setEmail] = useState('');
  const [isWrong, setWrong] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const address = email.trim();
    const isUsable = address === '' || /^[^\s@]+@[^\s@]+$/.test(address);
    setWrong(!isUsable);
    if (!isUsable) {
      document.getElementById(id)?.focus();
      return;
    }
    const done = await keeper.keep({
      fn: 'invite',
      body: { person_id: person.id, ...(address ? { email: address } : {}) },
      said: own.said_invite(person.name),
      done: own.invited(person.name),
    });
    if (done === null) return;
    setOpen(false);
    focusHeading();
  }

  if (!isOpen) {
    return (
      <div className="actions">
        <Button
          variant="secondary"
          className="row-button"
          aria-label={own.invite_of(person.name)}
          onClick={() => setOpen(true)}
        >
          {own.invite}
        </Button>
      </div>
    );
  }
  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <Textfield
        id={id}
        type="email"
        inputMode="email"
        autoComplete="off"
        label={own.email}
        description={own.email_hint}
        value={email}
        error={isWrong ? own.email_unread : undefined}
        onChange={(event) => setEmail(event.target.value)}
      />
      <Refusal keeper={keeper} texts={own.refused} />
      <div className="actions">
        <Button type="submit" className="row-button" aria-disabled={keeper.isBusy}>
          {keeper.isBusy ? t.sending : own.invite}
        </Button>
        <Button type="button" variant="tertiary" className="row-button" onClick={() => setOpen(false)}>
          {t.cancel}
        </Button>
      </div>
    </form>
  );
}
