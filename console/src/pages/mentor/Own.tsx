// What a mentor does on the own page: asking for leave, and seeing what became of it.
import { Alert, Button, Heading, Tag } from '@digdir/designsystemet-react';
import { ChatIcon } from '@navikt/aksel-icons';
import { useRef, useState } from 'react';
import { Link } from 'wouter';
import { useOutbox, send } from '../../api/outbox';
import type { LeaveRequest, MentorPage } from '../../api/types';
import { announce, done } from '../../parts/announce';
import { Icon } from '../../parts/Icon';
import { refusalOf } from '../../parts/refusal';
import { zone } from '../../parts/time';
import { dateIn, distance, withWeekday } from '../../texts/dates';
import type { Texts } from '../../texts/nb';
import { Secret } from './Secret';

const shownAnswers = 3;

/** What can be asked for now; of what is asked already, nothing. */
export function AskActions({ t, page }: { t: Texts; page: MentorPage }) {
  const waiting = useOutbox().filter((item) => item.mentor?.id === page.profile.id && item.state !== 'refused');
  const isAsked = (kind: LeaveRequest['kind']) =>
    page.leave_requests.some((request) => request.kind === kind && request.state === 'open') ||
    waiting.some((item) => item.body.kind === kind);
  if (page.status === 'not_a_mentor') return null;
  const isPaused = page.pause_record?.paused_at != null;
  const choices: [LeaveRequest['kind'], string, string][] = isPaused
    ? [
        ['return', '/min-side/tilbake', t.ask_return],
        ['change_return', '/min-side/dato', t.ask_date],
      ]
    : page.planned_pause
      ? []
      : [['pause', '/min-side/pause', t.ask_pause]];
  const open = choices.filter(([kind]) => !isAsked(kind));
  if (open.length === 0) return null;
  return (
    <div className="actions">
      {open.map(([kind, path, label], n) => (
        <Button key={kind} asChild variant={n === 0 ? 'primary' : 'secondary'} className="row-button">
          <Link href={path}>{label}</Link>
        </Button>
      ))}
    </div>
  );
}

function saidOf(t: Texts, request: LeaveRequest, today: string): string {
  const day = (date: string | null) => (date ? withWeekday(t, date, today) : null);
  if (request.kind === 'return') return t.asked_return;
  if (request.kind === 'change_return') return t.asked_date(day(request.expected_return_date));
  return t.asked_pause(day(request.starts_on), day(request.expected_return_date));
}

interface Asked {
  t: Texts;
  page: MentorPage;
  request: LeaveRequest;
  today: string;
  isWhole: boolean;
}

/** What one has asked for, while nobody has answered. */
export function OwnRequest({ t, page, request, today, isWhole }: Asked) {
  const asked = dateIn(zone(), Date.parse(request.created_at));
  return (
    <section className="panel sheet request" data-color="lyng">
      <div className="message-top">
        <Heading level={2}>{saidOf(t, request, today)}</Heading>
        <Tag data-color="lyng">
          <Icon of={ChatIcon} small />
          {t.request}
        </Tag>
      </div>
      <p className="muted">{t.asked(`${withWeekday(t, asked, today)}, ${distance(t, asked, today)}`)}</p>
      <Secret t={t} id={page.profile.id} isWhole={isWhole} text={request.reason} />
      <Withdraw t={t} page={page} request={request} />
    </section>
  );
}

/** The last things that were answered, which stand apart from the history. */
export function answersOf(page: MentorPage): LeaveRequest[] {
  return page.leave_requests.filter(({ state }) => state !== 'open').slice(0, shownAnswers);
}

/** What became of the last things that one asked for. */
export function Answers({ t, page, today, isWhole }: Omit<Asked, 'request'>) {
  const answered = answersOf(page);
  if (answered.length === 0) return null;
  return (
    <section className="panel sheet">
      <Heading level={2}>{t.answers}</Heading>
      <ul className="plain answers">
        {answered.map((request) => {
          const when = request.answered_at
            ? withWeekday(t, dateIn(zone(), Date.parse(request.answered_at)), today)
            : '';
          const who = request.answered_by_name;
          const isAhead = request.state === 'accepted' && request.planned_pause_id === page.planned_pause?.id;
          return (
            <li key={request.id}>
              <p>{saidOf(t, request, today)}</p>
              <p className="muted">
                {request.state === 'accepted'
                  ? t.was_accepted(who, when)
                  : request.state === 'declined'
                    ? t.was_declined(who, when)
                    : request.state === 'withdrawn'
                      ? t.was_withdrawn(when)
                      : t.was_settled(when)}
              </p>
              {request.state === 'declined' && (request.message || !isWhole) ? (
                <Secret t={t} id={page.profile.id} isWhole={isWhole} text={request.message} what="message" />
              ) : null}
              {isAhead && page.planned_pause ? <Withdraw t={t} page={page} request={request} /> : null}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Withdraw({ t, page, request }: { t: Texts; page: MentorPage; request: LeaveRequest }) {
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const alert = useRef<HTMLDivElement>(null);
  const isWaiting = useOutbox().some((item) => item.body.request_id === request.id && item.state !== 'refused');

  async function withdraw() {
    if (isBusy) return;
    setBusy(true);
    setRefusal(undefined);
    const outcome = await send({
      fn: 'requests',
      method: 'POST',
      body: { request_id: request.id, answer: 'withdraw' },
      does: 'withdraw',
      mentor: { id: page.profile.id, name: page.profile.display_name },
    });
    setBusy(false);
    if (outcome.outcome === 'refused') {
      setRefusal(refusalOf(t, 'withdraw', outcome.code));
      requestAnimationFrame(() => alert.current?.focus());
      return;
    }
    if (outcome.outcome === 'waiting') announce(t.saved_for_later);
    else done(t.done_withdraw);
  }

  return (
    <>
      {refusal ? (
        <Alert data-color="danger" ref={alert} tabIndex={-1} role="alert">
          {refusal}
        </Alert>
      ) : null}
      {isWaiting && !isBusy ? null : (
        <div className="actions">
          <Button
            variant="secondary"
            className="row-button"
            aria-disabled={isBusy}
            aria-label={isBusy ? undefined : `${t.withdraw}: ${t.asks_for[request.kind]}`}
            onClick={() => void withdraw()}
          >
            {isBusy ? t.sending : t.withdraw}
          </Button>
        </div>
      )}
    </>
  );
}
