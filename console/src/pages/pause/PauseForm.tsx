import { Alert, Button, type ErrorSummary, Fieldset, Radio, Textfield } from '@digdir/designsystemet-react';
import { MegaphoneIcon } from '@navikt/aksel-icons';
import { type ComponentRef, type FormEvent, useRef, useState } from 'react';
import { Link } from 'wouter';
import { readWhole, useOffline } from '../../api/client';
import { send } from '../../api/outbox';
import type { MentorPage } from '../../api/types';
import { announce, done } from '../../parts/announce';
import { DateField, typedDate } from '../../parts/DateField';
import { Icon } from '../../parts/Icon';
import { toldOf } from '../../parts/people';
import { useToday } from '../../parts/time';
import { useTyped } from '../../parts/typed';
import { withWeekday } from '../../texts/dates';
import type { Texts } from '../../texts/nb';
import { Problems } from '../../parts/Problems';
import { beforeReturn, type Checked, check, readReturn, readStart, type Typed } from '../../parts/rules';

interface Props {
  t: Texts;
  page: MentorPage;
  name: string;
  me: string;
  kind: 'pause' | 'amend' | 'amend_plan';
  isWhole: boolean;
  onClose: () => void;
}

/** What is saved of that which the form changes. */
function savedIn(page: MentorPage, kind: Props['kind'], isWhole: boolean) {
  if (kind === 'pause') return null;
  const saved = kind === 'amend' ? page.pause_record : page.planned_pause;
  return {
    version: saved?.version ?? null,
    startsOn: kind === 'amend_plan' ? (page.planned_pause?.starts_on ?? null) : null,
    returns: saved?.expected_return_date ?? null,
    reason: isWhole ? (saved?.pause_reason ?? '') : null,
  };
}

