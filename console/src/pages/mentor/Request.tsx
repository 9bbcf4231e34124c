import { Alert, Button, type ErrorSummary, Heading, Tag, Textfield } from '@digdir/designsystemet-react';
import { ChatIcon } from '@navikt/aksel-icons';
import { type ComponentRef, useEffect, useRef, useState } from 'react';
import { send } from '../../api/outbox';
import type { LeaveRequest, MentorPage } from '../../api/types';
import { announce, done } from '../../parts/announce';
import { Icon } from '../../parts/Icon';
import { firstName } from '../../parts/people';
import { Problems } from '../../parts/Problems';
import { zone } from '../../parts/time';
import { dateIn, distance, withWeekday } from '../../texts/dates';
import type { Texts } from '../../texts/nb';
import { Secret } from './Secret';

/** What a mentor asks for, with the two answers. */
export function Request(props: { t: Texts; page: MentorPage; request: LeaveRequest; today: string; isWhole: boolean }) {
  const { t, page, request, today } = props;
  const name = firstName(page.profile.display_name);
  const [isDeclining, setDeclining] = useState(false);
  const [message, setMessage] = useState('');
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [isMissing, setMissing] = useState(false);
  const alert = useRef<HTMLDivElement>(null);
  const summary = useRef<ComponentRef<typeof ErrorSummary>>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (isDeclining) field.current?.focus();
  }, [isDeclining]);
  const day = (date: string | null) => (date ? withWeekday(t, date, today) : null);
  const said =
    request.kind === 'return'
      ? t.asks_return(name)
      : request.kind === 'change_return'
        ? t.asks_date(name, day(request.expected_return_date))
        : t.asks_pause(name, day(request.starts_on), day(request.expected_return_date));
  const asked = dateIn(zone(), Date.parse(request.created_at));

  async function answer(how: 'accept' | 'decline') {
    if (isBusy) return;
    setRefusal(undefined);
    if (how === 'decline' && !message.trim()) {
      setMissing(true);
      requestAnimationFrame(() => summary.current?.focus());
      return;
    }
    setBusy(true);
    const outcome = await send({
      fn: 'requests',
      method: 'POST',
      body: {
        request_id: request.id,
        answer: how,
        ...(how === 'decline' ? { message: message.trim() } : {}),
      },
      does: how,
      mentor: { id: page.profile.id, name: page.profile.display_name },
    });
    setBusy(false);
    if (outcome.outcome === 'refused') {
      setRefusal(t.refused[outcome.code] ?? t.refused_other);
      requestAnimationFrame(() => alert.current?.focus());
      return;
    }
    if (outcome.outcome === 'waiting') announce(t.saved_for_later);
    else done((how === 'accept' ? t.done_accept : t.done_decline)(name));
  }

  return (
    <section className="panel sheet request" data-color="lyng">
      <div className="message-top">
        <Heading level={2}>{said}</Heading>
        <Tag data-color="lyng">
          <Icon of={ChatIcon} small />
          {t.request}
        </Tag>
      </div>
      <p className="muted">{t.asked(`${withWeekday(t, asked, today)}, ${distance(t, asked, today)}`)}</p>
      <Secret t={t} id={page.profile.id} isWhole={props.isWhole} text={request.reason} />
      {refusal ? (
        <Alert data-color="danger" ref={alert} tabIndex={-1} role="alert">
          {refusal}
        </Alert>
      ) : null}
      {isDeclining ? (
        <>
          <Textfield
            multiline
            id="decline-message"
            ref={field}
            rows={2}
            label={t.decline_message(name)}
            description={t.decline_hint}
            value={message}
            maxLength={500}
            error={isMissing ? t.decline_missing(name)[0] : undefined}
            onChange={(event) => {
              setMessage(event.target.value);
              setMissing(false);
            }}
          />
          {isMissing ? (
            <Problems
              t={t}
              ref={summary}
              problems={[{ field: 'decline-message', repair: t.decline_missing(name)[1] }]}
              before={t.fix_decline}
            />
          ) : null}
          <div className="actions">
            <Button className="row-button" aria-disabled={isBusy} onClick={() => void answer('decline')}>
              {isBusy ? t.sending : t.decline}
            </Button>
            <Button variant="tertiary" className="row-button" onClick={() => (setDeclining(false), setMissing(false))}>
              {t.cancel}
            </Button>
          </div>
        </>
      ) : (
        <>
          <div className="actions">
            <Button className="row-button" aria-disabled={isBusy} onClick={() => void answer('accept')}>
              {isBusy ? t.sending : t.accept}
            </Button>
            <Button variant="secondary" className="row-button" onClick={() => setDeclining(true)}>
              {t.decline_with}
            </Button>
          </div>
        </>
      )}
      <p className="muted">{t.told_of_answer(name)}</p>
    </section>
  );
}
