// Who needs somebody today, from the roster: each mentor once, in the most urgent group.
import type { RosterMentor } from '../../api/types';
import { addDays, daysBetween } from '../../texts/dates';

export type Group = 'asks' | 'late' | 'expired' | 'returning' | 'expiring' | 'open';
export const order: Group[] = ['asks', 'late', 'expired', 'returning', 'expiring', 'open'];

const week = 7; // days ahead in which a return is soon
const long = 90; // days after which a pause without an end is asked about

export function groupOf(mentor: RosterMentor, today: string, startedOn: string | null): Group | null {
  const until = mentor.expected_return_date;
  const isExpiring = mentor.certification_state === 'expiring';
  if (mentor.open_request) return 'asks';
  if (mentor.status === 'expired_cert') return 'expired';
  if (mentor.status !== 'paused') return isExpiring ? 'expiring' : null;
  if (until === null) {
    if (startedOn !== null && daysBetween(startedOn, today) >= long) return 'open';
    return isExpiring ? 'expiring' : null;
  }
  if (until < today) return 'late';
  if (until <= addDays(today, week)) return 'returning';
  return isExpiring ? 'expiring' : null;
}

/** One's own first, then by the date that they are about, then as the roster has them. */
export function sorted(mentors: RosterMentor[], me: string): RosterMentor[] {
  const isMine = (mentor: RosterMentor) => mentor.coordinators.some(({ id }) => id === me);
  const date = (mentor: RosterMentor) =>
    (mentor.status === 'paused' ? mentor.expected_return_date : mentor.certification_expires_on) ?? '';
  return mentors
    .map((mentor, n) => ({ mentor, n }))
    .sort(
      (a, b) =>
        Number(isMine(b.mentor)) - Number(isMine(a.mentor)) ||
        date(a.mentor).localeCompare(date(b.mentor)) ||
        a.n - b.n,
    )
    .map(({ mentor }) => mentor);
}
