import { Button, Heading, Skeleton, Tag } from '@digdir/designsystemet-react';
import { CalendarIcon, ChevronLeftIcon, EnvelopeClosedIcon, HourglassIcon, PhoneIcon } from '@navikt/aksel-icons';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Refused, useRead } from '../../api/client';
import { useOutbox, type Waiting } from '../../api/outbox';
import type { Certification, MentorChange, MentorPage } from '../../api/types';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { firstName, nameOf, spaced } from '../../parts/people';
import { statusColours, statusIcons } from '../../parts/Status';
import { useToday, zone } from '../../parts/time';
import { dateIn, distance, full, monthOf, withWeekday } from '../../texts/dates';
import { History } from './History';
import { Answers, answersOf, AskActions, OwnRequest } from './Own';
import { Request } from './Request';
import { Secret } from './Secret';
import { useTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';

/** One mentor, or with isOwn oneself: the same page without what only a coordinator does. */
export function Mentor({ id, me, isOwn = false }: { id: string; me: string; isOwn?: boolean }) {
  const t = useTexts();
  const today = useToday();
  const mentor = useRead<MentorPage>('mentor', { mentor_id: id });
  const outbox = useOutbox().filter((item) => item.mentor?.id === id && item.state !== 'refused');
  const page = mentor.data?.body;

  const back = isOwn ? null : (
    <Link href="/likepersoner" className="back">
      <Icon of={ChevronLeftIcon} small />
      {t.back_to_mentors}
    </Link>
  );
  if (mentor.error instanceof Refused) {
    return (
      <>
        {back}
        <Head title={t.mentor_gone} app={t.app}>
          <p>{t.mentor_gone_say}</p>
        </Head>
      </>
    );
  }
  if (!page) {
    return (
      <>
        {back}
        <Freshness t={t} error={mentor.error} />
        {mentor.isError ? null : <Skeletons t={t} />}
      </>
    );
  }
  const name = firstName(page.profile.display_name);
  const isWhole = mentor.data?.whole ?? false;
  const Asked = isOwn ? OwnRequest : Request;
  const asked = page.leave_requests
    .filter((request) => request.state === 'open')
    .map((request) => <Asked key={request.id} t={t} page={page} request={request} today={today} isWhole={isWhole} />);
  return (
    <>
      <Freshness t={t} at={mentor.data?.at} error={mentor.error} />
      {back}
      <Head title={page.profile.display_name} app={t.app} />
      <div className="columns">
        <div className="stack">
          <StatusSentence t={t} page={page} today={today} />
          {outbox.map((item) => (
            <p key={item.id} className="banner" data-color="info">
              {t.waits(t.will[item.does](item.mentor?.name ?? ''))}
            </p>
          ))}
          {isOwn ? null : asked}
          {isOwn ? (
            <AskActions t={t} page={page} />
          ) : (
            <Actions t={t} page={page} name={name} isWaiting={outbox.some(({ does }) => changes.includes(does))} />
          )}
          {page.pause_record && page.pause_record.paused_at ? (
            <Secret t={t} id={id} isWhole={isWhole} text={page.pause_record.pause_reason} />
          ) : null}
          {isOwn ? asked : null}
          {page.planned_pause ? <Planned t={t} page={page} today={today} isOwn={isOwn} /> : null}
          {isOwn ? <Answers t={t} page={page} today={today} isWhole={isWhole} /> : null}
          {page.hints.map((hint) => (
            <p key={hint.kind} className="banner" data-color="info">
              {t.hint_due(hint.kind)}
            </p>
          ))}
          <Certifications t={t} page={page} today={today} />
        </div>
        <div className="stack">
          <Responsible t={t} page={page} me={me} />
          <History
            t={t}
            page={page}
            name={name}
            isWhole={isWhole}
            isOwn={isOwn}
            requests={
              isOwn ? page.leave_requests.filter((request) => !answersOf(page).includes(request)) : page.leave_requests
            }
          />
        </div>
      </div>
    </>
  );
}

function Sheet({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="panel sheet">
      <Heading level={2}>{title}</Heading>
      {children}
    </section>
  );
}

/** The change that began the live pause. */
function beginning(page: MentorPage): MentorChange | undefined {
  const record = page.pause_record;
  return page.timeline.findLast(
    (change) => change.pause_record_id === record?.id && change.to_status !== 'active' && change.actor_id !== null,
  );
}

function lapsed(page: MentorPage): Certification | undefined {
  return page.certifications.find((certification) => certification.state === 'expired');
}

function StatusSentence({ t, page, today }: { t: Texts; page: MentorPage; today: string }) {
  const record = page.pause_record;
  const until = record?.expected_return_date ?? null;
  const isPaused = record?.paused_at != null;
  const details: string[] = [];
  let sentence = t.say_active;
  if (page.status === 'not_a_mentor') sentence = t.say_not_a_mentor;
  if (page.status === 'paused') {
    sentence = until
      ? t.say_paused_until(`${withWeekday(t, until, today)}, ${distance(t, until, today)}`)
      : t.say_paused_open;
    if (until && until < today) {
      sentence = t.say_paused_until(withWeekday(t, until, today));
      details.push(t.overdue(distance(t, until, today)));
    }
  }
  if (page.status === 'expired_cert') {
    const kind = lapsed(page);
    sentence = kind ? (kind.id ? t.say_expired : t.say_missing)(nameOf(kind, t)) : t.say_expired_plain;
    if (isPaused) details.push(until ? t.say_expired_until(withWeekday(t, until, today)) : t.say_expired_open);
  }
  if (isPaused && record?.paused_at) {
    const began = beginning(page);
    const date = withWeekday(t, dateIn(zone(), Date.parse(record.paused_at)), today);
    details.push(began?.actor_name ? t.set_by(began.actor_name, date) : t.set_on(date));
  }
  const chapters = page.memberships.filter(
    (membership) =>
      membership.role === 'mentor' &&
      membership.first_day <= today &&
      (membership.last_day === null || membership.last_day >= today),
  );
  const first = chapters.map((membership) => membership.first_day).sort()[0];
  if (first)
    details.push(
      t.mentor_in(
        chapters.map((membership) => membership.chapter_name),
        monthOf(t, first),
      ),
    );
  const Picture = statusIcons[page.status];
  return (
    <div className="status" data-color={statusColours[page.status]}>
      <span className="status-icon">
        <Icon of={Picture} />
      </span>
      <div>
        <p className="status-say">{sentence}</p>
        <p className="muted">{details.join(' ')}</p>
      </div>
    </div>
  );
}

// What makes the buttons beside it wrong while it waits to be sent.
const changes: Waiting['does'][] = ['pause', 'return', 'accept'];

function Actions(props: { t: Texts; page: MentorPage; name: string; isWaiting: boolean }) {
  const { t, page, name, isWaiting } = props;
  const here = `/likepersoner/${page.profile.id}`;
  const isPaused = page.pause_record?.paused_at != null;
  // One filled button: whoever asks is answered first.
  const first = page.leave_requests.some(({ state }) => state === 'open') ? 'secondary' : 'primary';
  const { phone, email } = page.contacts;
  return (
    <div className="actions">
      {page.status === 'not_a_mentor' || isWaiting ? null : isPaused ? (
        <>
          {page.status === 'paused' ? (
            <Button asChild variant={first} className="row-button">
              <Link href={`${here}/tilbake`}>{t.do_return}</Link>
            </Button>
          ) : null}
          <Button asChild variant="secondary" className="row-button">
            <Link href={`${here}/endre`}>{t.do_amend}</Link>
          </Button>
        </>
      ) : (
        <Button asChild variant={first} className="row-button">
          <Link href={`${here}/pause`}>{t.do_pause(name)}</Link>
        </Button>
      )}
      {phone ? (
        <Button asChild variant="secondary" className="row-button">
          <a href={`tel:${phone}`}>
            <Icon of={PhoneIcon} small />
            {t.call(spaced(phone))}
          </a>
        </Button>
      ) : null}
      {email ? (
        <Button asChild variant="tertiary" className="row-button">
          <a href={`mailto:${email}`}>
            <Icon of={EnvelopeClosedIcon} small />
            {t.write}
          </a>
        </Button>
      ) : null}
    </div>
  );
}

function Planned({ t, page, today, isOwn }: { t: Texts; page: MentorPage; today: string; isOwn: boolean }) {
  const plan = page.planned_pause;
  if (!plan) return null;
  const here = `/likepersoner/${page.profile.id}/plan`;
  const from = withWeekday(t, plan.starts_on, today);
  return (
    <Sheet title={t.planned}>
      <p>
        {plan.expected_return_date
          ? t.planned_from_to(from, withWeekday(t, plan.expected_return_date, today))
          : t.planned_from(from)}
      </p>
      {isOwn ? null : (
        <div className="actions">
          <Button asChild variant="secondary" className="row-button">
            <Link href={here}>{t.do_amend_plan}</Link>
          </Button>
          <Button asChild variant="tertiary" className="row-button">
            <Link href={`${here}/ta-tilbake`}>{t.do_cancel_plan}</Link>
          </Button>
        </div>
      )}
    </Sheet>
  );
}

function Certifications({ t, page, today }: { t: Texts; page: MentorPage; today: string }) {
  // Of each kind the furthest-reaching one; the others are history.
  const reach = (certification: Certification) => certification.expires_on ?? '9999-12-31';
  const kinds = new Map<string, Certification>();
  for (const certification of page.certifications) {
    const other = kinds.get(certification.kind);
    if (!other || reach(certification) > reach(other)) kinds.set(certification.kind, certification);
  }
  return (
    <section>
      <Heading level={2}>{t.certifications}</Heading>
      {kinds.size === 0 ? (
        <p className="muted">{t.no_certifications}</p>
      ) : (
        <ul className="panel plain">
          {[...kinds.values()].map((certification) => (
            <li key={certification.kind} className="certification">
              <p className="certification-name">
                {nameOf(certification, t)} <CertificationTag t={t} certification={certification} today={today} />
              </p>
              <p className="muted">{certificationSay(t, certification, today)}</p>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function CertificationTag({ t, certification, today }: { t: Texts; certification: Certification; today: string }) {
  const { state, expires_on: date } = certification;
  if (state === 'valid') {
    return (
      <Tag data-color="success">
        <Icon of={statusIcons.active} small />
        {t.state_valid}
      </Tag>
    );
  }
  if (state === 'expiring') {
    return (
      <Tag data-color="warning">
        <Icon of={HourglassIcon} small />
        {t.state_expiring(date ? distance(t, date, today) : '')}
      </Tag>
    );
  }
  if (state === 'upcoming') {
    return (
      <Tag data-color="neutral">
        <Icon of={CalendarIcon} small />
        {t.state_upcoming}
      </Tag>
    );
  }
  return (
    <Tag data-color="danger">
      <Icon of={statusIcons.expired_cert} small />
      {certification.id ? t.state_expired : t.state_missing}
    </Tag>
  );
}

function certificationSay(t: Texts, certification: Certification, today: string): string {
  const { state, expires_on: date, issued_on: issued } = certification;
  if (!certification.id) return t.required_missing;
  if (state === 'upcoming' && issued) return t.valid_from(withWeekday(t, issued, today));
  if (!date) return t.valid_forever;
  return state === 'expired' ? t.expired_on(full(t, date)) : t.valid_through(full(t, date));
}

function Responsible({ t, page, me }: { t: Texts; page: MentorPage; me: string }) {
  return (
    <Sheet title={t.responsible}>
      {page.assignments.length === 0 ? <p className="muted">{t.no_responsible}</p> : null}
      <ul className="plain people">
        {page.assignments.map((assignment) => (
          <li key={assignment.id}>
            <strong>{assignment.coordinator_name}</strong> {assignment.coordinator_id === me ? t.is_you : null}
            <span className="muted">{t.since(monthOf(t, dateIn(zone(), Date.parse(assignment.started_at))))}</span>
          </li>
        ))}
      </ul>
    </Sheet>
  );
}

function Skeletons({ t }: { t: Texts }) {
  return (
    <>
      <p className="unseen" role="status">
        {t.loading}
      </p>
      <div aria-hidden className="stack">
        <Skeleton variant="rectangle" width="60%" height="2.5rem" />
        <Skeleton variant="rectangle" width="100%" height="4rem" />
        <Skeleton variant="rectangle" width="100%" height="12rem" />
      </div>
    </>
  );
}
