import { Button, Field, Label, Search, Select } from '@digdir/designsystemet-react';
import { ChevronRightIcon } from '@navikt/aksel-icons';
import { useDeferredValue, useMemo, useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { Refused } from '../../api/client';
import type { PeriodReport, ReportMentor } from '../../api/types';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { useToday } from '../../parts/time';
import { useOwnTexts, useTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';
import { placeOf, queryOf, readPeriod, root } from './address';
import { useOnce } from './calls';
import { amount } from './Figures';
import { Back } from './Issued';
import { counts, isJudged, judged, sums } from './judge';
import { Refusal, Skeletons, Subject } from './Report';
import { type ReportTexts, texts } from './texts';

const atOnce = 200;

// What people type: any case, without accents.
const plain = (text: string) =>
  text
    .toLowerCase()
    .replaceAll('ø', 'o')
    .replaceAll('æ', 'ae')
    .normalize('NFD')
    .replace(/[\u0300-\u036f'’\-\s]/g, '');

/** Who is behind the numbers, of a period as known now or of an issued report. */
export function Names() {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const today = useToday();
  const [, navigate] = useLocation();
  const parameters = new URLSearchParams(useSearch());
  const id = parameters.get('rapport');
  const asked = parameters.get('tall');
  const number = isJudged(asked) ? asked : 'registered_any';
  const period = readPeriod(parameters.toString(), today);
  const report = useOnce<PeriodReport>({ ...(id ? { id } : queryOf(period)), detail: 'mentors' });
  const [search, setSearch] = useState('');
  const [most, setMost] = useState(atOnce);
  const wanted = plain(useDeferredValue(search));
  const shown = report.data;
  const listed = useMemo(
    () =>
      (shown?.mentors ?? []).filter(
        (mentor) =>
          counts(mentor, number, shown?.from ?? '', shown?.to ?? '') && plain(mentor.display_name).includes(wanted),
      ),
    [shown, number, wanted],
  );
  const choose = (tall: string) => {
    setMost(atOnce);
    navigate(id ? `${root}/navn?${new URLSearchParams({ rapport: id, tall })}` : placeOf(period, '/navn', { tall }), {
      replace: true,
    });
  };
  const dayByDay = (mentor: ReportMentor) =>
    id && shown
      ? placeOf({ from: shown.from, to: shown.to, chapter: null }, `/person/${mentor.mentor_id}`, {
          kjent: shown.as_known_at,
        })
      : placeOf(period, `/person/${mentor.mentor_id}`);
  return (
    <>
      <Freshness t={t} error={report.error} />
      <Back own={own} to={id ? `${root}/utstedt/${id}` : placeOf(period)} />
      <Head title={own.names_title} app={t.app}>
        {shown ? <Subject t={t} own={own} report={shown} isNamed /> : null}
      </Head>
      {report.error instanceof Refused ? (
        <Refusal own={own} code={report.error.refusal.code} message={report.error.refusal.message} />
      ) : !shown ? (
        report.isError ? null : (
          <Skeletons own={own} />
        )
      ) : (
        <>
          <div className="names-tools no-print">
            <Field>
              <Label>{own.search}</Label>
              <Search>
                <Search.Input value={search} onChange={(event) => setSearch(event.target.value)} />
                <Search.Clear aria-label={t.search_clear} onClick={() => setSearch('')} />
              </Search>
            </Field>
            <Field>
              <Label>{own.show_only}</Label>
              <Select value={number} onChange={(event) => choose(event.target.value)}>
                {judged.map((choice) => (
                  <Select.Option key={choice} value={choice}>
                    {own.numbers[choice]}
                  </Select.Option>
                ))}
              </Select>
            </Field>
          </div>
          <p className="list-head" role="status">
            <strong>{listed.length === 0 ? own.no_hits : own.listed_n(listed.length)}</strong>{' '}
            <span className="only-print">{own.numbers[number]}</span>
          </p>
          <ul className="plain panel name-rows">
            {listed.slice(0, most).map((mentor) => (
              <li key={mentor.mentor_id} className="name-row">
                <Link href={dayByDay(mentor)} className="row-link">
                  {mentor.display_name}
                </Link>
                <Sums t={t} own={own} mentor={mentor} />
                <Icon of={ChevronRightIcon} small />
              </li>
            ))}
          </ul>
          {listed.length > most ? (
            <div className="more">
              <p className="muted">{t.shown_of(most, listed.length)}</p>
              <Button variant="secondary" onClick={() => setMost(most + 5 * atOnce)}>
                {t.show_more}
              </Button>
            </div>
          ) : null}
        </>
      )}
    </>
  );
}

/** 310 days active with a valid certification, 55 paused. */
export function Sums({ t, own, mentor }: { t: Texts; own: ReportTexts; mentor: ReportMentor }) {
  return (
    <p className="muted">
      {sums(mentor)
        .map(([status, days]) =>
          days === 1
            ? own.days_as_n(1, own.as[status])
            : own.days_as_n(days, own.as[status]).replace(String(days), amount(t, days)),
        )
        .join(', ')}
    </p>
  );
}
