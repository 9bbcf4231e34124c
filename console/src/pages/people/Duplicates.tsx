import { Button, Radio, Tag } from '@digdir/designsystemet-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Refused, useRead } from '../../api/client';
import type { PeoplePage, PersonPage, PossibleDuplicates } from '../../api/types';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Pending, Refusal, useKeep } from '../../parts/keep';
import { nameOf, spaced } from '../../parts/people';
import { Search } from '../../parts/Search';
import { useToday, zone } from '../../parts/time';
import { dateIn, full } from '../../texts/dates';
import { keeping } from '../../texts/keeping';
import { catalogues, useOwnTexts, useTexts } from '../../texts/language';
import { Back, holds } from './shared';
import { texts } from './texts';

/** Pairs that may be one person. */
export function Duplicates() {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const read = useRead<PossibleDuplicates>('people', { part: 'duplicates' });
  const body = read.data?.body;
  return (
    <>
      <Freshness t={t} at={read.data?.at} error={read.error} />
      <Back />
      <Head title={own.duplicates} app={t.app}>
        <p>{own.duplicates_say}</p>
      </Head>
      <Pending />
      {!body ? (
        read.isError ? null : (
          <p role="status" className="muted">
            {t.loading}
          </p>
        )
      ) : body.duplicates.length === 0 ? (
        <div className="panel empty">
          <h2>{own.no_duplicates}</h2>
          <p>{own.no_duplicates_say}</p>
        </div>
      ) : (
        <ul className="panel plain">
          {body.duplicates.map(({ because, people }) => {
            const [one, other] = people;
            if (!one || !other) return null;
            return (
              <li key={one.id + other.id} className="message">
                <h2>
                  {one.display_name} / {other.display_name}
                </h2>
                <p>
                  {because.map((why) => (
                    <Tag key={why} data-color="warning">
                      {own.because[why]}
                    </Tag>
                  ))}
                </p>
                <p className="muted">
                  {[...new Set(people.flatMap(({ chapters }) => chapters.map(({ name }) => name)))].join(', ')}
                </p>
                <Link
                  href={`/personer/dubletter/${one.id}/${other.id}`}
                  aria-label={own.compare_of(one.display_name, other.display_name)}
                >
                  {own.compare}
                </Link>
              </li>
            );
          })}
        </ul>
      )}
      {body?.goes_on ? <p className="muted">{own.duplicates_more}</p> : null}
    </>
  );
}

