import { Button } from '@digdir/designsystemet-react';
import { ArrowsSquarepathIcon, ChevronLeftIcon } from '@navikt/aksel-icons';
import { Link } from 'wouter';
import { Refused } from '../../api/client';
import type { IssuedReports, PeriodReport } from '../../api/types';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { useToday, zone } from '../../parts/time';
import { dateIn, moment, withWeekday } from '../../texts/dates';
import { useOwnTexts, useTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';
import { nameOf, root, titleOf } from './address';
import { useOnce } from './calls';
import { ByMonth } from './Chart';
import { DownloadButton, Downloads, Signatures } from './Files';
import { ByChapter, Figures } from './Figures';
import { Skeletons, Subject } from './Report';
import { type ReportTexts, texts } from './texts';

type Listed = IssuedReports['period_reports'][number];

const names = (issued: Listed) => issued.chapters.map(({ name }) => name).join(', ');
const group = (sha256: string) => (sha256.match(/.{4}/g) ?? []).join('\u00a0');

/** The issued reports, newest first. */
export function IssuedList(props: { t: Texts; own: ReportTexts; lists: IssuedReports[]; onMore?: () => void }) {
  const { t, own } = props;
  const today = useToday();
  const listed = props.lists.flatMap((page) => page.period_reports);
  return (
    <section className="issued no-print">
      <h2 className="ds-heading">{own.issued_title}</h2>
      {listed.length === 0 ? (
        <p className="muted">{own.issued_none}</p>
      ) : (
        <ul className="plain panel">
          {listed.map((issued) => {
            const title = `${titleOf(t, own, issued)}, ${names(issued)}`;
            return (
              <li key={issued.id} className="issued-row">
                <div>
                  <p className="issued-title">{title}</p>
                  <p className="muted">
                    {own.issued_by(
                      withWeekday(t, dateIn(zone(), Date.parse(issued.issued_at)), today),
                      issued.issued_by_name ?? own.elsewhere,
                    )}{' '}
                    <span className="together">
                      {own.checksum(`${group(issued.sha256.slice(0, 8))} … ${issued.sha256.slice(-4)}`)}
                    </span>
                  </p>
                </div>
                <div className="actions">
                  <Button asChild variant="tertiary" className="row-button">
                    <Link href={`${root}/utstedt/${issued.id}`} aria-label={own.open_it(title)}>
                      {own.open}
                    </Link>
                  </Button>
                  <Button asChild variant="secondary" className="row-button">
                    <Link href={`${root}/utstedt/${issued.id}/sammenlign`} aria-label={own.compare_it(title)}>
                      {own.compare}
                    </Link>
                  </Button>
                </div>
              </li>
            );
          })}
        </ul>
      )}
      {props.onMore ? (
        <Button variant="tertiary" className="row-button" onClick={props.onMore}>
          {own.more}
        </Button>
      ) : null}
      <p className="muted">{own.issued_say}</p>
    </section>
  );
}

export function Back({ own, to = root }: { own: ReportTexts; to?: string }) {
  return (
    <Link href={to} className="back no-print">
      <Icon of={ChevronLeftIcon} small />
      {to.startsWith(`${root}/navn`) ? own.names_title : own.back}
    </Link>
  );
}

/** A report as it was issued. */
export function Issued({ id }: { id: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const report = useOnce<PeriodReport>({ id, detail: 'months' });
  const shown = report.data;
  if (report.error instanceof Refused) {
    return (
      <>
        <Back own={own} />
        <Head title={own.not_found} app={t.app}>
          <p>{own.not_found_say}</p>
        </Head>
      </>
    );
  }
  if (!shown) {
    return (
      <>
        <Back own={own} />
        <Freshness t={t} error={report.error} />
        {report.isError ? null : <Skeletons own={own} />}
      </>
    );
  }
  const file = `${own.title.toLowerCase().replace(' ', '-')}-${shown.from}-${shown.to}`;
  const linkTo = (number: string) => `${root}/navn?${new URLSearchParams({ rapport: id, tall: number })}`;
  return (
    <>
      <Back own={own} />
      <Head title={`${own.title}, ${titleOf(t, own, shown).toLowerCase()}`} app={t.app}>
        <p>
          {shown.chapters.map(({ name }) => name).join(', ')}.{' '}
          {own.issued_by(moment(t, zone(), Date.parse(shown.issued_at ?? '')), shown.issued_by_name ?? own.elsewhere)}
        </p>
        <Subject t={t} own={own} report={shown} />
      </Head>
      <div className="stack report">
        <section className="panel figures" aria-label={own.numbers_caption}>
          <Figures t={t} own={own} numbers={shown.total} period={shown} today="" linkTo={linkTo} />
          <div className="state no-print">
            <p>{own.stands}</p>
            <Button asChild>
              <Link href={`${root}/utstedt/${id}/sammenlign`}>
                <Icon of={ArrowsSquarepathIcon} small />
                {own.compare}
              </Link>
            </Button>
          </div>
        </section>
        <ByMonth t={t} own={own} months={shown.months ?? []} name={nameOf(t, own, shown, '')} />
        <ByChapter t={t} own={own} report={shown} />
        <section>
          <h2 className="ds-heading">{own.whole_checksum}</h2>
          <div className="panel sheet">
            <p className="checksum">{group(shown.sha256 ?? '')}</p>
            <p className="muted no-print">{own.checksum_say}</p>
            <div className="actions">
              <DownloadButton
                own={own}
                label={own.manifest}
                query={{ id, part: 'manifest' }}
                name={`${file}-manifest.json`}
              />
            </div>
          </div>
        </section>
        <Downloads own={own} query={{ id }} name={file} hasNames sample={`${root}/stikkprove?rapport=${id}`} />
        <Signatures own={own} />
      </div>
    </>
  );
}
