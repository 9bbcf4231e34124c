// What a pause must be before it is sent. The database decides; this spares a round trip,
// and says what to do instead.
import { addDays, addMonths, withWeekday } from '../texts/dates';
import type { Texts } from '../texts/nb';
import { readDate } from './DateField';

export interface Typed {
  starts: 'today' | 'later';
  startsOn: string;
  returns: string;
  reason: string;
}

export const nothingTyped: Typed = { starts: 'today', startsOn: '', returns: '', reason: '' };

export interface Problem {
  field: string; // the id of its input
  problem: string;
  repair: string;
}

export interface Checked {
  startsOn: string | null; // null: at once
  returns: string | null;
  reason: string;
  problems: Problem[];
}

/** The first day that was typed: without a year it is ahead. */
export function readStart({ startsOn }: Typed, today: string): string | null {
  return readDate(startsOn, addDays(today, 1));
}

/** After which day the return is: today, or the pause's first day when that is ahead. */
export function beforeReturn(typed: Typed, today: string): string {
  const start = typed.starts === 'later' ? readStart(typed, today) : null;
  return start && start > today ? start : today;
}

/** The date of return that was typed: without a year it is after the pause's first day. */
export function readReturn(typed: Typed, today: string): string | null {
  return readDate(typed.returns, addDays(beforeReturn(typed, today), 1));
}

/**
 * Checks what was typed. A date of return that stands there unchanged may have passed; a
 * reason is not demanded where it can't be shown (kept: null).
 */
export function check(
  t: Texts,
  typed: Typed,
  today: string,
  name: string,
  kept?: { returns: string | null; reason: string | null },
): Checked {
  const problems: Problem[] = [];
  const add = (field: Problem['field'], [problem, repair]: [string, string]) =>
    problems.push({ field, problem, repair });
  const day = (date: string) => withWeekday(t, date, today);

  let startsOn: string | null = null;
  if (typed.starts === 'later') {
    startsOn = readStart(typed, today);
    const last = addMonths(today, 12);
    if (!typed.startsOn.trim()) add('startsOn', t.date_missing);
    else if (!startsOn) add('startsOn', t.date_unread);
    else if (startsOn <= today) add('startsOn', t.date_past(day(startsOn), day(addDays(today, 1))));
    else if (startsOn > last) add('startsOn', t.date_far(day(last)));
  }

  let returns: string | null = null;
  if (typed.returns.trim()) {
    returns = readReturn(typed, today);
    const last = addMonths(today, 36);
    if (!returns) add('returns', t.date_unread);
    else if (returns === kept?.returns) {
      // as it stands
    } else if (startsOn && returns <= startsOn) add('returns', t.date_before_start(day(startsOn)));
    else if (returns <= today) add('returns', t.date_past(day(returns), day(addDays(today, 1))));
    else if (returns > last) add('returns', t.date_far(day(last)));
  }

  const reason = typed.reason.trim();
  const isAsked = !kept || kept.reason !== null;
  if (isAsked && !reason) add('reason', t.why_missing(name));
  if ([...reason].length > 500) add('reason', t.why_long);
  return { startsOn, returns, reason, problems };
}
