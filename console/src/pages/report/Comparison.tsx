import { Button, Heading } from '@digdir/designsystemet-react';
import { ArrowRightIcon, DownloadIcon } from '@navikt/aksel-icons';
import { useState } from 'react';
import { Link } from 'wouter';
import { Refused } from '../../api/client';
import type { PeriodReport, ReportComparison } from '../../api/types';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { save } from '../../parts/save';
import { useToday, zone } from '../../parts/time';
import { dateIn, full, moment } from '../../texts/dates';
import { useOwnTexts, useTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';
import { nameOf, placeOf, root, titleOf } from './address';
import { useIssued, useOnce } from './calls';
import { csv } from './csv';
import { spanOf } from './Days';
import { factOf, namesOf, recordedOf, type Speech } from './facts';
import { amount } from './Figures';
import { IssueDialog } from './IssueDialog';
import { Back } from './Issued';
import { Refusal, Skeletons } from './Report';
import { type ReportTexts, texts } from './texts';

type Differing = ReportComparison['mentors'][number];
type Fact = Differing['facts'][number];

/** What differs between an issued report and what is known now, and why. */
export function Comparison({ id }: { id: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const today = useToday();
  const report = useOnce<PeriodReport>({ id, detail: 'summary' });
  const comparison = useOnce<ReportComparison>({ id, compare: 'now' });
  const administered = useIssued().data?.pages[0]?.chapters;
  const [isIssuing, setIssuing] = useState(false);
  const [shown, now] = [report.data, comparison.data];
  const back = <Back own={own} to={`${root}/utstedt/${id}`} />;
  const error = report.error ?? comparison.error;
  if (error instanceof Refused) {
    return (
      <>
        {back}
        <Head title={own.not_found} app={t.app}>
          <p>{own.not_found_say}</p>
        </Head>
        {error.refusal.code === 'not_found' ? null : <Refusal own={own} code={error.refusal.code} />}
      </>
    );
  }
  if (!shown || !now) {
    return (
      <>
        {back}
        <Freshness t={t} error={error} />
        {error ? null : <Skeletons own={own} />}
      </>
    );
  }
  const names = namesOf(shown.chapters);
  const speech: Speech = { t, own, zone: zone(), chapters: names };
  const date = full(t, dateIn(zone(), Date.parse(shown.issued_at ?? shown.as_known_at)));
  // One chapter's numbers are those of all.
  const numbers = now.numbers.filter(({ chapter_id }) => names.size > 1 || chapter_id === null);
  const title =
    numbers.length > 0
      ? own.comparison_title_n(numbers.length, date)
      : now.mentors.length > 0
        ? own.comparison_days(date)
        : own.comparison_same(date);
  const period = {
    from: shown.from,
    to: shown.to,
    chapter: names.size === 1 ? (shown.chapters[0]?.chapter_id ?? null) : null,
  };
  const canIssue =
    numbers.length + now.mentors.length > 0 &&
    administered !== undefined &&
    (names.size === 1 || names.size === administered.length);
  return (
    <>
      {back}
      <Head title={title} app={t.app}>
        <p>
          {titleOf(t, own, shown)}, {[...names.values()].join(', ')}. {own.stands}{' '}
          {own.known_at(moment(t, zone(), Date.parse(now.now.as_known_at)))}
        </p>
      </Head>
      <div className="stack report">
        {numbers.length > 0 ? (
          <section className="panel sheet changes" data-color="warning">
            <dl className="changes-list">
              {numbers.map(({ chapter_id, number, issued, now: since }) => (
                <div key={`${chapter_id}${number}`}>
                  <dt>
                    {own.numbers[number]}
                    {names.size > 1 ? (
                      <span className="muted"> {chapter_id ? names.get(chapter_id) : own.sum}</span>
                    ) : null}
                  </dt>
                  <dd>
                    <Change own={own} before={amount(t, issued)} after={amount(t, since)} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ) : null}
        {now.mentors.length + now.numbers.length > 0 ? (
          <div className="actions no-print">
            {canIssue ? (
              <Button onClick={() => setIssuing(true)}>{own.issue_again(nameOf(t, own, shown, today))}</Button>
            ) : null}
            <Button
              variant="secondary"
              onClick={() =>
                save(
                  new Blob([differences(speech, now)], { type: 'text/csv;charset=utf-8' }),
                  `${own.file_differences}-${shown.from}-${shown.to}.csv`,
                )
              }
            >
              <Icon of={DownloadIcon} small />
              {own.differences}
            </Button>
          </div>
        ) : null}
        {now.mentors.map((mentor) => (
          <section key={mentor.mentor_id} className="panel sheet">
            <Heading level={2}>
              <Link href={placeOf(period, `/person/${mentor.mentor_id}`)}>{mentor.display_name}</Link>
            </Heading>
            <div className="then-now">
              <Side t={t} own={own} title={own.then} stretches={mentor.issued} other={mentor.now} />
              <Side t={t} own={own} title={own.now} stretches={mentor.now} other={mentor.issued} />
            </div>
            <p className="rests">{own.why}</p>
            <ul className="plain evidence">
              {mentor.facts.map((fact) => (
                <li key={`${fact.table}${fact.recorded_at}${JSON.stringify(fact.after ?? fact.before)}`}>
                  <FactChange speech={speech} fact={fact} />
                  <span className="muted">{recordedOf(speech, whatOf(fact), fact)}.</span>
                </li>
              ))}
            </ul>
          </section>
        ))}
        {now.erased.length > 0 ? <p className="banner">{own.erased_n(now.erased.length)}</p> : null}
      </div>
      {isIssuing && administered ? (
        <IssueDialog
          t={t}
          own={own}
          period={period}
          name={nameOf(t, own, shown, today)}
          today={today}
          chapters={administered}
          onClose={() => setIssuing(false)}
        />
      ) : null}
    </>
  );
}

function Change({ own, before, after }: { own: ReportTexts; before: string; after: string }) {
  return (
    <span className="change">
      <del>
        <span className="unseen">{own.from_value} </span>
        {before}
      </del>
      <Icon of={ArrowRightIcon} small />
      <ins>
        <span className="unseen">{own.to_value} </span>
        {after}
      </ins>
    </span>
  );
}

const whatOf = (fact: Fact) => (fact.after === null ? 'removed' : fact.before === null ? 'recorded' : 'changed');

function FactChange({ speech, fact }: { speech: Speech; fact: Fact }) {
  const before = fact.before && factOf(speech, fact.table, fact.before);
  const after = fact.after && factOf(speech, fact.table, fact.after);
  if (before && after && before !== after) return <Change own={speech.own} before={before} after={after} />;
  return after ? <ins>{after}</ins> : <del>{before}</del>;
}

type Stretch = Differing['now'][number];

function Side(props: { t: Texts; own: ReportTexts; title: string; stretches: Stretch[]; other: Stretch[] }) {
  const { t, own } = props;
  const isSame = (stretch: Stretch) => props.other.some((other) => JSON.stringify(other) === JSON.stringify(stretch));
  return (
    <div>
      <h3>{props.title}</h3>
      <ul className="plain">
        {props.stretches.length === 0 ? <li>{own.no_days}</li> : null}
        {props.stretches.map((stretch) => (
          <li key={stretch.from} className={isSame(stretch) ? 'muted' : 'differs'}>
            {stretchOf(t, own, stretch)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function stretchOf(t: Texts, own: ReportTexts, stretch: Stretch): string {
  const certified = stretch.status === 'active' && stretch.certified ? `, ${own.certified_too}` : '';
  return `${spanOf(t, stretch)}: ${t[stretch.status].toLowerCase()}${certified}`;
}

/** The differences as a file for Norwegian Excel. */
function differences(speech: Speech, comparison: ReportComparison): string {
  const { t, own } = speech;
  const days = (stretches: Stretch[]) =>
    stretches.length ? stretches.map((stretch) => stretchOf(t, own, stretch)).join(' | ') : own.no_days;
  return csv([
    [own.column.what, own.column.before, own.column.after, own.column.why],
    ...comparison.numbers.map((row) => [
      `${own.numbers[row.number]}, ${row.chapter_id ? (speech.chapters.get(row.chapter_id) ?? row.chapter_id) : own.sum}`,
      String(row.issued),
      String(row.now),
      '',
    ]),
    ...comparison.mentors.map((mentor) => [
      mentor.display_name,
      days(mentor.issued),
      days(mentor.now),
      mentor.facts
        .map(
          (fact) =>
            `${factOf(speech, fact.table, (fact.after ?? fact.before) as never)}. ${recordedOf(speech, whatOf(fact), fact)}`,
        )
        .join(' | '),
    ]),
  ]);
}
