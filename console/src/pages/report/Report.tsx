import './report.css';
import { Button, Heading, Skeleton } from '@digdir/designsystemet-react';
import { ArrowRightIcon, ExclamationmarkTriangleIcon, PersonGroupIcon } from '@navikt/aksel-icons';
import { useState } from 'react';
import { Link, Route, Switch } from 'wouter';
import { Refused, useRead } from '../../api/client';
import type { IssuedReports, MentorPage, PeriodReport } from '../../api/types';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { useToday, zone } from '../../parts/time';
import { dateIn, moment, withWeekday } from '../../texts/dates';
import { useOwnTexts, useTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';
import { nameOf, placeOf, queryOf, root, usePeriod } from './address';
import { useIssued, useOnce } from './calls';
import { Comparison } from './Comparison';
import { ByMonth } from './Chart';
import { Days } from './Days';
import { Downloads, Signatures } from './Files';
import { ByChapter, Figures } from './Figures';
import { IssueDialog } from './IssueDialog';
import { Issued, IssuedList } from './Issued';
import { Names } from './Names';
import { PeriodChoice } from './PeriodChoice';
import { Sample } from './Sample';
import { type ReportTexts, texts } from './texts';

/** The pages of the period report: of a period as it is known now, and of issued ones. */
export function Report({ me }: { me: string }) {
  return (
    <Switch>
      <Route path={root}>
        <Now me={me} />
      </Route>
      <Route path={`${root}/navn`}>
        <Names />
      </Route>
      <Route path={`${root}/person/:id`}>{({ id }) => <Days id={id} />}</Route>
      <Route path={`${root}/stikkprove`}>
        <Sample />
      </Route>
      <Route path={`${root}/utstedt/:id`}>{({ id }) => <Issued id={id} />}</Route>
      <Route path={`${root}/utstedt/:id/sammenlign`}>{({ id }) => <Comparison id={id} />}</Route>
    </Switch>
  );
}

interface Chapter {
  chapter_id: string;
  name: string;
}

/** The chapters that one leads, and of these those that one administers. */
function useChapters(me: string, administered: Chapter[] | undefined, today: string): Chapter[] {
  const own = useRead<MentorPage>('mentor', { mentor_id: me });
  const all = new Map<string, string>();
  for (const { chapter_id, name } of administered ?? []) all.set(chapter_id, name);
  for (const { chapter_id, chapter_name, role, first_day, last_day } of own.data?.body.memberships ?? []) {
    if (role !== 'mentor' && first_day <= today && (last_day === null || last_day >= today))
      all.set(chapter_id, chapter_name);
  }
  return [...all].map(([chapter_id, name]) => ({ chapter_id, name }));
}

function Now({ me }: { me: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const today = useToday();
  const period = usePeriod(today);
  const report = useRead<PeriodReport>('period-report', { ...queryOf(period), detail: 'months' });
  const issued = useIssued();
  const [isIssuing, setIssuing] = useState(false);
  // Administers none: the numbers only.
  const lists = issued.data?.pages;
  const administered = lists?.[0]?.chapters;
  const chapters = useChapters(me, administered, today);
  const shown = report.data?.body;
  const isAdministered = (of: PeriodReport) =>
    of.chapters.every(({ chapter_id }) => administered?.some((chapter) => chapter.chapter_id === chapter_id));
  const hasNames = shown !== undefined && isAdministered(shown);
  const name = nameOf(t, own, period, today);

  return (
    <>
      <Freshness t={t} at={report.data?.at} error={report.error} />
      <Head title={own.title} app={t.app}>
        <p className="no-print">{own.lead}</p>
        {shown ? <Subject t={t} own={own} report={shown} /> : null}
      </Head>
      <PeriodChoice t={t} own={own} period={period} chapters={chapters} today={today} />
      {report.error instanceof Refused ? (
        <Refusal own={own} code={report.error.refusal.code} message={report.error.refusal.message} />
      ) : shown === undefined ? (
        report.isError ? null : (
          <Skeletons own={own} />
        )
      ) : shown.total.registered_any === 0 ? (
        <div className="panel empty">
          <Icon of={PersonGroupIcon} />
          <h2>{own.nobody}</h2>
          <p>{own.nobody_say}</p>
        </div>
      ) : (
        <div className="stack report">
          <section className="panel figures" aria-label={own.numbers_caption}>
            <Figures
              t={t}
              own={own}
              numbers={shown.total}
              period={period}
              today={today}
              linkTo={hasNames ? (number) => placeOf(period, '/navn', { tall: number }) : undefined}
            />
            {administered ? (
              <State
                t={t}
                own={own}
                report={shown}
                lists={lists ?? []}
                name={name}
                today={today}
                mayIssue={administered.length > 0}
                onIssue={() => setIssuing(true)}
              />
            ) : null}
          </section>
          <ByMonth t={t} own={own} months={shown.months ?? []} name={name} />
          <ByChapter t={t} own={own} report={shown} linkTo={(chapter) => placeOf({ ...period, chapter })} />
          <Downloads
            own={own}
            query={queryOf(period)}
            name={`${own.title.toLowerCase().replace(' ', '-')}-${period.from}-${period.to}`}
            hasNames={hasNames}
            sample={hasNames ? placeOf(period, '/stikkprove') : undefined}
          />
          <Signatures own={own} />
        </div>
      )}
      {lists ? (
        <IssuedList
          t={t}
          own={own}
          lists={lists}
          onMore={issued.hasNextPage ? () => void issued.fetchNextPage() : undefined}
        />
      ) : null}
      {isIssuing && administered ? (
        <IssueDialog
          t={t}
          own={own}
          period={period}
          name={name}
          today={today}
          chapters={administered}
          onClose={() => setIssuing(false)}
        />
      ) : null}
    </>
  );
}

/** Which chapters, and as known when: what stands above a report, on paper too. */
export function Subject(props: {
  t: Texts;
  own: ReportTexts;
  report: Pick<PeriodReport, 'from' | 'to' | 'as_known_at' | 'behind_writer'> & { chapters: { name?: string }[] };
  isNamed?: boolean; // on the screen too
}) {
  const { t, own, report } = props;
  const name = `${report.chapters.map((chapter) => chapter.name).join(', ')}, ${nameOf(t, own, report, '')}`;
  return (
    <>
      <p className={props.isNamed ? undefined : 'only-print'}>{name}</p>
      <p>
        {own.known_at(moment(t, zone(), Date.parse(report.as_known_at)))} {report.behind_writer ? own.behind : null}
      </p>
    </>
  );
}

/** Whether it has been issued, what has changed since, and what is next. */
function State(props: {
  t: Texts;
  own: ReportTexts;
  report: PeriodReport;
  lists: IssuedReports[];
  name: string;
  today: string;
  mayIssue: boolean;
  onIssue: () => void;
}) {
  const { t, own, report } = props;
  const same = props.lists
    .flatMap((page) => page.period_reports)
    .find(
      (issued) =>
        issued.from === report.from &&
        issued.to === report.to &&
        issued.chapters.length === report.chapters.length &&
        issued.chapters.every(({ chapter_id }) => report.chapters.some((chapter) => chapter.chapter_id === chapter_id)),
    );
  const then = useOnce<PeriodReport>({ id: same?.id, detail: 'summary' }, same !== undefined);
  if (!same) {
    return (
      <div className="state no-print">
        <p>{own.not_issued}</p>
        {props.mayIssue ? <Button onClick={props.onIssue}>{own.issue(props.name)}</Button> : null}
      </div>
    );
  }
  const changes = then.data ? differing(then.data, report) : undefined;
  return (
    <div className="state no-print">
      <p>
        {changes ? <Icon of={ExclamationmarkTriangleIcon} small /> : null}
        <span>
          {own.is_issued(withWeekday(t, dateIn(zone(), Date.parse(same.issued_at)), props.today))}{' '}
          {changes === undefined ? null : <strong>{changes ? own.is_changed_n(changes) : own.is_same}</strong>}
        </span>
      </p>
      {changes ? (
        <Button asChild>
          <Link href={`${root}/utstedt/${same.id}/sammenlign`}>
            {own.see_changes}
            <Icon of={ArrowRightIcon} small />
          </Link>
        </Button>
      ) : (
        <Button asChild variant="secondary">
          <Link href={`${root}/utstedt/${same.id}`}>{own.open}</Link>
        </Button>
      )}
    </div>
  );
}

/** How many numbers differ: in all, and of each chapter where there are several. */
function differing(then: PeriodReport, now: PeriodReport): number {
  const pairs = [[then.total, now.total] as const];
  if (now.chapters.length > 1) {
    for (const chapter of now.chapters) {
      const before = then.chapters.find(({ chapter_id }) => chapter_id === chapter.chapter_id);
      if (before) pairs.push([before, chapter]);
    }
  }
  return pairs.flatMap(([a, b]) => Object.keys(then.total).filter((name) => a[name as never] !== b[name as never]))
    .length;
}

export function Refusal({ own, code, message }: { own: ReportTexts; code: string; message?: string }) {
  if (code === 'payload_too_large') return <p className="banner">{own.too_large}</p>;
  const isOthers = code === 'not_an_administrator' || code === 'chapter_not_found' || code === 'mentor_not_found';
  return (
    <div className="panel empty">
      <Heading level={2}>{isOthers ? own.not_yours : own.refused}</Heading>
      {isOthers ? <p>{own.not_yours_say}</p> : message ? <p className="muted">{message}</p> : null}
    </div>
  );
}

export function Skeletons({ own }: { own: ReportTexts }) {
  return (
    <>
      <p className="unseen" role="status">
        {own.loading}
      </p>
      <div aria-hidden className="stack">
        <Skeleton variant="rectangle" width="100%" height="14rem" />
        <Skeleton variant="rectangle" width="100%" height="20rem" />
      </div>
    </>
  );
}
