import { Tag } from '@digdir/designsystemet-react';
import { ArrowRightIcon } from '@navikt/aksel-icons';
import { memo, useCallback, useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { Icon } from '../../parts/Icon';
import { full } from '../../texts/dates';
import { keeping } from '../../texts/keeping';
import { catalogues, useOwnTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';
import { Heights, type Near } from './heights';
import { colours, icons } from './outcomes';
import { rowsOf } from './rows';
import type { ImportTexts } from './texts';
import type { ImportRow, Outcome } from './types';

const numbers = new Map(Object.values(catalogues).map((t) => [t.locale, new Intl.NumberFormat(t.locale)]));
export const amount = (t: Texts, n: number) => numbers.get(t.locale)?.format(n) ?? String(n);

const chunk = 5; // rows that are put into the page at once
const margin = 700; // px above and below the window
const onPaper = 500; // rows that are printed

/**
 * However many rows: only those near the window are in the page. The others are with the
 * worker, and leave a gap. A chunk comes in a frame of its own, those in the window first, so
 * that a slow device never stops for long, however far one scrolls at once.
 */
export function RowList(props: { t: Texts; own: ImportTexts; outcome: Outcome | 'all'; count: number }) {
  const { t, own, outcome, count } = props;
  const list = useRef<HTMLDivElement>(null);
  const [heights] = useState(() => new Heights(count, chunk));
  const [near, setNear] = useState<Near | null>(null);
  const [shown, setShown] = useState<ReadonlyMap<number, ImportRow[]>>(new Map());
  const [paper, setPaper] = useState<ImportRow[] | null>(null);
  const [isPrinted, setPrinted] = useState(false);
  const observer = useRef<ResizeObserver | null>(null);
  const isAsking = useRef(false);

  useEffect(() => {
    let frame = 0;
    const look = () => {
      frame = 0;
      const top = list.current?.getBoundingClientRect().top ?? 0;
      const now = heights.near(-top, innerHeight, margin);
      setNear((was) =>
        was?.first === now.first && was.last === now.last && was.above === now.above && was.below === now.below
          ? was
          : now,
      );
    };
    const later = () => {
      frame ||= requestAnimationFrame(look);
    };
    let width = 0;
    const resized = new ResizeObserver((entries) => {
      const whole = entries.find(({ target }) => target === list.current);
      if (whole && whole.contentRect.width !== width) {
        width = whole.contentRect.width;
        heights.forget();
      }
      for (const { target, borderBoxSize } of entries) {
        const n = (target as HTMLElement).dataset['chunk'];
        // One that was left is nowhere, and one that waits is as high as it was told to be.
        const height = borderBoxSize[0]?.blockSize ?? 0;
        if (n !== undefined && height > 0) heights.show(Number(n), height);
      }
      later();
    });
    observer.current = resized;
    if (list.current) resized.observe(list.current);
    look();
    addEventListener('scroll', later, { passive: true });
    addEventListener('resize', later);
    return () => {
      cancelAnimationFrame(frame);
      resized.disconnect();
      removeEventListener('scroll', later);
      removeEventListener('resize', later);
    };
  }, [heights]);

  // The next chunk is asked for once the one before is in the page.
  const range = useRef(near);
  useEffect(() => {
    range.current = near;
    const next = near?.order.find((n) => !shown.has(n));
    if (isAsking.current || !near) return;
    if (next === undefined) {
      if (!paper) void rowsOf(outcome, 0, onPaper).then(setPaper);
      return;
    }
    isAsking.current = true;
    void rowsOf(outcome, next * chunk, chunk).then((rows) =>
      requestAnimationFrame(() => {
        isAsking.current = false;
        const { first, last } = range.current ?? near;
        setShown((held) => new Map([...held, [next, rows] as const].filter(([n]) => n >= first && n <= last)));
      }),
    );
  }, [near, shown, paper, outcome]);

  // Paper has no window: it gets the first rows, and says where it ends.
  useEffect(() => {
    const before = () => flushSync(() => setPrinted(true));
    const after = () => setPrinted(false);
    addEventListener('beforeprint', before);
    addEventListener('afterprint', after);
    return () => {
      removeEventListener('beforeprint', before);
      removeEventListener('afterprint', after);
    };
  }, []);

  const observe = useCallback((element: HTMLDivElement | null) => {
    if (element) observer.current?.observe(element);
    return () => {
      if (element) observer.current?.unobserve(element);
    };
  }, []);

  if (isPrinted && paper) {
    return (
      <div role="list" className="panel rows" ref={list}>
        {paper.map((row, at) => (
          <Row key={row.row} t={t} own={own} row={row} place={at + 1} of={count} />
        ))}
        {count > paper.length ? (
          <p className="import-row muted">{own.printed_n(amount(t, paper.length), amount(t, count))}</p>
        ) : null}
      </div>
    );
  }
  return (
    <div role="list" className="panel rows" ref={list}>
      <div role="presentation" style={{ height: near?.above ?? 0 }} />
      {near
        ? Array.from({ length: near.last - near.first + 1 }, (_, at) => {
            const n = near.first + at;
            const rows = shown.get(n);
            return rows ? (
              <Chunk key={n} t={t} own={own} n={n} rows={rows} of={count} observe={observe} />
            ) : (
              <div key={`gap ${n}`} role="presentation" style={{ height: heights.of(n) }} />
            );
          })
        : null}
      <div role="presentation" style={{ height: near?.below ?? 0 }} />
    </div>
  );
}

const Chunk = memo(function Chunk(props: {
  t: Texts;
  own: ImportTexts;
  n: number;
  rows: ImportRow[];
  of: number;
  observe: React.RefCallback<HTMLDivElement>;
}) {
  const { t, own, n, rows, of, observe } = props;
  return (
    <div ref={observe} role="presentation" className="import-chunk" data-chunk={n}>
      {rows.map((row, at) => (
        <Row key={row.row} t={t} own={own} row={row} place={n * chunk + at + 1} of={of} />
      ))}
    </div>
  );
});

function Row(props: { t: Texts; own: ImportTexts; row: ImportRow; place: number; of: number }) {
  const { t, own, row } = props;
  const { roles } = useOwnTexts(keeping);
  const name = row.outcome === 'new' ? row.changes.display_name?.to : row.display_name;
  const fields = Object.keys(own.fields);
  // What belongs to one certification stays together: its number comes before its fields.
  const order = (field: string) => {
    const [, name = field, n] = /^(.+?)(?:_(\d+))?$/.exec(field) ?? [];
    return fields.indexOf(name) + (n ? fields.length * Number(n) : 0);
  };
  const changes = Object.entries(row.changes)
    .filter(([field]) => row.outcome !== 'new' || field !== 'display_name')
    .sort(([a], [b]) => order(a) - order(b));
  const say = (field: string, value: string | null) => {
    if (value === null) return own.nothing;
    if (value === 'never') return own.never;
    if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return full(t, value);
    if (field === 'role') return roles[value as keyof typeof roles] ?? value;
    if (field === 'locale') return catalogues[value as keyof typeof catalogues]?.language ?? value;
    return value;
  };
  return (
    <div role="listitem" aria-setsize={props.of} aria-posinset={props.place} className="import-row">
      <p className="muted">{own.row(amount(t, row.row))}</p>
      <div className="import-who">
        {name ? <p className="import-name">{name}</p> : null}
        <Tag data-color={colours[row.outcome]}>
          <Icon of={icons[row.outcome]} small />
          {own.outcome[row.outcome]}
        </Tag>
      </div>
      <div className="import-what">
        {row.outcome === 'possible_duplicate' ? (
          <p>
            {row.display_name ? `${own.may_be(row.display_name)} ` : null}
            {own.may_be_say}
          </p>
        ) : null}
        {row.problems.map((problem) => (
          <p key={`${problem.column}${problem.code}`}>{problem.message}</p>
        ))}
        {changes.length > 0 ? (
          <dl>
            {changes.map(([field, change]) => (
              <div key={field}>
                <dt>{own.fields[field.replace(/_\d+$/, '')] ?? field}</dt>
                <dd>
                  {change.from === null ? (
                    <ins>{say(field, change.to)}</ins>
                  ) : (
                    <span className="change">
                      <del>
                        <span className="unseen">{own.from_value} </span>
                        {say(field, change.from)}
                      </del>
                      <Icon of={ArrowRightIcon} small />
                      <ins>
                        <span className="unseen">{own.to_value} </span>
                        {say(field, change.to)}
                      </ins>
                    </span>
                  )}
                </dd>
              </div>
            ))}
          </dl>
        ) : null}
      </div>
    </div>
  );
}
