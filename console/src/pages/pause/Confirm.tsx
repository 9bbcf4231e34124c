import { Alert, Button } from '@digdir/designsystemet-react';
import { MegaphoneIcon } from '@navikt/aksel-icons';
import { useRef, useState } from 'react';
import { useOffline } from '../../api/client';
import { send } from '../../api/outbox';
import type { MentorPage } from '../../api/types';
import { announce, done } from '../../parts/announce';
import { Icon } from '../../parts/Icon';
import { toldOf } from '../../parts/people';
import { useToday } from '../../parts/time';
import { withWeekday } from '../../texts/dates';
import type { Texts } from '../../texts/nb';

/** A question with what will happen, and one button. */
export function Confirm(props: {
  t: Texts;
  page: MentorPage;
  name: string;
  me: string;
  kind: 'return' | 'cancel_plan';
  onClose: () => void;
}) {
  const { t, page, name, kind } = props;
  const today = useToday();
  const isOffline = useOffline();
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const alert = useRef<HTMLDivElement>(null);
  const isReturn = kind === 'return';

  async function submit() {
    if (isBusy) return;
    setBusy(true);
    const version = page.pause_record?.version;
    const outcome = await send({
      fn: isReturn ? 'reactivate' : 'pause',
      method: isReturn ? 'POST' : 'DELETE',
      body: isReturn
        ? { mentor_id: page.profile.id, ...(version ? { expected_version: version } : {}) }
        : { planned_pause_id: page.planned_pause?.id },
      does: kind,
      mentor: { id: page.profile.id, name: page.profile.display_name },
    });
    setBusy(false);
    if (outcome.outcome === 'refused') {
      setRefusal(t.refused[outcome.code] ?? t.refused_other);
      requestAnimationFrame(() => alert.current?.focus());
      return;
    }
    props.onClose();
    if (outcome.outcome === 'waiting') announce(t.saved_for_later);
    else done((isReturn ? t.done_return : t.done_cancel)(name));
  }

  return (
    <div className="form">
      <div className="effect">
        <Icon of={MegaphoneIcon} />
        <p>
          {isReturn
            ? (isOffline ? t.effect_return_later : t.effect_return)(name)
            : t.effect_cancel(name, withWeekday(t, page.planned_pause?.starts_on ?? today, today))}{' '}
          {toldOf(t, page, props.me)} {isOffline ? t.effect_later : null}
        </p>
      </div>
      {refusal ? (
        <Alert data-color="danger" ref={alert} tabIndex={-1} role="alert">
          {refusal}
        </Alert>
      ) : null}
      <div className="actions">
        <Button aria-disabled={isBusy} onClick={submit}>
          {isBusy ? t.sending : isReturn ? t.submit_return(name) : t.submit_cancel}
        </Button>
        <Button variant="tertiary" onClick={props.onClose}>
          {isReturn ? t.cancel : t.keep_plan}
        </Button>
      </div>
    </div>
  );
}