/** Finds the other profile, for whoever knows that there is one. */
export function MergeWith({ id }: { id: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const [search, setSearch] = useState('');
  const read = useRead<PeoplePage>('people', { search, limit: 20 }, search.length > 1);
  const people = search.length > 1 ? (read.data?.body.people ?? []).filter((person) => person.id !== id) : [];
  return (
    <>
      <Back to={`/personer/${id}`} />
      <Head title={own.merge_with} app={t.app} />
      <div className="toolbar">
        <Search label={own.merge_search} value={search} onSearch={setSearch} />
      </div>
      <p className="unseen" role="status">
        {search.length > 1 && read.data ? own.listed_n(people.length) : ''}
      </p>
      {people.length > 0 ? (
        <ul className="panel plain">
          {people.map((person) => (
            <li key={person.id} className="person">
              <Link
                href={`/personer/dubletter/${id}/${person.id}`}
                className="row-link"
                aria-label={own.merge_choose(person.display_name)}
              >
                {person.display_name}
              </Link>
              <span className="muted">{[person.email, person.phone].filter(Boolean).join(' · ')}</span>
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}

type Side = 'one' | 'other';

/** Why a profile can't be the one that goes. */
function obstacle(page: PersonPage): 'login' | 'pause_history' | 'not_whole' | null {
  if (!page.is_whole) return 'not_whole';
  if (page.login) return 'login';
  return page.has_pause_history ? 'pause_history' : null;
}

/** The two side by side, field by field, and which of them stays. */
export function Compare({ one, other }: { one: string; other: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const today = useToday();
  const [, navigate] = useLocation();
  const keeper = useKeep();
  const reads = {
    one: useRead<PersonPage>('people', { part: 'person', person_id: one }),
    other: useRead<PersonPage>('people', { part: 'person', person_id: other }),
  };
  const [chosen, setChosen] = useState<Side>();
  const [isMissing, setMissing] = useState(false);
  const pages = { one: reads.one.data?.body, other: reads.other.data?.body };
  if (reads.one.error instanceof Refused || reads.other.error instanceof Refused) {
    return (
      <>
        <Back to="/personer/dubletter" label={own.duplicates} />
        <Head title={own.gone} app={t.app}>
          <p>{own.gone_say}</p>
        </Head>
      </>
    );
  }
  if (!pages.one || !pages.other) return <Freshness t={t} error={reads.one.error ?? reads.other.error} />;
  const both: Record<Side, PersonPage> = { one: pages.one, other: pages.other };
  const dropped = { one: both.other, other: both.one };
  const choices = (['one', 'other'] as const).filter((side) => both[side].is_whole && !obstacle(dropped[side]));
  const kept = chosen && choices.includes(chosen) ? chosen : choices.length === 1 ? choices[0] : undefined;

  const day = (at: string) => full(t, dateIn(zone(), Date.parse(at)));
  const rows: [string, (page: PersonPage) => ReactNode][] = [
    [own.name, ({ person }) => person.display_name],
    [own.fields.email ?? '', ({ person, login }) => login?.email ?? person.email ?? own.nothing],
    [own.fields.phone ?? '', ({ person }) => (person.phone ? spaced(person.phone) : own.nothing)],
    [own.language, ({ person }) => catalogues[person.locale as keyof typeof catalogues]?.language ?? person.locale],
    [
      own.login,
      ({ login }) =>
        !login ? own.no : login.last_sign_in_at ? own.login_used(day(login.last_sign_in_at)) : own.login_unused_plain,
    ],
    [
      own.memberships,
      (page) =>
        page.memberships.length === 0
          ? own.nothing
          : page.memberships.map((membership) => (
              <span key={membership.id} className="line">
                {k.roles[membership.role]}, {membership.chapter_name},{' '}
                {membership.last_day
                  ? own.from_to(full(t, membership.first_day), full(t, membership.last_day))
                  : own.since(full(t, membership.first_day))}
                {holds(membership, today) ? null : ` (${own.ended})`}
              </span>
            )),
    ],
    [
      own.certifications,
      (page) => {
        const held = page.certifications.filter(({ id }) => id !== null);
        return held.length === 0
          ? own.nothing
          : held.map((certification) => (
              <span key={certification.id} className="line">
                {nameOf(certification, t)}
                {certification.expires_on ? `, ${t.until(full(t, certification.expires_on))}` : ''}
              </span>
            ));
      },
    ],
    [own.coordinators, (page) => t.list(page.coordinators.map((c) => c.coordinator_name)) || own.nothing],
    [own.pause_history, (page) => (page.has_pause_history ? own.yes : own.no)],
  ];

  async function merge(event: FormEvent) {
    event.preventDefault();
    setMissing(!kept);
    if (!kept) {
      document.querySelector<HTMLElement>('input[name="kept"]')?.focus();
      return;
    }
    const id = both[kept].person.id;
    const done = await keeper.keep({
      fn: 'people',
      body: { command: 'merge_people', kept_id: id, dropped_id: dropped[kept].person.id },
      said: own.said_merge(both[kept].person.display_name),
      done: own.merged,
    });
    if (done !== null) navigate(`/personer/${id}`);
  }

  const number = { one: '1', other: '2' };
  return (
    <>
      <Back to="/personer/dubletter" label={own.duplicates} />
      <Head title={own.merge_title} app={t.app}>
        <p>{own.merge_say}</p>
      </Head>
      <form className="stack" noValidate onSubmit={(event) => void merge(event)}>
        <div className="panel">
          <table className="table side-by-side">
            <thead>
              <tr>
                <th scope="col">{own.what}</th>
                <th scope="col">{own.profile('1')}</th>
                <th scope="col">{own.profile('2')}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(([label, value]) => (
                <tr key={label}>
                  <th scope="row">{label}</th>
                  {(['one', 'other'] as const).map((side) => (
                    <td key={side}>
                      <span className="which">{own.profile(number[side])}: </span>
                      {value(both[side])}
                    </td>
                  ))}
                </tr>
              ))}
              <tr>
                <th scope="row">{own.keep_this}</th>
                {(['one', 'other'] as const).map((side) => {
                  const why = obstacle(dropped[side]);
                  return (
                    <td key={side}>
                      {choices.includes(side) ? (
                        <Radio
                          name="kept"
                          value={side}
                          label={own.keep_of(number[side], both[side].person.display_name)}
                          checked={kept === side}
                          onChange={() => {
                            setChosen(side);
                            setMissing(false);
                          }}
                        />
                      ) : why ? (
                        <span className="muted">
                          {own.profile(number[side === 'one' ? 'other' : 'one'])}: {own.cannot_drop[why]}
                        </span>
                      ) : (
                        <span className="muted">{own.cannot_drop.not_whole}</span>
                      )}
                    </td>
                  );
                })}
              </tr>
            </tbody>
          </table>
        </div>
        {choices.length === 0 ? (
          <p className="banner" data-color="warning">
            {own.cannot_merge}
          </p>
        ) : null}
        {kept ? (
          <p className="banner" data-color="info">
            {own.merge_effect(both[kept].person.display_name, number[kept === 'one' ? 'other' : 'one'])}
          </p>
        ) : null}
        {isMissing ? (
          <p className="banner" data-color="danger" role="alert">
            {own.keep_missing}
          </p>
        ) : null}
        <Refusal keeper={keeper} texts={own.refused} />
        <div className="actions">
          {choices.length > 0 ? (
            <Button type="submit" aria-disabled={keeper.isBusy}>
              {keeper.isBusy ? t.sending : own.merge_do}
            </Button>
          ) : null}
          <Button type="button" variant="tertiary" onClick={() => navigate('/personer/dubletter')}>
            {t.cancel}
          </Button>
        </div>
      </form>
    </>
  );
}