export function PauseForm(props: Props) {
  const { t, page, name, me, kind } = props;
  const today = useToday();
  const isOffline = useOffline();
  const id = page.profile.id;
  // What was saved when the form was opened; after a conflict, what is saved now.
  const [saved, setSaved] = useState(() => savedIn(page, kind, props.isWhole));
  const [shown, setShown] = useState<Checked>();
  const [conflict, setConflict] = useState<MentorPage>();
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const summary = useRef<ComponentRef<typeof ErrorSummary>>(null);
  const alert = useRef<HTMLDivElement>(null);

  const first = () => ({
    starts: kind === 'amend_plan' ? ('later' as const) : ('today' as const),
    startsOn: typedDate(saved?.startsOn ?? null),
    returns: typedDate(saved?.returns ?? null),
    reason: saved?.reason ?? '',
  });
  const kept = (now: Typed) => {
    // A reason that was only read isn't kept on the device.
    const { reason, ...others } = now;
    return reason === saved?.reason ? others : now;
  };
  const { typed, change: type, forget } = useTyped(me, `${kind}:${id}`, first, kept);
  const change = (changes: Partial<Typed>) => {
    type(changes);
    // A field that is being corrected is no longer wrong.
    setShown((was) => was && { ...was, problems: was.problems.filter(({ field }) => !(field in changes)) });
  };
  const giveUp = () => {
    forget();
    props.onClose();
  };

  const checked = check(t, typed, today, name, saved ?? undefined);
  const problemOf = (field: string) => shown?.problems.find((problem) => problem.field === field)?.problem;
  const isLater = typed.starts === 'later';
  const submitLabel = kind !== 'pause' ? t.submit_amend : isLater ? t.submit_plan : t.submit_pause(name);

  function request(): {
    method: 'POST' | 'PATCH';
    does: 'pause' | 'plan' | 'amend' | 'amend_plan';
    body: Record<string, unknown>;
  } {
    if (kind === 'pause') {
      const body: Record<string, unknown> = {
        mentor_id: id,
        pause_reason: checked.reason,
        expected_return_date: checked.returns,
      };
      if (checked.startsOn) body.starts_on = checked.startsOn;
      return { method: 'POST', does: checked.startsOn ? 'plan' : 'pause', body };
    }
    const body: Record<string, unknown> =
      kind === 'amend' ? { mentor_id: id } : { planned_pause_id: page.planned_pause?.id };
    if (saved?.version) body.expected_version = saved.version;
    if (checked.returns !== saved?.returns) body.expected_return_date = checked.returns;
    if (saved?.reason != null && checked.reason !== saved.reason) body.pause_reason = checked.reason;
    if (kind === 'amend_plan' && checked.startsOn !== saved?.startsOn) body.starts_on = checked.startsOn;
    return { method: 'PATCH', does: kind, body };
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (isBusy) return;
    setShown(checked);
    setRefusal(undefined);
    if (checked.problems.length > 0) {
      requestAnimationFrame(() => summary.current?.focus());
      return;
    }
    const { method, does, body } = request();
    const changes = Object.keys(body).filter(
      (field) => !['mentor_id', 'planned_pause_id', 'expected_version'].includes(field),
    );
    if (changes.length === 0) return giveUp();
    setBusy(true);
    const outcome = await send({ fn: 'pause', method, body, does, mentor: { id, name: page.profile.display_name } });
    setBusy(false);
    if (outcome.outcome !== 'refused') {
      const said = { pause: t.done_pause, plan: t.done_plan, amend: t.done_amend, amend_plan: t.done_amend }[does];
      giveUp();
      return outcome.outcome === 'waiting' ? announce(t.saved_for_later) : done(said(name));
    }
    const isConflict = ['version_conflict', 'already_paused', 'not_paused'].includes(outcome.code);
    const now = isConflict ? await readWhole<MentorPage>('mentor', { mentor_id: id }).catch(() => null) : null;
    if (now && kind !== 'pause' && outcome.code === 'version_conflict') {
      setConflict(now.body);
      setSaved(savedIn(now.body, kind, true));
    } else {
      setRefusal(t.refused[outcome.code] ?? t.refused_other);
    }
    requestAnimationFrame(() => alert.current?.focus());
  }

  const says = (date: string | null) => (date ? withWeekday(t, date, today) : null);
  const hasDates = !checked.problems.some(({ field }) => field !== 'reason');
  const effects =
    kind === 'pause' && hasDates
      ? [
          isLater && checked.startsOn
            ? t.effect_plan(name, says(checked.startsOn) ?? '', says(checked.returns))
            : isLater
              ? ''
              : (isOffline ? t.effect_pause_later : t.effect_pause)(name, says(checked.returns)),
          checked.returns ? '' : t.effect_nobody_returns,
          toldOf(t, page, me),
          t.effect_private,
          isOffline ? t.effect_later : '',
        ]
      : [toldOf(t, page, me), t.effect_private, isOffline ? t.effect_later : ''];

  const isAway = page.pause_record?.paused_at != null;
  const plan = kind === 'pause' ? page.planned_pause : null;
  const here = `/likepersoner/${id}`;
  return (
    <form className="form" noValidate onSubmit={submit}>
      {isAway && kind !== 'amend_plan' ? (
        <p className="banner" data-color="info">
          <span>
            {t.no_plan_yet(name)} {kind === 'pause' ? <Link href={`${here}/endre`}>{t.do_amend}</Link> : null}
          </span>
        </p>
      ) : plan ? (
        <p className="banner" data-color="info">
          <span>
            {t.has_plan(name, withWeekday(t, plan.starts_on, today))}{' '}
            <Link href={`${here}/plan`}>{t.do_amend_plan}</Link>
          </span>
        </p>
      ) : null}
      {conflict ? (
        <Alert data-color="warning" ref={alert} tabIndex={-1}>
          <Conflict t={t} now={conflict} kind={kind} typed={typed} today={today} />
        </Alert>
      ) : null}
      {kind === 'pause' ? (
        <Fieldset>
          <Fieldset.Legend>{t.starts}</Fieldset.Legend>
          <div className="radios">
            <Radio
              name="starts"
              value="today"
              label={t.starts_today(withWeekday(t, today, today))}
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
      <DateField
        t={t}
        id="returns"
        label={t.returns(name)}
        hint={t.returns_hint}
        value={typed.returns}
        today={today}
        from={beforeReturn(typed, today)}
        after={beforeReturn(typed, today)}
        error={problemOf('returns')}
        onChange={(returns) => change({ returns })}
      />
      {saved && saved.reason === null ? (
        <p className="muted">{t.reason_offline}</p>
      ) : (
        <Textfield
          multiline
          id="reason-field"
          rows={3}
          label={t.why}
          description={t.why_hint(name)}
          value={typed.reason}
          error={problemOf('reason')}
          onChange={(event) => change({ reason: event.target.value })}
        />
      )}
      <div className="effect">
        <Icon of={MegaphoneIcon} />
        <p>{effects.filter(Boolean).join(' ')}</p>
      </div>
      {shown ? (
        <Problems
          t={t}
          ref={summary}
          problems={shown.problems}
          before={kind === 'pause' ? t.fix_pause(name) : t.fix_amend}
        />
      ) : null}
      {refusal ? (
        <Alert data-color="danger" ref={alert} tabIndex={-1} role="alert">
          {refusal}
        </Alert>
      ) : null}
      <div className="actions">
        <Button type="submit" aria-disabled={isBusy}>
          {isBusy ? t.sending : submitLabel}
        </Button>
        <Button type="button" variant="tertiary" onClick={giveUp}>
          {t.cancel}
        </Button>
      </div>
    </form>
  );
}

/** What somebody else saved beside what was typed here. */
function Conflict(props: { t: Texts; now: MentorPage; kind: Props['kind']; typed: Typed; today: string }) {
  const { t, now, kind, typed, today } = props;
  const saved = savedIn(now, kind, true);
  const who = now.timeline[0]?.actor_name;
  const typedReturn = readReturn(typed, today);
  const gone = kind === 'amend' ? !now.pause_record : !now.planned_pause;
  const say = (date: string | null | undefined) => (date ? withWeekday(t, date, today) : t.no_date);
  return (
    <>
      <h2 className="alert-title">{who ? t.conflict(who) : t.conflict_nobody}</h2>
      <p>{gone ? t.conflict_no_pause : t.conflict_say}</p>
      {gone ? null : (
        <table className="compare">
          <thead>
            <tr>
              <td />
              <th scope="col">{t.conflict_saved}</th>
              <th scope="col">{t.conflict_typed}</th>
            </tr>
          </thead>
          <tbody>
            {kind === 'amend_plan' ? (
              <tr>
                <th scope="row">{t.starts_on}</th>
                <td>{say(saved?.startsOn)}</td>
                <td>{say(readStart(typed, today))}</td>
              </tr>
            ) : null}
            <tr>
              <th scope="row">{t.conflict_return}</th>
              <td>{say(saved?.returns)}</td>
              <td>{say(typedReturn)}</td>
            </tr>
            <tr>
              <th scope="row">{t.reason}</th>
              <td>{saved?.reason || t.no_reason}</td>
              <td>{typed.reason}</td>
            </tr>
          </tbody>
        </table>
      )}
    </>
  );
}
