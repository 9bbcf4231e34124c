import { Button, Chip, Heading, Skeleton } from '@digdir/designsystemet-react';
import {
  CalendarIcon,
  ChatIcon,
  ExclamationmarkTriangleIcon,
  HourglassIcon,
  PauseIcon,
  PhoneIcon,
  XMarkOctagonIcon,
} from '@navikt/aksel-icons';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { useRead } from '../../api/client';
import type { MentorPage, Roster, RosterMentor, Summary } from '../../api/types';
import { announce } from '../../parts/announce';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { firstName, kindName, spaced } from '../../parts/people';
import { statusColours, statusIcons } from '../../parts/Status';
import { useToday, zone } from '../../parts/time';
import { dateIn, daysBetween, distance, withWeekday } from '../../texts/dates';
import { useTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';
import { type Group, groupOf, order, sorted } from './groups';

const icons = {
  asks: ChatIcon,
  expiring: HourglassIcon,
  late: ExclamationmarkTriangleIcon,
  expired: XMarkOctagonIcon,
  returning: CalendarIcon,
  open: PauseIcon,
};
const colours = {
  asks: 'lyng',
  expiring: 'warning',
  late: 'warning',
  expired: 'danger',
  returning: 'info',
  open: 'neutral',
} as const;

/** The first page: whom to call, and the next step as a button. */
export function Needs({ me }: { me: string }) {
  const t = useTexts();
  const today = useToday();
  const roster = useRead<Roster>('roster', {
    attention: 'overdue,open_ended,returning,expiring,expired,requests',
    limit: 200,
  });
  const [isMine, setMine] = useState(false);
  const body = roster.data?.body;
  const all = (body?.mentors ?? []).map((mentor) => ({ mentor, group: groupOf(mentor, today, startOf(mentor)) }));
  const needing = all.filter(({ group }) => group !== null);
  const mine = needing.filter(({ mentor }) => mentor.coordinators.some(({ id }) => id === me));
  const shown = isMine ? mine : needing;
  const heard = body ? t.needs_count(shown.length) : '';
  useEffect(() => {
    if (heard) announce(heard);
  }, [heard]);
  const ahead = all
    .map(({ mentor }) => mentor.expected_return_date)
    .filter((date): date is string => date !== null && date > today)
    .sort()[0];

  return (
    <>
      <Freshness t={t} at={roster.data?.at} error={roster.error} />
      <Head title={t.nav_needs} app={t.app}>
        <p className="lead">
          {t.sentence(withWeekday(t, today, today))} {heard}
        </p>
      </Head>
      {body ? (
        <div className="columns">
          <div className="stack">
            {mine.length > 0 && mine.length < needing.length ? (
              <div className="filters">
                <Chip.Checkbox checked={isMine} onChange={() => setMine(!isMine)}>
                  {t.only_mine} <span className="num">{mine.length}</span>
                </Chip.Checkbox>
              </div>
            ) : null}
            {shown.length === 0 ? (
              <div className="panel empty">
                <h2>{t.needs_nobody}</h2>
                <p>{ahead ? t.needs_next(withWeekday(t, ahead, today), distance(t, ahead, today)) : t.needs_no_date}</p>
              </div>
            ) : null}
            {order.map((group) => {
              const mentors = sorted(
                shown.filter((needed) => needed.group === group).map(({ mentor }) => mentor),
                me,
              );
              return mentors.length === 0 ? null : (
                <section key={group}>
                  <div className="group-head" data-color={colours[group]}>
                    <Icon of={icons[group]} />
                    <Heading level={2}>{t.groups[group]}</Heading>
                    <span className="count count-quiet">{mentors.length}</span>
                  </div>
                  <ul className="panel plain">
                    {mentors.map((mentor) => (
                      <Task key={mentor.mentor_id} t={t} mentor={mentor} group={group} today={today} />
                    ))}
                  </ul>
                </section>
              );
            })}
          </div>
          <Numbers t={t} summary={body.summary} />
        </div>
      ) : roster.isError ? null : (
        <Skeletons t={t} />
      )}
    </>
  );
}

function startOf(mentor: RosterMentor): string | null {
  return mentor.paused_at ? dateIn(zone(), Date.parse(mentor.paused_at)) : null;
}

function Task({ t, mentor, group, today }: { t: Texts; mentor: RosterMentor; group: Group; today: string }) {
  const here = `/likepersoner/${mentor.mentor_id}`;
  const until = mentor.expected_return_date;
  const name = firstName(mentor.display_name);
  // The roster has no numbers: it is known once the mentor's page has been read.
  const phone = useRead<MentorPage>('mentor', { mentor_id: mentor.mentor_id }, false).data?.body.contacts.phone;
  return (
    <li className="task">
      <div className="task-top">
        <Link href={here} className="task-name">
          {mentor.display_name}
        </Link>
        {group === 'late' && until ? (
          <span className="late">
            <Icon of={ExclamationmarkTriangleIcon} small />
            {t.days_over(daysBetween(until, today))}
          </span>
        ) : null}
      </div>
      <p>{sentence(t, mentor, group, today)}</p>
      <div className="actions">
        {group === 'asks' ? (
          <Button asChild variant="primary" className="row-button">
            <Link href={here}>{t.answer(name)}</Link>
          </Button>
        ) : group === 'expired' || group === 'expiring' ? (
          <Button asChild variant="secondary" className="row-button">
            <Link href={here}>{t.see(name)}</Link>
          </Button>
        ) : (
          <>
            <Button asChild variant="secondary" className="row-button">
              <Link href={`${here}/tilbake`} aria-label={`${t.do_return}: ${mentor.display_name}`}>
                {t.do_return}
              </Link>
            </Button>
            <Button asChild variant="tertiary" className="row-button">
              <Link href={`${here}/endre`} aria-label={`${t.new_date}: ${mentor.display_name}`}>
                {t.new_date}
              </Link>
            </Button>
          </>
        )}
        {phone ? (
          <Button asChild variant="tertiary" className="row-button">
            <a href={`tel:${phone}`}>
              <Icon of={PhoneIcon} small />
              {t.call(spaced(phone))}
            </a>
          </Button>
        ) : null}
      </div>
    </li>
  );
}

function sentence(t: Texts, mentor: RosterMentor, group: Group, today: string): string {
  const until = mentor.expected_return_date;
  const name = firstName(mentor.display_name);
  if (group === 'expired') {
    const kind = mentor.certification_kind ? kindName(mentor.certification_kind) : t.a_certification;
    const date = mentor.certification_expires_on;
    const what = date ? t.kind_expired(kind, withWeekday(t, date, today)) : t.kind_missing(kind);
    return `${what}. ${t.until_renewed(name)}`;
  }
  if (group === 'expiring') {
    const kind = mentor.certification_kind ? kindName(mentor.certification_kind) : t.a_certification;
    const date = mentor.certification_expires_on;
    return date ? `${t.kind_expires(kind, `${withWeekday(t, date, today)}, ${distance(t, date, today)}`)}.` : '';
  }
  if (group === 'asks') return t.asks[mentor.open_request?.kind ?? 'pause'];
  if (group === 'late' && until) return t.was_due(withWeekday(t, until, today));
  if (group === 'returning' && until) return t.is_due(`${withWeekday(t, until, today)}, ${distance(t, until, today)}`);
  const start = startOf(mentor);
  return start ? t.away_since(withWeekday(t, start, today)) : t.say_paused_open;
}

function Numbers({ t, summary }: { t: Texts; summary: Summary }) {
  return (
    <section className="panel sheet">
      <Heading level={2}>{t.count(summary.total)}</Heading>
      <ul className="plain facts">
        {(['active', 'paused', 'expired_cert'] as const).map((status) => (
          <li key={status} data-color={statusColours[status]}>
            <Link href={`/likepersoner?status=${status}`}>
              <Icon of={statusIcons[status]} />
              {t[status]}
              <b>{summary[status]}</b>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Skeletons({ t }: { t: Texts }) {
  return (
    <>
      <p className="unseen" role="status">
        {t.loading}
      </p>
      <div className="panel" aria-hidden>
        {[1, 2, 3].map((n) => (
          <div key={n} className="mentor-skeleton">
            <Skeleton variant="text" width={18} />
            <Skeleton variant="text" width={40} />
          </div>
        ))}
      </div>
    </>
  );
}
