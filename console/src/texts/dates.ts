// Dates and times in words. A date is text, YYYY-MM-DD, and has no time zone.
import type { Texts } from './nb';

const dayLength = 86_400_000;

// To make a format takes longer than to use it a hundred times.
const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(locale, options);
    formats.set(key, made);
  }
  return made;
}

function utc(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}

// What is stored may be no date, such as infinity; a page shows that as it stands, for a
// format would throw and take the page with it.
const isDate = (date: string) => !Number.isNaN(utc(date));

export function addDays(date: string, days: number): string {
  if (!isDate(date)) return date;
  return new Date(utc(date) + days * dayLength).toISOString().slice(0, 10);
}

/** So many calendar months on; the 31st becomes the month's last day. */
export function addMonths(date: string, months: number): string {
  if (!isDate(date)) return date;
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  const last = new Date(Date.UTC(year, month - 1 + months + 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(day, last))).toISOString().slice(0, 10);
}

export function daysBetween(from: string, to: string): number {
  return Math.round((utc(to) - utc(from)) / dayLength);
}

/** The date of a moment in a time zone; a dash for what is no moment. */
export function dateIn(zone: string, at: number): string {
  if (Number.isNaN(at)) return '–';
  return format('sv-SE', { timeZone: zone }).format(at);
}

// No-break spaces keep the parts of a date together.
const together = (text: string) => text.replaceAll(' ', '\u00a0');

/** A text that was written elsewhere, with its dates unbroken. */
export function unbroken(text: string): string {
  const month = 'jan|feb|mar|apr|ma[iy]|jun|jul|aug|sep|okt|oct|nov|de[sc]';
  return text.replace(new RegExp(`(\\d\\.?) (?=(?:${month}))`, 'giu'), '$1\u00a0');
}

/** 2. mars, with the year if it isn't this one. */
export function short(t: Texts, date: string, today: string): string {
  if (!isDate(date)) return date;
  const withYear = date.slice(0, 4) !== today.slice(0, 4);
  return together(
    format(t.locale, {
      day: 'numeric',
      month: 'long',
      ...(withYear ? { year: 'numeric' } : {}),
      timeZone: 'UTC',
    }).format(utc(date)),
  );
}

/** 2. mars 2026, as in history. */
export function full(t: Texts, date: string): string {
  if (!isDate(date)) return date;
  return together(
    format(t.locale, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).format(utc(date)),
  );
}

/** april 2021 */
export function monthOf(t: Texts, date: string): string {
  if (!isDate(date)) return date;
  return together(format(t.locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(utc(date)));
}

/** mandag 2. mars */
export function withWeekday(t: Texts, date: string, today: string): string {
  if (!isDate(date)) return date;
  const weekday = format(t.locale, { weekday: 'long', timeZone: 'UTC' }).format(utc(date));
  return `${weekday} ${short(t, date, today)}`;
}

/** om 20 dager, om 12 uker, om 8 måneder; i går, for 9 dager siden, for 8 måneder siden */
export function distance(t: Texts, date: string, today: string): string {
  if (!isDate(date)) return date;
  const days = daysBetween(today, date);
  const isPast = days < 0;
  const away = Math.abs(days);
  if (away < 28) return together(isPast ? t.days_ago(away) : t.in_days(away));
  if (away < 120) return together((isPast ? t.weeks_ago : t.in_weeks)(Math.round(away / 7)));
  const months = Math.round(away / 30.44);
  if (months < 24) return together((isPast ? t.months_ago : t.in_months)(months));
  return together((isPast ? t.years_ago : t.in_years)(Math.round(months / 12)));
}

/** 14.20 */
export function clock(t: Texts, zone: string, at: number): string {
  if (Number.isNaN(at)) return '–';
  const text = format('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: zone }).format(at);
  return t.locale === 'en-GB' ? text : text.replace(':', '.');
}

/** 12. januar 2026 kl. 16.05 */
export function moment(t: Texts, zone: string, at: number): string {
  if (Number.isNaN(at)) return '–';
  return `${full(t, dateIn(zone, at))} ${together(t.at(clock(t, zone, at)))}`;
}

/** kl. 14.20 today, else with its date */
export function freshness(t: Texts, zone: string, at: number, now: number): string {
  if (Number.isNaN(at)) return '–';
  const date = dateIn(zone, at);
  const today = dateIn(zone, now);
  return date === today
    ? together(t.at(clock(t, zone, at)))
    : `${short(t, date, today)} ${together(t.at(clock(t, zone, at)))}`;
}

function valid(year: number, month: number, day: number): string | null {
  if (year < 1900 || year > 9999 || month < 1 || month > 12 || day < 1) return null;
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return null;
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/**
 * Reads a date as people write it: 5.5.26, 05.05.2026, 5/5, 050526, 5 mai, 5. mai 2026,
 * 2026-05-05. Without a year it is the next such day. Null: it can't be read.
 */
export function parseDate(typed: string, today: string, months: readonly (readonly string[])[]): string | null {
  const text = typed.trim().toLowerCase().replaceAll('\u00a0', ' ');
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (iso) return valid(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const digits = /^(\d{2})(\d{2})(\d{2}|\d{4})$/.exec(text);
  const numbers = digits ?? /^(\d{1,2})[./ -]+(\d{1,2})(?:[./ -]+(\d{4}|\d{2}))?\.?$/.exec(text);
  const named = /^(?:\p{L}+\.?,? )?(\d{1,2})\.? ?(\p{L}{3,})\.?(?: (\d{4}|\d{2}))?$/u.exec(text);
  let day: number;
  let month: number;
  let yearText: string | undefined;
  if (numbers) {
    [day, month, yearText] = [Number(numbers[1]), Number(numbers[2]), numbers[3]];
  } else if (named) {
    const name = named[2] ?? '';
    month = 1 + Math.max(...months.map((catalogue) => catalogue.findIndex((start) => name.startsWith(start))));
    [day, yearText] = [Number(named[1]), named[3]];
  } else {
    return null;
  }
  if (yearText) return valid(yearText.length === 2 ? 2000 + Number(yearText) : Number(yearText), month, day);
  const year = Number(today.slice(0, 4));
  for (const candidate of [year, year + 1, year + 2, year + 3, year + 4]) {
    const date = valid(candidate, month, day);
    if (date && date >= today) return date;
  }
  return null;
}
