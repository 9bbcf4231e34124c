import { Button, Textfield } from '@digdir/designsystemet-react';
import { CalendarIcon } from '@navikt/aksel-icons';
import { addDays, addMonths, distance, parseDate, withWeekday } from '../texts/dates';
import { catalogues } from '../texts/language';
import type { Texts } from '../texts/nb';
import { Icon } from './Icon';

const months = Object.values(catalogues).map((catalogue) => catalogue.months);

/** Reads what was typed into a date field, in any of the languages. */
export function readDate(typed: string, today: string): string | null {
  return parseDate(typed, today, months);
}

/** The same of what has happened: without a year it is the last such day. */
export function readPastDate(typed: string, today: string): string | null {
  return parseDate(typed, addDays(today, -364), months);
}

/** As a date stands in a field: 5.5.2026 */
export function typedDate(date: string | null): string {
  if (!date) return '';
  const [year, month, day] = date.split('-').map(Number);
  return `${day}.${month}.${year}`;
}

/** A date as text, with what was understood below it and, for a return, quick choices. */
export function DateField(props: {
  t: Texts;
  id: string;
  label: string;
  hint: string;
  value: string;
  today: string;
  from?: string; // what the quick choices count from
  after?: string; // without a year it is the first such day after this one
  past?: boolean; // without a year it is the last such day, not the next one
  error?: string;
  onChange: (typed: string) => void;
}) {
  const { t, value, today, from, error } = props;
  const understood = props.past
    ? readPastDate(value, today)
    : readDate(value, props.after ? addDays(props.after, 1) : today);
  const choices: [string, number][] = [
    [t.in_a_month, 1],
    [t.in_three_months, 3],
  ];
  return (
    <div className="date">
      <div className="date-row">
        <Textfield
          id={props.id}
          label={props.label}
          description={props.hint}
          value={value}
          error={error}
          autoComplete="off"
          onChange={(event) => props.onChange(event.target.value)}
        />
        {from ? (
          <div className="date-choices">
            {choices.map(([label, n]) => (
              <Button
                key={n}
                type="button"
                variant="secondary"
                data-color="neutral"
                className="row-button"
                onClick={() => props.onChange(typedDate(addMonths(from, n)))}
              >
                {label}
              </Button>
            ))}
          </div>
        ) : null}
      </div>
      {understood && !error ? (
        <p className="echo">
          <Icon of={CalendarIcon} small />
          <span>
            {withWeekday(t, understood, today)}, {distance(t, understood, today)}
          </span>
        </p>
      ) : null}
    </div>
  );
}
