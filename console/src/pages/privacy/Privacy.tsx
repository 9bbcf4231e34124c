import { Alert, Button, Heading } from '@digdir/designsystemet-react';
import { DownloadIcon, PrinterSmallIcon } from '@navikt/aksel-icons';
import { type ReactNode, useRef, useState } from 'react';
import { call, useRead } from '../../api/client';
import type { MentorPage } from '../../api/types';
import { announce } from '../../parts/announce';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { nameOf, spaced } from '../../parts/people';
import { useToday } from '../../parts/time';
import { full } from '../../texts/dates';
import { keeping } from '../../texts/keeping';
import { catalogues, useOwnTexts, useTexts } from '../../texts/language';
import { texts } from './texts';

const pageLength = 200;

/** All of what is kept about somebody: the lists that come in pages, put together. */
async function readAll(me: string): Promise<MentorPage> {
  let whole: MentorPage | undefined;
  for (let cursor = ''; ;) {
    const query = new URLSearchParams({ mentor_id: me, limit: String(pageLength) });
    if (cursor) query.set('cursor', cursor);
    const answer = await call('mentor', { method: 'GET', query: query.toString() });
    const page = (await answer.json()) as MentorPage;
    if (whole) {
      whole.timeline.push(...page.timeline);
      whole.sent.push(...page.sent);
      whole.closed_pauses.push(...page.closed_pauses);
    } else whole = page;
    if (!page.next_cursor) return { ...whole, next_cursor: null };
    cursor = page.next_cursor;
  }
}

/** For everybody: what is kept about me, who may read it, and how to have it erased. */
export function Privacy(props: { me: string; email: string; isOffice: boolean; isAdministrator: boolean }) {
  const { me, email, isOffice, isAdministrator } = props;
  const t = useTexts();
  const own = useOwnTexts(texts);
  const today = useToday();
  const read = useRead<MentorPage>('mentor', { mentor_id: me });
  const page = read.data?.body;
  const chapters = [
    ...new Set(
      (page?.memberships ?? [])
        .filter(({ first_day, last_day }) => first_day <= today && (last_day === null || last_day >= today))
        .map(({ chapter_name }) => chapter_name),
    ),
  ];
  // Names, addresses and profiles are changed by whoever administers all of a person's chapters.
  const isOfOne = chapters.length === 1;
  const who = isOffice ? 'office' : isOfOne ? (isAdministrator ? 'administrator' : 'chapter') : 'elsewhere';
  const others = (page?.recipients ?? []).filter(({ id }) => id !== me).map(({ display_name }) => display_name);
  return (
    <>
      <Freshness t={t} at={read.data?.at} error={read.error} />
      <Head title={own.title} app={t.app}>
        <p>{own.lead}</p>
      </Head>
      <div className="stack wide">
        {page ? <Kept page={page} email={email} isOffice={isOffice} /> : null}
        <Part title={own.readers}>
          <ul>
            <li>{own.reader_self}</li>
            <li>{chapters.length > 0 ? own.reader_coordinators(t.list(chapters)) : own.reader_nobody}</li>
            <li>{own.reader_office}</li>
          </ul>
          <p>{own.reader_reason}</p>
          <p>{own.reader_reports}</p>
          <p>{own.reader_others}</p>
        </Part>
        <Download me={me} />
        <Part title={own.correct}>
          <p>{own.correct_say[who]}</p>
        </Part>
        <Part title={own.erase}>
          <p>
            {own.erase_say[who]} {others.length > 0 ? own.ask(t.list(others)) : null}
          </p>
          <p>{own.goes}</p>
          <p>{own.stays}</p>
        </Part>
      </div>
    </>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="panel sheet">
      <Heading level={2}>{title}</Heading>
      {children}
    </section>
  );
}

function Kept({ page, email, isOffice }: { page: MentorPage; email: string; isOffice: boolean }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const { profile, contacts } = page;
  const count = (n: number, goesOn = false) => (n === 0 ? own.nothing : (goesOn ? own.count_more_n : own.count_n)(n));
  const list = (lines: string[]) =>
    lines.length === 0
      ? own.nothing
      : lines.map((line) => (
          <span key={line} className="line">
            {line}
          </span>
        ));
  const facts: [string, ReactNode][] = [
    [own.name, profile.display_name],
    [own.language, catalogues[profile.locale as keyof typeof catalogues]?.language ?? profile.locale],
    [own.email, contacts.email ?? own.not_given],
    [own.phone, contacts.phone ? spaced(contacts.phone) : own.not_given],
    [own.sign_in, email],
    [
      own.roles,
      list([
        ...(isOffice ? [own.role_office] : []),
        ...page.memberships.map(({ role, chapter_name, first_day, last_day }) =>
          last_day
            ? own.role_span(k.roles[role], chapter_name, `${full(t, first_day)} – ${full(t, last_day)}`)
            : own.role_in(k.roles[role], chapter_name, full(t, first_day)),
        ),
      ]),
    ],
    [
      own.certifications,
      list(
        page.certifications
          .filter(({ id }) => id !== null)
          .map((held) => (held.expires_on ? own.until(nameOf(held, t), full(t, held.expires_on)) : nameOf(held, t))),
      ),
    ],
    [own.coordinators, list(page.assignments.map(({ coordinator_name }) => coordinator_name))],
    [own.pauses, count(page.closed_pauses.length + (page.pause_record ? 1 : 0), page.next_cursor !== null)],
    [own.requests, count(page.leave_requests.length)],
    [own.changes, count(page.timeline.length, page.next_cursor !== null)],
    [own.messages, count(page.sent.length, page.next_cursor !== null)],
  ];
  return (
    <Part title={own.kept}>
      <dl className="kept">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p>{own.reasons}</p>
      <p>{own.also}</p>
      <p>{own.device}</p>
    </Part>
  );
}

function Download({ me }: { me: string }) {
  const own = useOwnTexts(texts);
  const today = useToday();
  const [isBusy, setBusy] = useState(false);
  const [hasFailed, setFailed] = useState(false);
  const alert = useRef<HTMLDivElement>(null);

  async function download() {
    if (isBusy) return;
    setBusy(true);
    setFailed(false);
    try {
      const whole = await readAll(me);
      const address = URL.createObjectURL(new Blob([JSON.stringify(whole, null, 2)], { type: 'application/json' }));
      const link = document.createElement('a');
      link.href = address;
      link.download = `${own.file}-${today}.json`;
      link.click();
      // The browser has read it by then; it has reasons in it, so it is not left lying.
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
      announce(own.downloaded);
    } catch {
      setFailed(true);
      requestAnimationFrame(() => alert.current?.focus());
    } finally {
      setBusy(false);
    }
  }

  return (
    <Part title={own.download}>
      <p>{own.download_say}</p>
      {hasFailed ? (
        <Alert data-color="danger" ref={alert} tabIndex={-1} role="alert">
          {own.download_failed}
        </Alert>
      ) : null}
      <div className="actions">
        <Button className="row-button" aria-disabled={isBusy} onClick={() => void download()}>
          <Icon of={DownloadIcon} small />
          {isBusy ? own.downloading : own.download_do}
        </Button>
        <Button variant="secondary" className="row-button" onClick={() => print()}>
          <Icon of={PrinterSmallIcon} small />
          {own.print}
        </Button>
      </div>
    </Part>
  );
}
