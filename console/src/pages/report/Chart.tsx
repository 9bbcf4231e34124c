import { Details, Table } from '@digdir/designsystemet-react';
import { useId } from 'react';
import type { ReportMonth } from '../../api/types';
import { monthOf } from '../../texts/dates';
import type { Texts } from '../../texts/nb';
import { amount } from './Figures';
import type { ReportTexts } from './texts';

const parts = [
  ['days_active', 'active'],
  ['days_paused', 'paused'],
  ['days_expired_cert', 'expired_cert'],
] as const;

/** Days by month: a picture for those who would rather look, a table for those who can't. */
export function ByMonth({ t, own, months, name }: { t: Texts; own: ReportTexts; months: ReportMonth[]; name: string }) {
  const hatch = useId();
  const sum = (number: (typeof parts)[number][0]) => months.reduce((days, month) => days + month[number], 0);
  return (
    <section className="by-month">
      <h2 className="ds-heading">{own.by_month}</h2>
      <figure className="panel sheet">
        <ul className="plain legend">
          {parts.map(([number, status]) => (
            <li key={number}>
              <svg viewBox="0 0 18 18" className="key" aria-hidden focusable="false">
                {status === 'paused' ? (
                  <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <rect width="6" height="6" className="hatch-ground" />
                    <rect width="3" height="6" className="hatch-line" />
                  </pattern>
                ) : null}
                <Bar status={status} x={1} y={1} width={16} height={16} hatch={hatch} />
              </svg>
              {t[status]} <strong>{amount(t, sum(number))}</strong>
            </li>
          ))}
        </ul>
        <Chart t={t} own={own} months={months} name={name} width={700} hatch={hatch} className="chart-wide" />
        <Chart t={t} own={own} months={months} name={name} width={340} hatch={hatch} className="chart-narrow" />
        <Details className="chart-table">
          <Details.Summary>{own.as_table}</Details.Summary>
          <Details.Content>
            <Table data-color="neutral" className="months-table">
              <caption className="unseen">{own.by_month}</caption>
              <Table.Head>
                <Table.Row>
                  <Table.HeaderCell>{own.month}</Table.HeaderCell>
                  {parts.map(([number, status]) => (
                    <Table.HeaderCell key={number}>{t[status]}</Table.HeaderCell>
                  ))}
                </Table.Row>
              </Table.Head>
              <Table.Body>
                {months.map((month) => (
                  <Table.Row key={month.from}>
                    <Table.HeaderCell scope="row">{monthOf(t, month.from)}</Table.HeaderCell>
                    {parts.map(([number]) => (
                      <Table.Cell key={number}>{amount(t, month[number])}</Table.Cell>
                    ))}
                  </Table.Row>
                ))}
              </Table.Body>
            </Table>
          </Details.Content>
        </Details>
      </figure>
    </section>
  );
}

/** Steps of a scale that a person would choose: 1, 2 or 5 times a power of ten. */
export function scale(most: number): number[] {
  if (most <= 0) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(most / 4 || 1));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n * 5 >= most) ?? 10 * power;
  return Array.from({ length: Math.ceil(most / Math.max(1, step)) + 1 }, (_, n) => n * Math.max(1, step));
}

const height = 250;
const foot = 24;
const head = 8;

function Chart(props: {
  t: Texts;
  own: ReportTexts;
  months: ReportMonth[];
  name: string;
  width: number;
  hatch: string; // the id of its pattern
  className: string;
}) {
  const { t, own, months, width, hatch } = props;
  const most = Math.max(0, ...months.map((month) => parts.reduce((days, [number]) => days + month[number], 0)));
  const steps = scale(most);
  const top = steps.at(-1) ?? 1;
  const left = 8 * amount(t, top).length + 12;
  const y = (days: number) => head + (height - head - foot) * (1 - days / top);
  const place = (width - left) / Math.max(1, months.length);
  const bar = Math.min(44, place * (months.length > 18 ? 0.8 : 0.62));
  const label = (month: ReportMonth, n: number) => {
    const [of, number] = [month.from.slice(0, 4), Number(month.from.slice(5, 7))];
    if (months.length > 15) return number === 1 || n === 0 ? of : '';
    const text = t.months[number - 1] ?? '';
    return place < 34 ? text.charAt(0).toUpperCase() : text;
  };
  return (
    <svg
      className={`chart ${props.className}`}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={own.chart_say(props.name)}
    >
      {steps.map((step) => (
        <g key={step}>
          <line x1={left} x2={width} y1={y(step)} y2={y(step)} className="grid" />
          <text x={left - 8} y={y(step) + 4} textAnchor="end">
            {amount(t, step)}
          </text>
        </g>
      ))}
      {months.map((month, n) => {
        const x = left + place * n + (place - bar) / 2;
        let below = 0;
        return (
          <g key={month.from}>
            {parts.map(([number, status]) => {
              const days = month[number];
              if (days === 0) return null;
              const [lower, upper] = [y(below), y(below + days)];
              below += days;
              return (
                <Bar
                  key={number}
                  status={status}
                  x={x}
                  y={upper}
                  width={bar}
                  height={Math.max(1, lower - upper)}
                  hatch={hatch}
                />
              );
            })}
            <text x={x + bar / 2} y={height - 6} textAnchor="middle">
              {label(month, n)}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

/** Solid, hatched or hollow: the form says what it is, and the colour says it again. */
function Bar(props: { status: string; x: number; y: number; width: number; height: number; hatch: string }) {
  const { status, x, y, width, height: tall, hatch } = props;
  const inset = status === 'expired_cert' && tall > 3 ? 1 : 0;
  return (
    <rect
      className={`bar bar-${status}`}
      x={x + inset}
      y={y + inset}
      width={width - 2 * inset}
      height={tall - 2 * inset}
      fill={status === 'paused' ? `url(#${hatch})` : undefined}
    />
  );
}
