import { Button, ErrorSummary, Heading, Textfield } from '@digdir/designsystemet-react';
import { PrinterSmallIcon } from '@navikt/aksel-icons';
import { type ComponentRef, type FormEvent, useRef, useState } from 'react';
import { useSearch } from 'wouter';
import { Refused } from '../../api/client';
import type { PeriodReport } from '../../api/types';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { Problems } from '../../parts/Problems';
import type { Problem } from '../../parts/rules';
import { useToday, zone } from '../../parts/time';
import { useOwnTexts, useTexts } from '../../texts/language';
import { placeOf, queryOf, readPeriod, root } from './address';
import { useOnce } from './calls';
import { Stretches } from './Days';
import { namesOf } from './facts';
import { Back } from './Issued';
import { Sums } from './Names';
import { Refusal, Skeletons, Subject } from './Report';
import { texts } from './texts';

const most = 200;

/** Some mentors, drawn so that an auditor draws the same ones, with all that their days rest on. */
export function Sample() {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const today = useToday();
  const address = useSearch();
  const id = new URLSearchParams(address).get('rapport');
  const period = readPeriod(address, today);
  const [count, setCount] = useState('20');
  const [seed, setSeed] = useState(period.to.slice(0, 4));
  const [problems, setProblems] = useState<Problem[]>([]);
  const [drawn, setDrawn] = useState<{ sample: number; seed: string }>();
  const summary = useRef<ComponentRef<typeof ErrorSummary>>(null);
  const report = useOnce<PeriodReport>(
    { ...(id ? { id } : queryOf(period)), detail: 'sample', ...drawn },
    drawn !== undefined,
  );
  const shown = drawn ? report.data : undefined;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found: Problem[] = [];
    const number = Number(count.trim());
    if (!/^\d+$/.test(count.trim()) || number < 1 || number > most)
      found.push({ field: 'sample-count', problem: own.how_many_wrong, repair: own.how_many_wrong });
    // More digits than these are no whole number of the database's.
    if (!/^-?\d{1,18}$/.test(seed.trim()))
      found.push({ field: 'sample-seed', problem: own.seed_wrong, repair: own.seed_wrong });
    setProblems(found);
    if (found.length) requestAnimationFrame(() => summary.current?.focus());
    else setDrawn({ sample: number, seed: seed.trim() });
  };
  const errorOf = (field: string) => problems.find((problem) => problem.field === field)?.problem;
  return (
    <>
      <Freshness t={t} error={report.error} />
      <Back own={own} to={id ? `${root}/utstedt/${id}` : placeOf(period)} />
      <Head title={own.sample_title} app={t.app}>
        <p>{own.sample_say}</p>
        {shown ? <Subject t={t} own={own} report={shown} isNamed /> : null}
      </Head>
      <form className="form panel sheet no-print" onSubmit={submit} noValidate>
        <div className="dates">
          <Textfield
            id="sample-count"
            label={own.how_many}
            description={own.how_many_hint}
            inputMode="numeric"
            autoComplete="off"
            value={count}
            error={errorOf('sample-count')}
            onChange={(event) => setCount(event.target.value)}
          />
          <Textfield
            id="sample-seed"
            label={own.seed}
            description={own.seed_hint}
            inputMode="numeric"
            autoComplete="off"
            value={seed}
            error={errorOf('sample-seed')}
            onChange={(event) => setSeed(event.target.value)}
          />
        </div>
        <Problems t={t} ref={summary} problems={problems} before={own.fix_draw} />
        <div className="actions">
          <Button type="submit">{own.draw}</Button>
        </div>
      </form>
      {report.error instanceof Refused ? (
        <Refusal own={own} code={report.error.refusal.code} message={report.error.refusal.message} />
      ) : shown ? (
        <div className="stack report">
          <div className="sample-head">
            <p role="status">
              <strong>{own.drawn_n(shown.sample?.length ?? 0, drawn?.seed ?? '')}</strong>
            </p>
            <Button variant="tertiary" className="row-button no-print" onClick={() => window.print()}>
              <Icon of={PrinterSmallIcon} small />
              {own.print}
            </Button>
          </div>
          {(shown.sample ?? []).map((mentor) => (
            <section key={mentor.mentor_id} className="drawn">
              <Heading level={2}>{mentor.display_name}</Heading>
              <Sums t={t} own={own} mentor={mentor} />
              <Stretches speech={{ t, own, zone: zone(), chapters: namesOf(shown.chapters) }} mentor={mentor} />
            </section>
          ))}
        </div>
      ) : drawn && !report.isError ? (
        <Skeletons own={own} />
      ) : null}
    </>
  );
}
