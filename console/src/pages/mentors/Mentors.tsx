import { Button, Checkbox, Chip, Skeleton } from '@digdir/designsystemet-react';
import { ChevronRightIcon, ExclamationmarkTriangleIcon, HourglassIcon } from '@navikt/aksel-icons';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { type Query, type Reading, Refused, usePages } from '../../api/client';
import { serverNow } from '../../api/clock';
import { whenLeft } from '../../api/session';
import type { Roster, RosterMentor, Summary } from '../../api/types';
import { announce } from '../../parts/announce';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { kindName } from '../../parts/people';
import { Search } from '../../parts/Search';
import { StatusTag } from '../../parts/Status';
import { useToday, zone } from '../../parts/time';
import { daysBetween, distance, freshness, full, short, withWeekday } from '../../texts/dates';
import { useTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';

const ManyDialog = lazy(() => import('./ManyDialog').then((page) => ({ default: page.ManyDialog })));

const most = 500; // at once
const statuses = ['active', 'paused', 'expired_cert'] as const;

// Whom somebody has chosen, while other pages are looked at.
const choices = new Map<string, ReadonlyMap<string, string>>();
whenLeft(() => choices.clear());

/** What is asked for, as it stands in the address. */
interface Filter {
  search: string;
  status: string[];
  attention: string[];
  mine: boolean;
}

function readFilter(address: string): Filter {
  const parameters = new URLSearchParams(address);
  const several = (name: string) => (parameters.get(name) ?? '').split(',').filter(Boolean);
  return {
    search: parameters.get('sok') ?? '',
    status: several('status').filter((status) => statuses.includes(status as never)),
    attention: several('folg').filter((value) => value === 'expiring'),
    mine: parameters.get('mine') === '1',
  };
}

function writeFilter(filter: Filter): string {
  const parameters = new URLSearchParams();
  if (filter.search) parameters.set('sok', filter.search);
  if (filter.status.length) parameters.set('status', filter.status.join(','));
  if (filter.attention.length) parameters.set('folg', filter.attention.join(','));
  if (filter.mine) parameters.set('mine', '1');
  const text = parameters.toString();
  return `/likepersoner${text ? `?${text}` : ''}`;
}

export function Mentors({ me }: { me: string }) {
  const t = useTexts();
  const today = useToday();
  const [, navigate] = useLocation();
  const filter = readFilter(useSearch());
  const query: Query = {
    search: filter.search,
    status: filter.status.join(','),
    attention: filter.attention.join(','),
    mine: filter.mine || undefined,
  };
  const roster = usePages<Roster>('roster', query);
  const pages = roster.data?.pages as Reading<Roster>[] | undefined;
  const first = pages?.[0];
  const mentors = pages?.flatMap((page) => page.body.mentors) ?? [];
  const hasFilter = filter.search !== '' || filter.status.length > 0 || filter.attention.length > 0 || filter.mine;
  // Whom one has chosen, by id: they stay chosen while one searches for more.
  const [chosen, setChosenHere] = useState(choices.get(me));
  const setChosen = (people: ReadonlyMap<string, string> | undefined) => {
    choices.clear();
    if (people) choices.set(me, people);
    setChosenHere(people);
  };
  const [isPausing, setPausing] = useState(false);
  const choose = (people: RosterMentor[], isChosen: boolean) => {
    const next = new Map(chosen);
    for (const { mentor_id, display_name } of people) {
      if (isChosen) next.set(mentor_id, display_name);
      else next.delete(mentor_id);
    }
    setChosen(next);
  };
  const isSettled = !roster.isPlaceholderData && !roster.isFetching;

  const count = first ? found(filter, first.body.summary, mentors.length, !roster.hasNextPage) : null;
  const heard = count === null ? '' : hasFilter && mentors.length === 0 ? t.no_hits : t.listed(count);
  // Once for each list, not for each time that it is checked.
  const asked = JSON.stringify(query);
  const told = useRef('');
  useEffect(() => {
    if (!isSettled || !heard || told.current === asked + heard) return;
    told.current = asked + heard;
    announce(heard);
  }, [isSettled, heard, asked]);

  return (
    <>
      <Freshness t={t} at={first?.at} error={roster.error} />
      <Head title={t.roster_title} app={t.app} />
      <div className="toolbar">
        <Search
          label={t.search}
          value={filter.search}
          onSearch={(search) => navigate(writeFilter({ ...readFilter(location.search), search }), { replace: true })}
        />
        <Filters
          t={t}
          filter={filter}
          summary={first?.body.summary}
          onChange={(changed) => navigate(writeFilter(changed), { replace: true })}
        />
      </div>
      {first ? (
        <>
          {mentors.length > 0 && count !== null ? (
            <p className="list-head">
              <strong>{t.count(count)}</strong>{' '}
              {roster.isError ? t.as_it_was(freshness(t, zone(), first.at, serverNow())) : null}
            </p>
          ) : null}
          {mentors.length === 0 ? null : chosen ? (
            <Checkbox
              className="choose-all"
              label={t.choose_all}
              value="all"
              checked={mentors.every(({ mentor_id }) => chosen.has(mentor_id))}
              onChange={(event) => choose(mentors, event.target.checked)}
            />
          ) : (
            <Button
              variant="tertiary"
              className="row-button choose-several"
              onClick={() => {
                setChosen(new Map());
                requestAnimationFrame(() => document.querySelector<HTMLElement>('.choose-all input')?.focus());
              }}
            >
              {t.choose_several}
            </Button>
          )}
          {mentors.length > 0 ? (
            <List t={t} mentors={mentors} today={today} me={me} chosen={chosen} onChoose={choose} />
          ) : (
            <Empty t={t} filter={filter} hasFilter={hasFilter} />
          )}
          {roster.hasNextPage ? (
            <div className="more">
              {count !== null ? (
                <p className="muted">{t.shown_of(mentors.length, Math.max(count, mentors.length))}</p>
              ) : null}
              <Button
                variant="secondary"
                aria-disabled={roster.isFetchingNextPage}
                onClick={() => void roster.fetchNextPage()}
              >
                {roster.isFetchingNextPage ? t.loading : t.show_more}
              </Button>
            </div>
          ) : null}
        </>
      ) : roster.isError ? (
        roster.error instanceof Refused ? (
          <p className="banner" data-color="danger">
            {t.refused[roster.error.refusal.code] ?? t.refused_other}
          </p>
        ) : null
      ) : (
        <Skeletons t={t} />
      )}
      {chosen ? (
        <div className="chosen" role="group" aria-label={t.choose_several}>
          <p role="status">{chosen.size > most ? t.choose_fewer(most) : t.chosen(chosen.size)}</p>
          <div className="actions">
            {chosen.size > 0 && chosen.size <= most ? (
              <Button className="row-button" onClick={() => setPausing(true)}>
                {t.many_do}
              </Button>
            ) : null}
            <Button variant="tertiary" className="row-button" onClick={() => setChosen(undefined)}>
              {t.cancel}
            </Button>
          </div>
        </div>
      ) : null}
      {chosen && isPausing ? (
        <Suspense fallback={null}>
          <ManyDialog
            me={me}
            chosen={chosen}
            onClose={() => setPausing(false)}
            onDone={() => {
              setPausing(false);
              setChosen(undefined);
            }}
          />
        </Suspense>
      ) : null}
    </>
  );
}

/** How many there are; of a search only when all are here. */
function found(filter: Filter, summary: Summary, shown: number, isAll: boolean): number | null {
  if (isAll) return shown;
  if (filter.search || filter.mine || filter.attention.length) return null;
  if (filter.status.length === 0) return summary.total;
  return statuses.filter((status) => filter.status.includes(status)).reduce((sum, status) => sum + summary[status], 0);
}

function Filters(props: { t: Texts; filter: Filter; summary?: Summary; onChange: (filter: Filter) => void }) {
  const { t, filter, summary } = props;
  const toggle = (values: string[], value: string) =>
    values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
  // The function may be older than this page.
  const mine = (summary as { mine?: number } | undefined)?.mine;
  const chip = (label: string, count: number | undefined, checked: boolean, changed: Filter) => (
    <Chip.Checkbox key={label} checked={checked} onChange={() => props.onChange(changed)}>
      {label} {count === undefined ? null : <span className="num">{count}</span>}
    </Chip.Checkbox>
  );
  return (
    <fieldset className="filters">
      <legend className="unseen">{t.filters}</legend>
      {mine !== undefined ? chip(t.filter_mine, mine, filter.mine, { ...filter, mine: !filter.mine }) : null}
      {statuses.map((status) =>
        chip(t[status], summary?.[status], filter.status.includes(status), {
          ...filter,
          status: toggle(filter.status, status),
        }),
      )}
      {mine !== undefined
        ? chip(t.expiring_soon, summary?.expiring_soon, filter.attention.includes('expiring'), {
            ...filter,
            attention: toggle(filter.attention, 'expiring'),
          })
        : null}
    </fieldset>
  );
}

function List(props: {
  t: Texts;
  mentors: RosterMentor[];
  today: string;
  me: string;
  chosen?: ReadonlyMap<string, string>;
  onChoose: (people: RosterMentor[], isChosen: boolean) => void;
}) {
  const { t, mentors, today, me, chosen } = props;
  return (
    <div className="panel mentors">
      <div className="mentor-columns" aria-hidden>
        <span>{t.col_name}</span>
        <span>{t.col_status}</span>
        <span>{t.col_cert}</span>
        <span>{t.col_who}</span>
      </div>
      <ul className="plain">
        {mentors.map((mentor) => (
          <li key={mentor.mentor_id} className={chosen ? 'mentor mentor-choice' : 'mentor'}>
            {chosen ? (
              <Checkbox
                id={`choose-${mentor.mentor_id}`}
                aria-label={t.choose(mentor.display_name)}
                value={mentor.mentor_id}
                checked={chosen.has(mentor.mentor_id)}
                onChange={(event) => props.onChoose([mentor], event.target.checked)}
              />
            ) : null}
            {chosen ? (
              <label htmlFor={`choose-${mentor.mentor_id}`} className="row-link">
                {mentor.display_name}
              </label>
            ) : (
              <Link href={`/likepersoner/${mentor.mentor_id}`} className="row-link">
                {mentor.display_name}
              </Link>
            )}
            <div className="mentor-status">
              <StatusTag status={mentor.status} t={t} />
              <MoreStatus t={t} mentor={mentor} today={today} />
            </div>
            <div className="mentor-cert">
              <span className="unseen">{t.col_cert}: </span>
              <Certification t={t} mentor={mentor} today={today} />
            </div>
            <div className="mentor-who">
              <span className="unseen">{t.col_who}: </span>
              {mentor.coordinators.length
                ? t.list(mentor.coordinators.map((person) => (person.id === me ? t.you : person.display_name)))
                : t.nobody}
            </div>
            {chosen ? null : (
              <span className="mentor-go">
                <Icon of={ChevronRightIcon} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function MoreStatus({ t, mentor, today }: { t: Texts; mentor: RosterMentor; today: string }) {
  const until = mentor.expected_return_date;
  if (mentor.status === 'paused') {
    if (!until) return <span>{t.open_ended}</span>;
    if (mentor.return_overdue) {
      return (
        <span className="late">
          <Icon of={ExclamationmarkTriangleIcon} small />
          {t.days_over(daysBetween(until, today))}
        </span>
      );
    }
    return <span>{t.until(withWeekday(t, until, today))}</span>;
  }
  if (mentor.planned_pause) return <span>{t.pause_from(short(t, mentor.planned_pause.starts_on, today))}</span>;
  return null;
}

function Certification({ t, mentor, today }: { t: Texts; mentor: RosterMentor; today: string }) {
  const kind = mentor.certification_kind ? kindName(mentor.certification_kind) : t.a_certification;
  const date = mentor.certification_expires_on;
  switch (mentor.certification_state) {
    case 'expiring':
    case 'expired':
      return (
        <span className="warn" data-color={mentor.certification_state === 'expired' ? 'danger' : 'warning'}>
          <Icon of={mentor.certification_state === 'expired' ? ExclamationmarkTriangleIcon : HourglassIcon} small />
          <span>
            {!date
              ? t.kind_missing(kind)
              : mentor.certification_state === 'expired'
                ? t.kind_expired(kind, short(t, date, today))
                : t.kind_expires(kind, distance(t, date, today))}
          </span>
        </span>
      );
    case 'valid':
      return date ? t.valid_until(full(t, date)) : t.valid_forever;
    default:
      return t.no_certification;
  }
}

function Empty({ t, filter, hasFilter }: { t: Texts; filter: Filter; hasFilter: boolean }) {
  return (
    <div className="panel empty">
      <h2>{hasFilter ? t.no_hits : t.empty_roster}</h2>
      <p>{!hasFilter ? t.empty_roster_say : filter.search ? t.no_hits_search(filter.search) : t.no_hits_filter}</p>
      {hasFilter ? (
        <p>
          <Link href="/likepersoner">{t.show_all}</Link>
        </p>
      ) : null}
    </div>
  );
}

function Skeletons({ t }: { t: Texts }) {
  return (
    <>
      <p className="list-head muted" role="status">
        {t.loading}
      </p>
      <div className="panel" aria-hidden>
        {[58, 72, 50, 64, 55, 68].map((width, n) => (
          <div key={n} className="mentor-skeleton">
            <Skeleton variant="text" width={Math.round(width / 4)} />
            <Skeleton variant="text" width={9} />
          </div>
        ))}
      </div>
    </>
  );
}
