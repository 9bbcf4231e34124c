import './import.css';
import { Heading } from '@digdir/designsystemet-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link, Redirect, Route, Switch } from 'wouter';
import { call, Refused } from '../../api/client';
import type { IssuedReports } from '../../api/types';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { useOwnTexts, useTexts } from '../../texts/language';
import { ColumnsStep } from './ColumnsStep';
import { DoneStep } from './DoneStep';
import { FileStep } from './FileStep';
import { PreviewStep } from './PreviewStep';
import { type ImportTexts, texts } from './texts';
import { takeUp, useWork } from './work';

export const root = '/import';

/** The chapters that one administers: an import is for nobody else. */
function useChapters() {
  return useQuery({
    queryKey: ['period-report', 'administered'],
    staleTime: 60_000,
    retry: (count, error) => !(error instanceof Refused) && count < 1,
    queryFn: async () => {
      const answer = await call('period-report', { method: 'GET', query: 'issued=true&limit=1' });
      return ((await answer.json()) as IssuedReports).chapters;
    },
  });
}

/** A path of four steps, which can be left and taken up again. */
export function Import({ me }: { me: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const chapters = useChapters();
  const { file, answer, done } = useWork();
  const [isTaken, setTaken] = useState(false);
  useEffect(() => {
    void takeUp(me).finally(() => setTaken(true));
  }, [me]);
  if (chapters.error instanceof Refused) {
    return (
      <Head title={own.not_yours} app={t.app}>
        <p>{own.not_yours_say}</p>
      </Head>
    );
  }
  if (!isTaken) return null;
  const hasFile = file !== null && answer !== null;
  return (
    <>
      <Freshness t={t} error={chapters.error} />
      <Switch>
        <Route path={root}>
          <FileStep t={t} own={own} chapters={chapters.data ?? []} />
        </Route>
        <Route path={`${root}/kolonner`}>
          {hasFile ? <ColumnsStep t={t} own={own} answer={answer} /> : <Redirect to={root} replace />}
        </Route>
        <Route path={`${root}/forhandsvisning`}>
          {hasFile && !done ? <PreviewStep t={t} own={own} answer={answer} /> : <Redirect to={root} replace />}
        </Route>
        <Route path={`${root}/ferdig`}>
          {done ? <DoneStep t={t} own={own} done={done} /> : <Redirect to={root} replace />}
        </Route>
      </Switch>
    </>
  );
}

const steps = ['file', 'columns', 'preview', 'done'] as const;
const places = { file: root, columns: `${root}/kolonner`, preview: `${root}/forhandsvisning`, done: `${root}/ferdig` };

/** Where one is. The steps behind lead back. */
export function Steps({ own, at }: { own: ImportTexts; at: (typeof steps)[number] }) {
  const here = steps.indexOf(at);
  return (
    <nav aria-label={own.steps_label}>
      <ol className="plain steps">
        {steps.map((step, n) => {
          const name = `${n + 1}. ${own.steps[step]}`;
          return (
            <li key={step} data-passed={n <= here || undefined}>
              {n === here ? (
                <strong aria-current="step">{name}</strong>
              ) : n < here && at !== 'done' ? (
                <Link href={places[step]}>{name}</Link>
              ) : (
                <span className="muted">{name}</span>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

export function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="panel sheet">
      <Heading level={2}>{title}</Heading>
      {children}
    </section>
  );
}
