import { Heading } from '@digdir/designsystemet-react';
import { ChevronRightIcon } from '@navikt/aksel-icons';
import { useState } from 'react';
import { Link, useSearch } from 'wouter';
import { Refused } from '../../api/client';
import type { ReportEvidence, ReportMentor, ReportStretch } from '../../api/types';
import { DateField, readDate } from '../../parts/DateField';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { StatusTag } from '../../parts/Status';
import { useToday, zone } from '../../parts/time';
import { full } from '../../texts/dates';
import { useOwnTexts, useTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';
import { placeOf, queryOf, readPeriod } from './address';
import { useOnce } from './calls';
import { factOf, namesOf, recordedOf, type Speech } from './facts';
import { Back } from './Issued';
import { daysOf } from './judge';
import { Refusal, Skeletons, Subject } from './Report';
import { type ReportTexts, texts } from './texts';

type Evidence = NonNullable<ReportMentor['evidence']>;
type Piece = Evidence['memberships'][number] & Record<string, unknown>;

/** One mentor's days, each with what it rests on and who recorded that. */
export function Days({ id }: { id: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const today = useToday();
  const address = useSearch();
  const period = readPeriod(address, today);
  const known = new URLSearchParams(address).get('kjent');
  const report = useOnce<ReportEvidence>({ ...queryOf(period), mentor_id: id, as_known_at: known ?? undefined });
  const shown = report.data;
  const [day, setDay] = useState('');
  const back = <Back own={own} to={placeOf(period, known ? '' : '/navn')} />;
  if (report.error instanceof Refused) {
    const { code, message } = report.error.refusal;
    return (
      <>
        {back}
        <Head title={code === 'mentor_not_found' ? own.nobody_there : own.days_title} app={t.app}>
          {code === 'mentor_not_found' ? <p>{own.nobody_there_say}</p> : null}
        </Head>
        {code === 'mentor_not_found' ? null : <Refusal own={own} code={code} message={message} />}
      </>
    );
  }
  if (!shown) {
    return (
      <>
        {back}
        <Freshness t={t} error={report.error} />
        {report.isError ? null : <Skeletons own={own} />}
      </>
    );
  }
  const chosen = readDate(day, today);
  return (
    <>
      <Freshness t={t} error={report.error} />
      {back}
      <Head title={shown.mentor.display_name} app={t.app}>
        <Subject t={t} own={own} report={shown} isNamed />
        <Link href={`/likepersoner/${id}`} className="go no-print">
          {own.the_mentor}
          <Icon of={ChevronRightIcon} small />
        </Link>
      </Head>
      <div className="stack report">
        <div className="panel sheet no-print">
          <DateField
            t={t}
            id="one-day"
            label={own.one_day}
            hint={own.date_hint}
            value={day}
            today={today}
            onChange={setDay}
          />
          <p role="status" className="day-answer">
            {chosen ? statusOn(t, own, shown, chosen) : null}
          </p>
        </div>
        <section>
          <Heading level={2}>{own.days_title}</Heading>
          <Stretches
            speech={{ t, own, zone: zone(), chapters: namesOf(shown.chapters) }}
            mentor={shown.mentor}
            day={chosen ?? undefined}
          />
        </section>
      </div>
    </>
  );
}

function statusOn(t: Texts, own: ReportTexts, report: ReportEvidence, day: string): string {
  if (day < report.from || day > report.to) return own.outside;
  const stretch = report.mentor.stretches.find(({ from, to }) => from <= day && day <= to);
  if (!stretch) return own.not_on_day(full(t, day));
  const certified = stretch.status === 'active' ? `, ${stretch.certified ? own.certified_too : own.not_certified}` : '';
  return own.on_day(full(t, day), `${t[stretch.status].toLowerCase()}${certified}`);
}

/** The stretches of days of a mentor, with the evidence under each. day: the only one to show. */
export function Stretches({ speech, mentor, day }: { speech: Speech; mentor: ReportMentor; day?: string }) {
  const { t, own } = speech;
  const evidence = mentor.evidence;
  const stretches = mentor.stretches.filter(({ from, to }) => !day || (from <= day && day <= to));
  return (
    <>
      <ol className="plain panel stretches">
        {stretches.map((stretch) => (
          <li key={stretch.from} className="stretch" data-color={stretch.status}>
            <div className="stretch-top">
              <strong>{spanOf(t, stretch)}</strong>
              <StatusTag status={stretch.status} t={t} />
            </div>
            <p className="muted">
              {own.days_n(daysOf(stretch))}
              {stretch.status === 'active' ? `, ${stretch.certified ? own.certified_too : own.not_certified}` : null}
            </p>
            {evidence ? <RestsOn speech={speech} stretch={stretch} evidence={evidence} /> : null}
          </li>
        ))}
      </ol>
      {evidence && evidence.log.length > 0 && !day ? <Log speech={speech} log={evidence.log as Piece[]} /> : null}
    </>
  );
}

/** 1. mars 2025–30. april 2025, or one day. */
export function spanOf(t: Texts, stretch: ReportStretch): string {
  return stretch.from === stretch.to ? full(t, stretch.from) : `${full(t, stretch.from)}–${full(t, stretch.to)}`;
}

function RestsOn({ speech, stretch, evidence }: { speech: Speech; stretch: ReportStretch; evidence: Evidence }) {
  const { own } = speech;
  const rests = stretch.rests_on;
  const pick = (pieces: Evidence['memberships'], ids: string[]) =>
    (pieces as Piece[]).filter(({ id }) => ids.includes(String(id)));
  // A planned pause that nobody has begun has no record yet.
  const pauses = (evidence.pauses as Piece[]).filter(
    (pause) =>
      stretch.status === 'paused' &&
      (rests?.pause_record_id ? String(pause.id) === rests.pause_record_id : pause.planned === true),
  );
  const pieces: [string, Piece][] = [
    ...pick(evidence.memberships, rests?.memberships ?? []).map((piece): [string, Piece] => [
      'chapter_memberships',
      piece,
    ]),
    ...pick(evidence.certifications, rests?.certifications ?? []).map((piece): [string, Piece] => [
      'certifications',
      piece,
    ]),
    ...pauses.map((piece): [string, Piece] => [piece.planned ? 'planned_pauses' : 'pause_records', piece]),
  ];
  const lacks = stretch.status === 'expired_cert' && !(rests?.certifications ?? []).length;
  return (
    <>
      <p className="rests">{own.rests_on}</p>
      <ul className="plain evidence">
        {pieces.map(([table, piece]) => (
          <li key={`${table}${piece.id}`}>
            {factOf(speech, table, piece)}
            <span className="muted">{recordedOf(speech, 'recorded', piece)}.</span>
          </li>
        ))}
        {lacks ? <li>{own.nothing}</li> : null}
      </ul>
    </>
  );
}

function Log({ speech, log }: { speech: Speech; log: Piece[] }) {
  const { t, own } = speech;
  const status = (value: unknown) =>
    value === 'active' || value === 'paused' || value === 'expired_cert' ? t[value] : own.none_before;
  return (
    <details className="log">
      <summary>{own.log_title}</summary>
      <ol className="plain evidence">
        {log.map((row) => (
          <li key={row.id}>
            {row.from_status === row.to_status
              ? own.amended
              : own.log_row(status(row.from_status), status(row.to_status), full(t, String(row.effective_on)))}
            <span className="muted">{recordedOf(speech, 'recorded', row)}.</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
