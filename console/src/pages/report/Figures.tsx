import { Table } from '@digdir/designsystemet-react';
import { ChevronRightIcon } from '@navikt/aksel-icons';
import { Link } from 'wouter';
import type { PeriodReport, ReportNumbers } from '../../api/types';
import { Icon } from '../../parts/Icon';
import { short } from '../../texts/dates';
import type { Texts } from '../../texts/nb';
import { inPeriod, type Period } from './address';
import { addsUp, type Judged } from './judge';
import type { ReportTexts } from './texts';

/** A number as it is read: 36 538. */
export const amount = (t: Texts, n: number) => new Intl.NumberFormat(t.locale).format(n);

type Cell = Judged | null;
const rows: [keyof Pick<ReportTexts, 'registered' | 'active' | 'certified'>, Cell[]][] = [
  ['registered', ['registered_start', 'registered_end', 'registered_any', null]],
  ['active', [null, 'active_end', 'active_any', 'active_every_day']],
  ['certified', [null, 'certified_end', 'certified_any', 'certified_every_day']],
];

// The roles are said, because a table that is shown as lists on a phone loses them otherwise.

/** The number that matters, and what it stands among. Each leads to the people behind it. */
export function Figures(props: {
  t: Texts;
  own: ReportTexts;
  numbers: ReportNumbers;
  period: Pick<Period, 'from' | 'to'>;
  today: string;
  linkTo?: (number: Judged) => string;
}) {
  const { t, own, numbers, period, linkTo } = props;
  const [from, to] = [short(t, period.from, period.to), short(t, period.to, period.to)];
  const columns = [`${own.first_day}, ${from}`, `${own.last_day}, ${to}`, own.any_day, own.every_day];
  const moves = [
    own.came_n(numbers.joined),
    own.went_n(numbers.left),
    ...(numbers.moved > 0 ? [own.moved_n(numbers.moved)] : []),
  ];
  return (
    <div className="figures-row">
      <div className="headline">
        <p className="headline-number">{amount(t, numbers.certified_any)}</p>
        <p className="headline-say">{own.headline_n(numbers.certified_any, inPeriod(t, own, period, props.today))}</p>
        {linkTo ? (
          <Link href={linkTo('certified_any')} className="go no-print">
            {own.names}
            <Icon of={ChevronRightIcon} small />
          </Link>
        ) : null}
      </div>
      <div className="numbers">
        <Table data-color="neutral" className="numbers-table" role="table">
          <caption className="unseen">{own.numbers_caption}</caption>
          <Table.Head role="rowgroup">
            <Table.Row role="row">
              <Table.HeaderCell role="columnheader">
                <span className="unseen">{own.group}</span>
              </Table.HeaderCell>
              {columns.map((column) => (
                <Table.HeaderCell role="columnheader" key={column}>
                  {column}
                </Table.HeaderCell>
              ))}
            </Table.Row>
          </Table.Head>
          <Table.Body role="rowgroup">
            {rows.map(([group, cells]) => (
              <Table.Row role="row" key={group} data-group={group}>
                <Table.HeaderCell role="rowheader" scope="row">
                  {own[group]}
                </Table.HeaderCell>
                {cells.map((number, n) => (
                  <Table.Cell role="cell" key={columns[n]} data-label={columns[n]}>
                    {number === null ? (
                      <>
                        <span aria-hidden>–</span>
                        <span className="unseen">{own.not_counted}</span>
                      </>
                    ) : linkTo && numbers[number] > 0 ? (
                      <Link href={linkTo(number)} aria-label={own.who_n(numbers[number], own.numbers[number] ?? '')}>
                        {amount(t, numbers[number])}
                      </Link>
                    ) : (
                      amount(t, numbers[number])
                    )}
                  </Table.Cell>
                ))}
              </Table.Row>
            ))}
          </Table.Body>
        </Table>
        <p className="muted">
          {own.came_went_list(moves)} {addsUp(numbers) ? '' : own.not_adding_up}
        </p>
      </div>
    </div>
  );
}

/** The same of each chapter, where there are several. */
export function ByChapter(props: {
  t: Texts;
  own: ReportTexts;
  report: PeriodReport;
  linkTo?: (chapter: string) => string;
}) {
  const { t, own, report, linkTo } = props;
  if (report.chapters.length < 2) return null;
  const columns = ['registered_any', 'active_any', 'certified_any', 'certified_end', 'days_active'] as const;
  const cells = (numbers: ReportNumbers) =>
    columns.map((number) => (
      <Table.Cell role="cell" key={number} data-label={own.numbers[number]}>
        {amount(t, numbers[number])}
      </Table.Cell>
    ));
  return (
    <section>
      <h2 className="ds-heading">{own.by_chapter}</h2>
      <div className="panel sheet">
        <Table data-color="neutral" className="numbers-table" role="table">
          <caption className="unseen">{own.by_chapter}</caption>
          <Table.Head role="rowgroup">
            <Table.Row role="row">
              <Table.HeaderCell role="columnheader">{own.chapter}</Table.HeaderCell>
              {columns.map((number) => (
                <Table.HeaderCell role="columnheader" key={number}>
                  {own.numbers[number]}
                </Table.HeaderCell>
              ))}
            </Table.Row>
          </Table.Head>
          <Table.Body role="rowgroup">
            {report.chapters.map((chapter) => (
              <Table.Row role="row" key={chapter.chapter_id}>
                <Table.HeaderCell role="rowheader" scope="row">
                  {linkTo ? <Link href={linkTo(chapter.chapter_id)}>{chapter.name}</Link> : chapter.name}
                </Table.HeaderCell>
                {cells(chapter)}
              </Table.Row>
            ))}
            <Table.Row role="row" data-group="certified">
              <Table.HeaderCell role="rowheader" scope="row">
                {own.sum}
              </Table.HeaderCell>
              {cells(report.total)}
            </Table.Row>
          </Table.Body>
        </Table>
        <p className="muted">{own.sum_say}</p>
      </div>
    </section>
  );
}
