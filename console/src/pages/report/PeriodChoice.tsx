import { Button, ErrorSummary, Field, Label, Select, ToggleGroup } from '@digdir/designsystemet-react';
import { type ComponentRef, type FormEvent, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { DateField, readDate, typedDate } from '../../parts/DateField';
import { Problems } from '../../parts/Problems';
import type { Problem } from '../../parts/rules';
import { addMonths, full } from '../../texts/dates';
import type { Texts } from '../../texts/nb';
import { type Period, placeOf, year } from './address';
import type { ReportTexts } from './texts';

const years = 4;

/** A year at one press, or two dates; and one chapter, or all. */
export function PeriodChoice(props: {
  t: Texts;
  own: ReportTexts;
  period: Period;
  chapters: { chapter_id: string; name: string }[];
  today: string;
}) {
  const { t, own, period, chapters, today } = props;
  const [, navigate] = useLocation();
  const go = (changed: Partial<Period>) => navigate(placeOf({ ...period, ...changed }), { replace: true });
  const thisYear = Number(today.slice(0, 4));
  const choices = Array.from({ length: years }, (_, n) => String(thisYear - years + 1 + n));
  const chosen = choices.find((choice) => {
    const { from, to } = year(choice, today);
    return from === period.from && to === period.to;
  });
  const [isOther, setOther] = useState(chosen === undefined);
  return (
    <div className="period no-print">
      <div className="period-row">
        <ToggleGroup
          data-toggle-group={own.year}
          value={isOther ? '' : (chosen ?? '')}
          onChange={(value) => {
            setOther(false);
            go(year(value, today));
          }}
        >
          {choices.map((choice) => (
            <ToggleGroup.Item key={choice} value={choice}>
              {choice}
            </ToggleGroup.Item>
          ))}
        </ToggleGroup>
        {isOther ? null : (
          <Button variant="tertiary" className="row-button" onClick={() => setOther(true)}>
            {own.other_dates}
          </Button>
        )}
        {chapters.length > 1 ? (
          <Field className="period-chapter">
            <Label>{own.chapters}</Label>
            <Select value={period.chapter ?? ''} onChange={(event) => go({ chapter: event.target.value || null })}>
              <Select.Option value="">{own.all_chapters}</Select.Option>
              {chapters.map(({ chapter_id, name }) => (
                <Select.Option key={chapter_id} value={chapter_id}>
                  {name}
                </Select.Option>
              ))}
            </Select>
          </Field>
        ) : null}
      </div>
      {isOther ? <Dates t={t} own={own} period={period} today={today} onChosen={go} /> : null}
    </div>
  );
}

function Dates(props: {
  t: Texts;
  own: ReportTexts;
  period: Period;
  today: string;
  onChosen: (period: Pick<Period, 'from' | 'to'>) => void;
}) {
  const { t, own, today } = props;
  const [from, setFrom] = useState(typedDate(props.period.from));
  const [to, setTo] = useState(typedDate(props.period.to));
  const [problems, setProblems] = useState<Problem[]>([]);
  const summary = useRef<ComponentRef<typeof ErrorSummary>>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const first = readDate(from, today);
    const last = readDate(to, today);
    const found: Problem[] = [];
    const add = (field: string, problem: string, repair: string) => found.push({ field, problem, repair });
    if (!first) add('period-from', own.date_unread, own.date_unread_do);
    if (!last) add('period-to', own.date_unread, own.date_unread_do);
    else if (last > today) add('period-to', own.to_ahead(full(t, today)), own.to_ahead_do);
    else if (first && last < first) add('period-to', own.to_before(full(t, first)), own.to_before_do);
    else if (first && last >= addMonths(first, 60)) add('period-to', own.too_long, own.too_long_do);
    setProblems(found);
    if (found.length) requestAnimationFrame(() => summary.current?.focus());
    else if (first && last) props.onChosen({ from: first, to: last });
  };
  const errorOf = (field: string) => problems.find((problem) => problem.field === field)?.problem;
  return (
    <form className="form panel sheet" onSubmit={submit} noValidate>
      <div className="dates">
        <DateField
          t={t}
          id="period-from"
          label={own.from}
          hint={own.date_hint}
          value={from}
          today={today}
          error={errorOf('period-from')}
          onChange={setFrom}
        />
        <DateField
          t={t}
          id="period-to"
          label={own.to}
          hint={own.date_hint}
          value={to}
          today={today}
          error={errorOf('period-to')}
          onChange={setTo}
        />
      </div>
      <Problems t={t} ref={summary} problems={problems} before={own.fix_period} />
      <div className="actions">
        <Button type="submit" variant="secondary">
          {own.show_period}
        </Button>
      </div>
    </form>
  );
}
