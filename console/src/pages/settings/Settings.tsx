import { Heading } from '@digdir/designsystemet-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Refused, useRead } from '../../api/client';
import type { Organisation } from '../../api/types';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Pending } from '../../parts/keep';
import { useOwnTexts, useTexts } from '../../texts/language';
import { Administrators } from './Administrators';
import { Chapters } from './Chapters';
import { Kinds } from './Kinds';
import { texts } from './texts';

/** What holds for the whole organisation; for the national office alone. */
export function Settings({ me }: { me: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const read = useRead<Organisation>('people', { part: 'organisation' });
  const body = read.data?.body;
  if (read.error instanceof Refused || (body && !body.is_organisation_administrator)) {
    return (
      <Head title={own.not_yours} app={t.app}>
        <p>{own.not_yours_say}</p>
      </Head>
    );
  }
  return (
    <>
      <Freshness t={t} at={read.data?.at} error={read.error} />
      <Head title={own.title} app={t.app}>
        <p>{own.lead}</p>
      </Head>
      <Pending />
      {body ? (
        <div className="stack wide">
          <Chapters chapters={body.chapters} />
          <Kinds kinds={body.certification_kinds} />
          <Administrators administrators={body.administrators} me={me} />
          <Part title={own.languages} say={own.languages_say}>
            <p>
              <Link href="/personer">{own.languages_people}</Link>
            </p>
            <p>
              <Link href="/mer">{own.languages_own}</Link>
            </p>
          </Part>
        </div>
      ) : read.isError ? null : (
        <p role="status" className="muted">
          {t.loading}
        </p>
      )}
    </>
  );
}

export function Part({ title, say, children }: { title: string; say?: string; children: ReactNode }) {
  return (
    <section className="panel sheet">
      <Heading level={2}>{title}</Heading>
      {say ? <p className="muted">{say}</p> : null}
      {children}
    </section>
  );
}
