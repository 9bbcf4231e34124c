// Who is behind a number of a report, judged by the stretches of days as the report does.
import type { ReportMentor, ReportNumbers, ReportStretch } from '../../api/types';
import { daysBetween } from '../../texts/dates';

export const judged = [
  'registered_start',
  'registered_end',
  'registered_any',
  'active_any',
  'active_end',
  'active_every_day',
  'certified_any',
  'certified_end',
  'certified_every_day',
] as const;
export type Judged = (typeof judged)[number];

export const isJudged = (text: string | null): text is Judged => judged.includes(text as Judged);

export const daysOf = (stretch: ReportStretch) => daysBetween(stretch.from, stretch.to) + 1;

const is = {
  registered: () => true,
  active: (stretch: ReportStretch) => stretch.status === 'active',
  certified: (stretch: ReportStretch) => stretch.certified,
};

/** Whether a mentor counts in a number of the report of a period. */
export function counts(mentor: ReportMentor, number: Judged, from: string, to: string): boolean {
  const [group, when] = number.split(/_(.*)/) as [keyof typeof is, string];
  const those = mentor.stretches.filter(is[group]);
  switch (when) {
    case 'start':
      return those.some((stretch) => stretch.from <= from && from <= stretch.to);
    case 'end':
      return those.some((stretch) => stretch.from <= to && to <= stretch.to);
    case 'every_day':
      return those.reduce((days, stretch) => days + daysOf(stretch), 0) === daysBetween(from, to) + 1;
    default:
      return those.length > 0;
  }
}

/** The days of a mentor in each status, those without any left out. */
export function sums(mentor: ReportMentor): ['active' | 'certified' | 'paused' | 'expired_cert', number][] {
  const all = { active: 0, certified: 0, paused: 0, expired_cert: 0 };
  for (const stretch of mentor.stretches) {
    all[stretch.status === 'active' && stretch.certified ? 'certified' : stretch.status] += daysOf(stretch);
  }
  return (['certified', 'active', 'paused', 'expired_cert'] as const)
    .map((status): [typeof status, number] => [status, all[status]])
    .filter(([, days]) => days > 0);
}

/**
 * Whether those of the first day and those who came, less those who left, are those of the last.
 * Both are measured from the day before: whoever began on the first day is counted twice, and
 * whoever had their last day on the day before only left. Each person counts once, however often
 * they came or left.
 */
export function addsUp(n: Pick<ReportNumbers, 'registered_start' | 'registered_end' | 'joined' | 'left'>): boolean {
  return n.registered_start + n.joined - n.left === n.registered_end;
}
