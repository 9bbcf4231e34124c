import { Button, Skeleton, Tag } from '@digdir/designsystemet-react';
import { useEffect, useRef } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { type Query, type Reading, Refused, usePages } from '../../api/client';
import type { ListedPerson, PeoplePage } from '../../api/types';
import { announce } from '../../parts/announce';
import { Choice } from '../../parts/Choice';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Pending } from '../../parts/keep';
import { Search } from '../../parts/Search';
import { useToday, zone } from '../../parts/time';
import { dateIn, addDays } from '../../texts/dates';
import { keeping } from '../../texts/keeping';
import { useOwnTexts, useTexts } from '../../texts/language';
import { holds, useOrganisation } from './shared';
import { texts } from './texts';

const roles = ['mentor', 'coordinator', 'administrator'] as const;
const logins = ['none', 'unused', 'used'] as const;

/** What is asked for, as it stands in the address. */
function readFilter(address: string) {
  const parameters = new URLSearchParams(address);
  const one = <T extends string>(name: string, values: readonly T[]) => {
    const value = parameters.get(name) ?? '';
    return values.includes(value as T) ? (value as T) : '';
  };
  return {
    search: parameters.get('sok') ?? '',
    role: one('rolle', roles),
    login: one('innlogging', logins),
    chapter: parameters.get('lag') ?? '',
  };
}
type Filter = ReturnType<typeof readFilter>;

function writeFilter(filter: Filter): string {
  const parameters = new URLSearchParams();
  if (filter.search) parameters.set('sok', filter.search);
  if (filter.role) parameters.set('rolle', filter.role);
  if (filter.login) parameters.set('innlogging', filter.login);
  if (filter.chapter) parameters.set('lag', filter.chapter);
  const text = parameters.toString();
  return `/personer${text ? `?${text}` : ''}`;
}

/** Everybody in one's chapters, and what is done with several of them. */
export function People() {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const today = useToday();
  const [, navigate] = useLocation();
  const filter = readFilter(useSearch());
  const { chapters } = useOrganisation(today);
  const query: Query = {
    search: filter.search,
    role: filter.role,
    login: filter.login,
    chapter_id: filter.chapter,
  };
  const read = usePages<PeoplePage>('people', query);
  const pages = read.data?.pages as Reading<PeoplePage>[] | undefined;
  const first = pages?.[0];
  const people = pages?.flatMap((page) => page.body.people) ?? [];
  const isSettled = !read.isPlaceholderData && !read.isFetching;
  const heard = first ? (people.length === 0 ? own.nobody : own.listed_n(people.length)) : '';
  const asked = JSON.stringify(query);
  const told = useRef('');
  useEffect(() => {
    if (!isSettled || !heard || told.current === asked + heard) return;
    told.current = asked + heard;
    announce(heard);
  }, [isSettled, heard, asked]);
  const change = (changes: Partial<Filter>) =>
    navigate(writeFilter({ ...readFilter(location.search), ...changes }), { replace: true });

  if (read.error instanceof Refused) {
    return (
      <Head title={k.not_yours} app={t.app}>
        <p>{k.not_yours_say}</p>
      </Head>
    );
  }
  const tools: [string, string][] = [
    ['/personer/forny', own.do_renew],
    ['/personer/overfor', own.do_hand_over],
    ['/personer/dubletter', own.do_duplicates],
  ];
  return (
    <>
      <Freshness t={t} at={first?.at} error={read.error} />
      <Head title={own.title} app={t.app} />
      <Pending />
      <div className="actions">
        <Button asChild className="row-button">
          <Link href="/personer/ny">{own.do_register}</Link>
        </Button>
        {tools.map(([href, label]) => (
          <Button key={href} asChild variant="secondary" className="row-button">
            <Link href={href}>{label}</Link>
          </Button>
        ))}
      </div>
      <div className="toolbar">
        <Search label={own.search} value={filter.search} onSearch={(search) => change({ search })} />
        <fieldset className="choices">
          <legend className="unseen">{own.filters}</legend>
          <Choice
            id="role"
            label={own.role}
            value={filter.role}
            empty={own.every_role}
            options={roles.map((role) => ({ value: role, label: own.roles_many[role] }))}
            onChange={(role) => change({ role: role as Filter['role'] })}
          />
          <Choice
            id="login"
            label={own.login}
            value={filter.login}
            empty={own.every_login}
            options={logins.map((login) => ({ value: login, label: own.logins[login] }))}
            onChange={(login) => change({ login: login as Filter['login'] })}
          />
          {chapters.length > 1 ? (
            <Choice
              id="chapter"
              label={own.chapter}
              value={filter.chapter}
              empty={own.every_chapter}
              options={chapters.map((chapter) => ({ value: chapter.id, label: chapter.name }))}
              onChange={(chapter) => change({ chapter })}
            />
          ) : null}
        </fieldset>
      </div>
      {first ? (
        people.length > 0 ? (
          <ul className="panel plain">
            {people.map((person) => (
              <Row key={person.id} person={person} today={today} />
            ))}
          </ul>
        ) : (
          <div className="panel empty">
            <h2>{own.nobody}</h2>
            <p>{own.nobody_say}</p>
            <p>
              <Link href="/personer">{own.show_all}</Link>
            </p>
          </div>
        )
      ) : read.isError ? null : (
        <div className="panel">
          <p className="unseen" role="status">
            {t.loading}
          </p>
          {[60, 48, 66, 52].map((width) => (
            <div key={width} className="message" aria-hidden>
              <Skeleton variant="text" width={width} />
            </div>
          ))}
        </div>
      )}
      {read.hasNextPage ? (
        <div className="more">
          <Button variant="secondary" aria-disabled={read.isFetchingNextPage} onClick={() => void read.fetchNextPage()}>
            {read.isFetchingNextPage ? t.loading : own.more}
          </Button>
        </div>
      ) : null}
    </>
  );
}

function Row({ person, today }: { person: ListedPerson; today: string }) {
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const { all } = useOrganisation(today);
  const names = new Map(all?.chapters.map(({ id, name }) => [id, name]));
  const day = (at: string) => dateIn(zone(), Date.parse(at));
  const roles = person.memberships
    .filter((membership) =>
      holds(
        {
          first_day: day(membership.started_at),
          last_day: membership.ended_at ? addDays(day(membership.ended_at), -1) : null,
        },
        today,
      ),
    )
    .map((membership) => `${k.roles[membership.role]}, ${names.get(membership.chapter_id) ?? ''}`);
  if (person.is_organisation_administrator) roles.unshift(own.office);
  return (
    <li className="person">
      <Link href={`/personer/${person.id}`} className="row-link">
        {person.display_name}
      </Link>
      <span className="muted">{roles.length > 0 ? roles.join(' · ') : own.no_membership}</span>
      {person.login === 'unused' ? <Tag data-color="warning">{own.logins.unused}</Tag> : null}
      {person.login === 'none' ? <Tag data-color="neutral">{own.logins.none}</Tag> : null}
    </li>
  );
}
