import {
  Alert,
  Button,
  Dialog,
  type ErrorSummary,
  Fieldset,
  Heading,
  Radio,
  Textfield,
} from '@digdir/designsystemet-react';
import { MegaphoneIcon } from '@navikt/aksel-icons';
import { type ComponentRef, type FormEvent, type Ref, useEffect, useRef, useState } from 'react';
import { call, Refused } from '../../api/client';
import { send } from '../../api/outbox';
import type { ManyResults } from '../../api/types';
import { done } from '../../parts/announce';
import { DateField } from '../../parts/DateField';
import { Icon } from '../../parts/Icon';
import { Problems } from '../../parts/Problems';
import { beforeReturn, type Checked, check, nothingTyped, type Typed } from '../../parts/rules';
import { useToday } from '../../parts/time';
import { useTyped } from '../../parts/typed';
import { withWeekday } from '../../texts/dates';
import { useTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';

type Results = ManyResults['results'];
const mostNames = 12; // more are a number

/** One pause for several mentors: first the form, then what would happen, then it does. */
export function ManyDialog(props: {
  me: string;
  chosen: ReadonlyMap<string, string>; // names by id
  onClose: () => void;
  onDone: () => void;
}) {
  const t = useTexts();
  const today = useToday();
  const { me, chosen } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  const [shown, setShown] = useState<Checked>();
  const [foreseen, setForeseen] = useState<Results>();
  const [happened, setHappened] = useState<Results>();
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const summary = useRef<ComponentRef<typeof ErrorSummary>>(null);
  const alert = useRef<HTMLDivElement>(null);
  const step = happened ? 'happened' : foreseen ? 'foreseen' : 'form';
  useEffect(() => heading.current?.focus(), [step]);

  const { typed, change: type, forget } = useTyped(me, 'pause_many', () => nothingTyped);
  const change = (changes: Partial<Typed>) => {
    type(changes);
    setShown((was) => was && { ...was, problems: was.problems.filter(({ field }) => !(field in changes)) });
  };
  const giveUp = () => {
    forget();
    props.onClose();
  };
  const finish = () => {
    forget();
    props.onDone();
  };

  const checked = check(t, typed, today, '', { returns: null, reason: null });
  if (!checked.reason) {
    const [problem, repair] = t.many_why_missing;
    checked.problems.push({ field: 'reason', problem, repair });
  }
  const problemOf = (field: string) => shown?.problems.find((problem) => problem.field === field)?.problem;
  const isLater = typed.starts === 'later';
  const body = (ids: string[]): Record<string, unknown> => ({
    mentor_ids: ids,
    pause_reason: checked.reason,
    expected_return_date: checked.returns,
    ...(checked.startsOn ? { starts_on: checked.startsOn } : {}),
  });
  const fail = (why: string) => {
    setRefusal(why);
    requestAnimationFrame(() => alert.current?.focus());
  };

  async function foresee(event: FormEvent) {
    event.preventDefault();
    if (isBusy) return;
    setShown(checked);
    setRefusal(undefined);
    if (checked.problems.length > 0) {
      requestAnimationFrame(() => summary.current?.focus());
      return;
    }
    setBusy(true);
    try {
      const answer = await call('pause', { method: 'POST', body: { ...body([...chosen.keys()]), dry_run: true } });
      setForeseen(((await answer.json()) as ManyResults).results);
    } catch (error) {
      fail(error instanceof Refused ? (t.refused[error.refusal.code] ?? t.refused_other) : t.many_offline);
    } finally {
      setBusy(false);
    }
  }

  const able = (foreseen ?? []).filter(({ outcome }) => outcome !== 'refused');

  async function submit() {
    if (isBusy) return;
    setBusy(true);
    setRefusal(undefined);
    const ids = able.map(({ mentor_id }) => mentor_id);
    const outcome = await send({
      fn: 'pause',
      method: 'POST',
      body: body(ids),
      does: 'pause_many',
      mentor: null,
      names: Object.fromEntries(ids.map((id) => [id, chosen.get(id) ?? ''])),
    });
    setBusy(false);
    if (outcome.outcome === 'refused') return fail(t.refused[outcome.code] ?? t.refused_other);
    if (outcome.outcome === 'waiting') {
      finish();
      return done(t.saved_for_later);
    }
    const { results } = outcome.body as ManyResults;
    // Somebody else may have been quicker.
    if (results.some((result) => result.outcome === 'refused')) return setHappened(results);
    finish();
    done((checked.startsOn ? t.done_many_plan : t.done_many)(results.length));
  }

  const says = (date: string | null) => (date ? withWeekday(t, date, today) : null);
  return (
    <Dialog open className="sheet-dialog" aria-labelledby="dialog-title" closeButton={t.close} onClose={props.onClose}>
      <div className="dialog-bar">
        <Heading level={1} id="dialog-title" ref={heading} tabIndex={-1}>
          {step === 'form' ? t.many_title(chosen.size) : step === 'foreseen' ? t.many_foreseen : t.many_happened}
        </Heading>
      </div>
      <div className="dialog-body">
        {happened ? (
          <div className="form">
            <p>{t.done_many(happened.filter(({ outcome }) => outcome !== 'refused').length)}</p>
            <Unable t={t} results={happened} names={chosen} />
            <div className="actions">
              <Button onClick={finish}>{t.close}</Button>
            </div>
          </div>
        ) : foreseen ? (
          <div className="form">
            <div className="effect">
              <Icon of={MegaphoneIcon} />
              <p>
                {able.length === 0
                  ? t.many_nobody
                  : [
                      checked.startsOn
                        ? t.many_effect_plan(able.length, says(checked.startsOn) ?? '', says(checked.returns))
                        : t.many_effect_pause(able.length, says(checked.returns)),
                      checked.returns ? '' : t.effect_nobody_returns,
                      t.many_told,
                      t.effect_private,
                    ]
                      .filter(Boolean)
                      .join(' ')}
              </p>
            </div>
            <Unable t={t} results={foreseen} names={chosen} />
            <Failure refusal={refusal} ref={alert} />
            <div className="actions">
              {able.length > 0 ? (
                <Button aria-disabled={isBusy} onClick={() => void submit()}>
                  {isBusy ? t.sending : checked.startsOn ? t.submit_plan : t.many_submit(able.length)}
                </Button>
              ) : null}
              <Button variant="tertiary" onClick={() => setForeseen(undefined)}>
                {t.many_change}
              </Button>
            </div>
          </div>
        ) : (
          <form className="form" noValidate onSubmit={(event) => void foresee(event)}>
            {chosen.size <= mostNames ? <p>{t.sentence(t.list([...chosen.values()]))}</p> : null}
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
              label={t.many_returns}
              hint={t.returns_hint}
              value={typed.returns}
              today={today}
              from={beforeReturn(typed, today)}
              after={beforeReturn(typed, today)}
              error={problemOf('returns')}
              onChange={(returns) => change({ returns })}
            />
            <Textfield
              multiline
              id="reason-field"
              rows={3}
              label={t.why}
              description={t.many_why_hint}
              value={typed.reason}
              error={problemOf('reason')}
              onChange={(event) => change({ reason: event.target.value })}
            />
            {shown ? <Problems t={t} ref={summary} problems={shown.problems} before={t.many_fix} /> : null}
            <Failure refusal={refusal} ref={alert} />
            <div className="actions">
              <Button type="submit" aria-disabled={isBusy}>
                {isBusy ? t.loading : t.many_foresee}
              </Button>
              <Button type="button" variant="tertiary" onClick={giveUp}>
                {t.cancel}
              </Button>
            </div>
          </form>
        )}
      </div>
    </Dialog>
  );
}

function Failure({ refusal, ref }: { refusal?: string; ref: Ref<HTMLDivElement> }) {
  return refusal ? (
    <Alert data-color="danger" ref={ref} tabIndex={-1} role="alert">
      {refusal}
    </Alert>
  ) : null;
}

/** Who can't be paused, and why. */
function Unable({ t, results, names }: { t: Texts; results: Results; names: ReadonlyMap<string, string> }) {
  const unable = results.filter(({ outcome }) => outcome === 'refused');
  if (unable.length === 0) return null;
  return (
    <Alert data-color="warning">
      <p>{t.many_unable(unable.length)}</p>
      <ul>
        {unable.map(({ mentor_id, code }) => (
          <li key={mentor_id}>{t.many_why(names.get(mentor_id) ?? '', t.many_whys[code ?? ''] ?? t.many_why_other)}</li>
        ))}
      </ul>
    </Alert>
  );
}
