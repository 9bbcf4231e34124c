import { Alert, Button, type ErrorSummary, Fieldset, Radio, Textfield } from '@digdir/designsystemet-react';
import { MegaphoneIcon } from '@navikt/aksel-icons';
import { type ComponentRef, type FormEvent, useRef, useState } from 'react';
import { useOffline } from '../../api/client';
import { send } from '../../api/outbox';
import type { LeaveRequest, MentorPage } from '../../api/types';
import { announce, done } from '../../parts/announce';
import { DateField } from '../../parts/DateField';
import { Icon } from '../../parts/Icon';
import { refusalOf } from '../../parts/refusal';
import { useToday } from '../../parts/time';
import { useTyped } from '../../parts/typed';
import { withWeekday } from '../../texts/dates';
import type { Texts } from '../../texts/nb';
import { Problems } from '../../parts/Problems';
import { beforeReturn, type Checked, check, nothingTyped, type Typed } from '../../parts/rules';

export type Asking = 'ask_pause' | 'ask_date' | 'ask_return';
const kinds = { ask_pause: 'pause', ask_date: 'change_return', ask_return: 'return' } as const;

/** A mentor asks for leave. */
export function LeaveForm(props: { t: Texts; page: MentorPage; me: string; kind: Asking; onClose: () => void }) {
  const { t, page, me, kind } = props;
  const today = useToday();
  const isOffline = useOffline();
  const [shown, setShown] = useState<Checked>();
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const summary = useRef<ComponentRef<typeof ErrorSummary>>(null);
  const alert = useRef<HTMLDivElement>(null);
  const { typed, change: type, forget } = useTyped(me, `${kind}:${me}`, () => nothingTyped);
  const change = (changes: Partial<Typed>) => {
    type(changes);
    setShown((was) => was && { ...was, problems: was.problems.filter(({ field }) => !(field in changes)) });
  };
  const giveUp = () => {
    forget();
    props.onClose();
  };

  // The reason is the mentor's to give or not.
  const checked = check(t, typed, today, '', { returns: null, reason: null });
  const current = page.pause_record?.expected_return_date ?? null;
  if (kind === 'ask_date' && checked.problems.length === 0 && checked.returns === current) {
    const [problem, repair] = t.ask_date_same;
    checked.problems.push({ field: 'returns', problem, repair });
  }
  const problemOf = (field: string) => shown?.problems.find((problem) => problem.field === field)?.problem;
  const isLater = kind === 'ask_pause' && typed.starts === 'later';
  const label = t[kind];

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (isBusy) return;
    setShown(checked);
    setRefusal(undefined);
    if (checked.problems.length > 0) {
      requestAnimationFrame(() => summary.current?.focus());
      return;
    }
    setBusy(true);
    const body: Record<string, unknown> = { kind: kinds[kind] };
    if (checked.reason) body.reason = checked.reason;
    if (isLater) body.starts_on = checked.startsOn;
    if (kind !== 'ask_return') body.expected_return_date = checked.returns;
    const outcome = await send({
      fn: 'requests',
      method: 'POST',
      body,
      does: kind,
      mentor: { id: page.profile.id, name: page.profile.display_name },
    });
    setBusy(false);
    if (outcome.outcome === 'refused') {
      setRefusal(refusalOf(t, kind, outcome.code));
      requestAnimationFrame(() => alert.current?.focus());
      return;
    }
    const request =
      outcome.outcome === 'done' ? (outcome.body as { leave_request?: LeaveRequest }).leave_request : null;
    giveUp();
    if (outcome.outcome === 'waiting') announce(t.saved_for_later);
    else done(request?.state === 'accepted' ? t.done_asked_at_once : t.done_asked);
  }

  const says = (date: string | null) => (date ? withWeekday(t, date, today) : null);
  const hasDates = !checked.problems.some(({ field, problem }) => field !== 'reason' && problem !== t.ask_date_same[0]);
  const told = page.recipients.filter(({ id }) => id !== me).map((person) => person.display_name);
  const effects = [
    kind === 'ask_return'
      ? t.ask_effect_return
      : !hasDates
        ? ''
        : kind === 'ask_date'
          ? t.ask_effect_date(says(checked.returns))
          : t.ask_effect_pause(isLater ? says(checked.startsOn) : null, says(checked.returns)),
    t.ask_effect_accepted,
    told.length > 0 ? t.told(told) : '',
    t.ask_effect_answer,
    isOffline ? t.effect_later : '',
  ];

  return (
    <form className="form" noValidate onSubmit={submit}>
      {kind === 'ask_pause' ? (
        <Fieldset>
          <Fieldset.Legend>{t.starts}</Fieldset.Legend>
          <div className="radios">
            <Radio
              name="starts"
              value="today"
              label={t.ask_starts_now}
              checked={!isLater}
              onChange={() => change({ starts: 'today' })}
            />
            <Radio
              name="starts"
              value="later"
              label={t.starts_later}
              checked={isLater}
              onChange={() => change({ starts: 'later' })}
            />
          </div>
        </Fieldset>
      ) : null}
      {isLater ? (
        <DateField
          t={t}
          id="startsOn"
          label={t.starts_on}
          hint={t.date_hint}
          value={typed.startsOn}
          today={today}
          after={today}
          error={problemOf('startsOn')}
          onChange={(startsOn) => change({ startsOn })}
        />
      ) : null}
      {kind === 'ask_return' ? null : (
        <DateField
          t={t}
          id="returns"
          label={t.ask_returns}
          hint={t.ask_returns_hint}
          value={typed.returns}
          today={today}
          from={beforeReturn(typed, today)}
          after={beforeReturn(typed, today)}
          error={problemOf('returns')}
          onChange={(returns) => change({ returns })}
        />
      )}
      <Textfield
        multiline
        id="reason-field"
        rows={3}
        label={t.ask_why}
        description={t.ask_why_hint}
        value={typed.reason}
        error={problemOf('reason')}
        onChange={(event) => change({ reason: event.target.value })}
      />
      <div className="effect">
        <Icon of={MegaphoneIcon} />
        <p>{effects.filter(Boolean).join(' ')}</p>
      </div>
      {shown ? <Problems t={t} ref={summary} problems={shown.problems} before={t.fix_ask} /> : null}
      {refusal ? (
        <Alert data-color="danger" ref={alert} tabIndex={-1} role="alert">
          {refusal}
        </Alert>
      ) : null}
      <div className="actions">
        <Button type="submit" aria-disabled={isBusy}>
          {isBusy ? t.sending : label}
        </Button>
        <Button type="button" variant="tertiary" onClick={giveUp}>
          {t.cancel}
        </Button>
      </div>
    </form>
  );
}
