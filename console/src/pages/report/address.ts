// What a report is about, as it stands in the address.
import { useSearch } from 'wouter';
import type { Query } from '../../api/client';
import { full } from '../../texts/dates';
import type { Texts } from '../../texts/nb';
import type { ReportTexts } from './texts';

export const root = '/perioderapport';

export interface Period {
  from: string;
  to: string;
  chapter: string | null;
}

const isDate = (text: string | null): text is string => /^\d{4}-\d{2}-\d{2}$/.test(text ?? '');

/** A year, until today if it is this one. */
export function year(of: string, today: string): Pick<Period, 'from' | 'to'> {
  const last = `${of}-12-31`;
  return { from: `${of}-01-01`, to: last < today ? last : today };
}

/**
 * What the address says, else a year: the last one until the end of June, when last year's
 * grants are accounted for, then this one.
 */
export function readPeriod(address: string, today: string): Period {
  const parameters = new URLSearchParams(address);
  const [from, to] = [parameters.get('fra'), parameters.get('til')];
  const chapter = parameters.get('lokallag');
  if (isDate(from) && isDate(to) && from <= to) return { from, to, chapter };
  const thisYear = Number(today.slice(0, 4));
  return { ...year(String(today.slice(5) < '07-01' ? thisYear - 1 : thisYear), today), chapter };
}

/** Where a page about this period is. */
export function placeOf(period: Period, page = '', more: Record<string, string> = {}): string {
  const parameters = new URLSearchParams({ fra: period.from, til: period.to });
  if (period.chapter) parameters.set('lokallag', period.chapter);
  for (const [name, value] of Object.entries(more)) parameters.set(name, value);
  return `${root}${page}?${parameters}`;
}

export function usePeriod(today: string): Period {
  return readPeriod(useSearch(), today);
}

export function queryOf(period: Period): Query {
  return { from: period.from, to: period.to, chapter_id: period.chapter ?? undefined };
}

/** 2025, 2026 so far, or the dates. */
export function nameOf(t: Texts, own: ReportTexts, period: Pick<Period, 'from' | 'to'>, today: string): string {
  const of = period.from.slice(0, 4);
  if (period.from === `${of}-01-01` && period.to === `${of}-12-31`) return of;
  if (period.from === `${of}-01-01` && period.to === today) return own.so_far(of);
  return own.from_to(full(t, period.from), full(t, period.to));
}

/** The same as the title of a report. */
export function titleOf(t: Texts, own: ReportTexts, period: Pick<Period, 'from' | 'to'>): string {
  const name = nameOf(t, own, period, '');
  return /^\d{4}$/.test(name) ? own.whole_year(name) : name;
}

/** In 2025, or from a day to another: how a sentence ends. */
export function inPeriod(t: Texts, own: ReportTexts, period: Pick<Period, 'from' | 'to'>, today: string): string {
  const of = period.from.slice(0, 4);
  const isYear = period.from === `${of}-01-01` && (period.to === `${of}-12-31` || period.to === today);
  return isYear ? own.in_year(of) : own.in_period(full(t, period.from), full(t, period.to));
}
