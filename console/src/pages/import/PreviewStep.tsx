import { Button } from '@digdir/designsystemet-react';
import { DownloadIcon, ExclamationmarkTriangleIcon, ShieldLockIcon } from '@navikt/aksel-icons';
import { useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { queries, Refused } from '../../api/client';
import { announce } from '../../parts/announce';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { save } from '../../parts/save';
import type { Texts } from '../../texts/nb';
import { sentenceOf } from './FileStep';
import { root, Steps } from './Import';
import { colours, icons } from './outcomes';
import { amount, RowList } from './RowList';
import type { ImportTexts } from './texts';
import type { Answer, Filter } from './types';
import { enter, judgeAgain, refusedRows, useWork } from './work';

const filters = ['all', 'new', 'changed', 'unchanged', 'possible_duplicate', 'refused'] as const;

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
          <RowList key={`${filter}${work.version}`} t={t} own={own} outcome={filter} count={shown} />
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
