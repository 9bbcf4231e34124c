import { Button, Tag } from '@digdir/designsystemet-react';
import {
  ArrowRightIcon,
  BulletListIcon,
  CircleSlashIcon,
  DownloadIcon,
  EqualsIcon,
  ExclamationmarkTriangleIcon,
  PencilIcon,
  PlusCircleIcon,
  QuestionmarkCircleIcon,
  ShieldLockIcon,
} from '@navikt/aksel-icons';
import { useCallback, useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { queries, Refused } from '../../api/client';
import { announce } from '../../parts/announce';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { save } from '../../parts/save';
import { full } from '../../texts/dates';
import { keeping } from '../../texts/keeping';
import { catalogues, useOwnTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';
import { sentenceOf } from './FileStep';
import { root, Steps } from './Import';
import { rowsOf } from './rows';
import type { ImportTexts } from './texts';
import type { Answer, Filter, ImportRow, Outcome } from './types';
import { enter, judgeAgain, refusedRows, useWork } from './work';

const icons = {
  all: BulletListIcon,
  new: PlusCircleIcon,
  changed: PencilIcon,
  unchanged: EqualsIcon,
  possible_duplicate: QuestionmarkCircleIcon,
  refused: CircleSlashIcon,
};
const colours = {
  all: 'lyng',
  new: 'success',
  changed: 'info',
  unchanged: 'neutral',
  possible_duplicate: 'warning',
  refused: 'danger',
} as const;
const filters = ['all', 'new', 'changed', 'unchanged', 'possible_duplicate', 'refused'] as const;

const numbers = new Map(Object.values(catalogues).map((t) => [t.locale, new Intl.NumberFormat(t.locale)]));
const amount = (t: Texts, n: number) => numbers.get(t.locale)?.format(n) ?? String(n);
const percent = (t: Texts, share: number) =>
  new Intl.NumberFormat(t.locale, { style: 'percent', maximumFractionDigits: 0 }).format(share);

/** What would happen, row by row, before it does. */
export function PreviewStep({ t, own, answer }: { t: Texts; own: ImportTexts; answer: Answer }) {
  const [, navigate] = useLocation();
  const work = useWork();
  const [filter, setFilter] = useState<Filter>('all');
  const [state, setState] = useState<'ready' | 'entering' | 'busy'>('ready');
  const [problem, setProblem] = useState('');
  const alert = useRef<HTMLDivElement>(null);
  const { counts } = answer;
  const total = counts.new + counts.changed + counts.unchanged + counts.possible_duplicate + counts.refused;
  const listed = total - counts.unchanged;
  const entered = counts.new + counts.changed;
  const number = (of: Filter) => (of === 'all' ? total : counts[of]);
  const shown = filter === 'all' ? listed : filter === 'unchanged' ? 0 : counts[filter];
  const struck = answer.columns.filter(({ problem: why }) => why?.code === 'national_identity_number');

  const start = async () => {
    if (state !== 'ready') return;
    setState('entering');
    setProblem('');
    announce(own.entering);
    try {
      await enter();
      void queries.invalidateQueries();
      navigate(`${root}/ferdig`);
    } catch (error) {
      if (error instanceof Refused && error.refusal.code === 'preview_outdated') {
        await judgeAgain().catch(() => setProblem(own.unreachable));
        setState('ready');
        requestAnimationFrame(() => alert.current?.focus());
        return;
      }
      setProblem(error instanceof Refused ? sentenceOf(own, error) : own.enter_unreachable);
      setState('ready');
    }
  };
  const download = () => {
    if (state !== 'ready') return;
    setState('busy');
    refusedRows()
      .then(
        (content) => save(content, `${own.refused_file_name}.csv`),
        () => setProblem(own.download_failed),
      )
      .finally(() => setState('ready'));
  };

  return (
    <>
      <Head title={own.preview_title} app={t.app}>
        <p>{own.preview_lead_n(total, work.name)}</p>
      </Head>
      <Steps own={own} at="preview" />
      <div className="stack import">
        {work.isOutdated ? (
          <div className="banner" data-color="warning" ref={alert} tabIndex={-1} role="alert">
            <Icon of={ExclamationmarkTriangleIcon} />
            <p>
              <strong>{own.outdated}.</strong> {own.outdated_say}
            </p>
          </div>
        ) : null}
        <fieldset className="tiles">
          <legend className="unseen">{own.filters}</legend>
          {filters.map((of) => (
            <label key={of} className="tile" data-color={colours[of]}>
              <input
                type="radio"
                name="outcome"
                className="unseen"
                checked={filter === of}
                onChange={() => {
                  setFilter(of);
                  announce(
                    of === 'unchanged'
                      ? own.unchanged_n(counts.unchanged)
                      : own.shown_n(of === 'all' ? listed : counts[of]),
                  );
                }}
              />
              <b>{amount(t, number(of))}</b>
              <span>
                <Icon of={icons[of]} small />
                {own.outcomes[of]}
              </span>
            </label>
          ))}
        </fieldset>
        {answer.warnings.map((warning) => (
          <div key={`${warning.code}${warning.field}`} className="banner" data-color="warning">
            <Icon of={ExclamationmarkTriangleIcon} />
            <p>
              <strong>
                {warning.code === 'changes_many'
                  ? own.warn_many(percent(t, warning.share), own.fields[warning.field] ?? warning.field)
                  : own.warn_elsewhere(percent(t, warning.share))}
              </strong>{' '}
              {warning.code === 'changes_many' ? (
                <>
                  {own.warn_many_say} <Link href={`${root}/kolonner`}>{own.to_columns}</Link>
                </>
              ) : (
                own.warn_elsewhere_say
              )}
            </p>
          </div>
        ))}
        {struck.map((column, n) => (
          <div key={`${n}${column.header}`} className="banner" data-color="neutral">
            <Icon of={ShieldLockIcon} />
            <p>
              <strong>{own.struck_column(column.header || own.no_header)}</strong> {own.struck_columns_say}
            </p>
          </div>
        ))}
        {filter === 'unchanged' ? (
          <p className="muted">{own.unchanged_n(counts.unchanged)}</p>
        ) : shown === 0 ? (
          <p className="muted">{own.none}</p>
        ) : (
          <Rows key={`${filter}${work.version}`} t={t} own={own} outcome={filter} count={shown} />
        )}
        {answer.missing.length > 0 ? (
          <details className="panel sheet missing">
            <summary>{own.missing_n(answer.missing.length)}</summary>
            <p className="muted">{own.missing_say}</p>
            <ul>
              {answer.missing.slice(0, 500).map((person) => (
                <li key={person.person_id}>{person.display_name}</li>
              ))}
            </ul>
          </details>
        ) : null}
        {problem ? (
          <p className="banner" data-color="danger" role="alert">
            {problem}
          </p>
        ) : null}
        <div className="chosen import-bar">
          <p>
            {entered > 0 ? (
              <>
                {own.sum(counts.new, amount(t, counts.new), amount(t, counts.changed))}{' '}
                <span className="muted">{own.left_out(counts.possible_duplicate, counts.refused)}</span>
              </>
            ) : (
              own.nothing_to_enter
            )}
          </p>
          <div className="actions">
            {counts.refused > 0 ? (
              <Button variant="tertiary" className="row-button" aria-disabled={state !== 'ready'} onClick={download}>
                <Icon of={DownloadIcon} small />
                {own.refused_file}
              </Button>
            ) : null}
            {entered > 0 ? (
              <Button aria-disabled={state !== 'ready'} onClick={() => void start()}>
                {state === 'entering' ? own.entering : own.enter_n(entered)}
              </Button>
            ) : null}
          </div>
        </div>
      </div>
    </>
  );
}

const chunk = 10; // rows that are shown at once
const guess = 84; // px, of a row that was not seen yet
const margin = 700; // px above and below the window

/**
 * However many rows: only those near the window are in the page. The others are with the
 * worker, and leave a gap as high as they were. Each chunk comes in a task of its own.
 */
function Rows(props: { t: Texts; own: ImportTexts; outcome: Outcome | 'all'; count: number }) {
  const { count } = props;
  const list = useRef<HTMLDivElement>(null);
  const heights = useRef<number[]>([]);
  const chunks = Math.ceil(count / chunk);
  const [[first, last], setNear] = useState<[number, number]>([0, 0]);
  const heightOf = useCallback(
    (n: number) => heights.current[n] ?? Math.min(chunk, count - n * chunk) * guess,
    [count],
  );
  useEffect(() => {
    let frame = 0;
    const { current } = list;
    const look = () => {
      frame = 0;
      const top = list.current?.getBoundingClientRect().top ?? 0;
      let [n, below] = [0, top];
      while (n < chunks - 1 && below + heightOf(n) < -margin) below += heightOf(n++);
      const from = n;
      while (n < chunks - 1 && below + heightOf(n) < innerHeight + margin) below += heightOf(n++);
      setNear((near) => (near[0] === from && near[1] === n ? near : [from, n]));
    };
    const later = () => {
      frame ||= requestAnimationFrame(look);
    };
    look();
    // Rows that turn out lower than they were guessed leave room for others.
    const resized = new ResizeObserver(later);
    if (current) resized.observe(current);
    addEventListener('scroll', later, { passive: true });
    addEventListener('resize', later);
    return () => {
      cancelAnimationFrame(frame);
      resized.disconnect();
      removeEventListener('scroll', later);
      removeEventListener('resize', later);
    };
  }, [chunks, heightOf]);
  const gap = (from: number, to: number) => {
    let height = 0;
    for (let n = from; n < to; n++) height += heightOf(n);
    return height;
  };
  return (
    <div role="list" className="panel rows" ref={list}>
      <div role="presentation" style={{ height: gap(0, first) }} />
      {Array.from({ length: last - first + 1 }, (_, at) => (
        <Chunk key={first + at} {...props} n={first + at} heights={heights.current} height={heightOf(first + at)} />
      ))}
      <div role="presentation" style={{ height: gap(last + 1, chunks) }} />
    </div>
  );
}

function Chunk(props: {
  t: Texts;
  own: ImportTexts;
  outcome: Outcome | 'all';
  count: number;
  n: number;
  heights: number[]; // of all chunks that were seen
  height: number;
}) {
  const { t, own, outcome, count, n, heights } = props;
  const element = useRef<HTMLDivElement>(null);
  const [rows, setRows] = useState<ImportRow[] | null>(null);
  useEffect(() => {
    let isHere = true;
    void rowsOf(outcome, n * chunk, chunk).then((found) => isHere && setRows(found));
    return () => {
      isHere = false;
    };
  }, [outcome, n]);
  useEffect(() => {
    const { current } = element;
    if (!rows || !current) return;
    const observer = new ResizeObserver(() => {
      heights[n] = current.offsetHeight;
    });
    observer.observe(current);
    return () => observer.disconnect();
  }, [rows, n, heights]);
  return (
    <div ref={element} role="presentation" style={rows ? undefined : { height: props.height }}>
      {rows?.map((row, at) => (
        <Row key={row.row} t={t} own={own} row={row} place={n * chunk + at + 1} of={count} />
      ))}
    </div>
  );
}

function Row(props: { t: Texts; own: ImportTexts; row: ImportRow; place: number; of: number }) {
  const { t, own, row } = props;
  const { roles } = useOwnTexts(keeping);
  const name = row.outcome === 'new' ? row.changes.display_name?.to : row.display_name;
  const order = (field: string) => Object.keys(own.fields).indexOf(field.replace(/_\d+$/, ''));
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
