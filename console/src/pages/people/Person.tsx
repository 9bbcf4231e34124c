import { Heading, Skeleton, Tag, Textfield } from '@digdir/designsystemet-react';
import { EnvelopeClosedIcon, PhoneIcon } from '@navikt/aksel-icons';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { Refused, useRead } from '../../api/client';
import type { PersonPage } from '../../api/types';
import { Choice } from '../../parts/Choice';
import { Disclosed } from '../../parts/Disclosed';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { Pending, Refusal, useKeep } from '../../parts/keep';
import { firstName, spaced } from '../../parts/people';
import { useToday, zone } from '../../parts/time';
import { dateIn, full } from '../../texts/dates';
import { catalogues, type Language, useOwnTexts, useTexts } from '../../texts/language';
import { Certifications } from './Certifications';
import { Coordinators, Mentors } from './Coordinators';
import { Log } from './Log';
import { Memberships } from './Memberships';
import { Back, Buttons, holds, usableEmail, usablePhone } from './shared';
import { texts } from './texts';

/** One person, as an administrator keeps them. */
export function Person({ id }: { id: string }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const today = useToday();
  const read = useRead<PersonPage>('people', { part: 'person', person_id: id });
  const page = read.data?.body;
  if (read.error instanceof Refused) {
    const kept = read.error.refusal.hint;
    return (
      <>
        <Back />
        <Head title={own.gone} app={t.app}>
          <p>{kept ? own.joined_say : own.gone_say}</p>
          {kept ? (
            <p>
              <Link href={`/personer/${kept}`}>{own.open_kept}</Link>
            </p>
          ) : null}
        </Head>
      </>
    );
  }
  if (!page) {
    return (
      <>
        <Back />
        <Freshness t={t} error={read.error} />
        {read.isError ? null : (
          <div className="stack">
            <p className="unseen" role="status">
              {t.loading}
            </p>
            <Skeleton variant="rectangle" width="60%" height="2.5rem" aria-hidden />
            <Skeleton variant="rectangle" width="100%" height="12rem" aria-hidden />
          </div>
        )}
      </>
    );
  }
  const isMentor = page.memberships.some((membership) => membership.role === 'mentor');
  const isMentorNow = page.memberships.some((membership) => membership.role === 'mentor' && holds(membership, today));
  return (
    <>
      <Freshness t={t} at={read.data?.at} error={read.error} />
      <Back />
      <Head title={page.person.display_name} app={t.app} />
      <Pending />
      <div className="columns">
        <div className="stack">
          <Contact page={page} isMentorNow={isMentorNow} />
          <Memberships page={page} today={today} />
          {isMentor ? <Certifications page={page} today={today} /> : null}
          {isMentorNow || page.coordinators.length > 0 ? <Coordinators page={page} today={today} /> : null}
          {page.mentors.length > 0 ? <Mentors page={page} /> : null}
          {page.is_whole ? (
            <p className="links">
              <Link href={`/personer/${id}/sla-sammen`}>{own.merge_with}</Link>
              <Link href={`/personer/${id}/slett`}>{own.erase_link}</Link>
            </p>
          ) : null}
        </div>
        <div className="stack">
          <Log page={page} id={id} />
        </div>
      </div>
    </>
  );
}

export function Sheet({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="panel sheet">
      <Heading level={2}>{title}</Heading>
      {children}
    </section>
  );
}

function loginSay(own: (typeof texts)['nb'], page: PersonPage, day: (at: string) => string): string {
  const { login } = page;
  if (!login) return own.login_none;
  if (login.is_blocked) return own.login_blocked;
  if (login.last_sign_in_at) return own.login_used(day(login.last_sign_in_at));
  return login.invited_at ? own.login_unused(day(login.invited_at)) : own.login_unused_plain;
}

function Contact({ page, isMentorNow }: { page: PersonPage; isMentorNow: boolean }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const { person, login } = page;
  const day = (at: string) => full(t, dateIn(zone(), Date.parse(at)));
  const canInvite = !login || (!login.is_confirmed && !login.last_sign_in_at);
  return (
    <Sheet title={own.contact}>
      {page.is_organisation_administrator ? (
        <p>
          <Tag data-color="lyng">{own.office}</Tag>
        </p>
      ) : null}
      <ul className="plain people">
        <li>
          {person.email ? (
            <a href={`mailto:${person.email}`} className="reach">
              <Icon of={EnvelopeClosedIcon} small /> {person.email}
            </a>
          ) : (
            <span className="muted">{own.no_email}</span>
          )}
        </li>
        <li>
          {person.phone ? (
            <a href={`tel:${person.phone}`} className="reach">
              <Icon of={PhoneIcon} small /> {spaced(person.phone)}
            </a>
          ) : (
            <span className="muted">{own.no_phone}</span>
          )}
        </li>
        <li>
          {loginSay(own, page, day)}{' '}
          {login?.email && login.email !== person.email ? own.login_address(login.email) : null}
        </li>
        {person.external_ids.map(({ source, external_id }) => (
          <li key={source + external_id} className="muted">
            {own.member_number(source, external_id)}
          </li>
        ))}
      </ul>
      {isMentorNow ? <Link href={`/likepersoner/${person.id}`}>{own.see_mentor}</Link> : null}
      {page.is_whole ? null : (
        <p className="banner" data-color="info">
          {own.not_whole}
        </p>
      )}
      <div className="two">
        {page.is_whole ? (
          <Disclosed label={own.change} name={own.change_of(person.display_name)}>
            {(close) => <Change page={page} onClose={close} />}
          </Disclosed>
        ) : null}
        {canInvite ? (
          <Disclosed label={login ? own.invite_again : own.invite}>
            {(close) => <Invite page={page} onClose={close} />}
          </Disclosed>
        ) : null}
      </div>
    </Sheet>
  );
}

function Change({ page, onClose }: { page: PersonPage; onClose: () => void }) {
  const own = useOwnTexts(texts);
  const keeper = useKeep();
  const { person } = page;
  const was = {
    display_name: person.display_name,
    email: person.email ?? '',
    phone: person.phone ?? '',
    locale: person.locale,
  };
  const [typed, setTyped] = useState(was);
  const [wrong, setWrong] = useState<keyof typeof was>();
  const change = (changes: Partial<typeof was>) => {
    setTyped({ ...typed, ...changes });
    setWrong(undefined);
  };

  async function submit(event: FormEvent) {
    event.preventDefault();
    const problem = !typed.display_name.trim()
      ? 'display_name'
      : !usableEmail(typed.email.trim())
        ? 'email'
        : !usablePhone(typed.phone.trim())
          ? 'phone'
          : undefined;
    setWrong(problem);
    if (problem) {
      document.getElementById(`change-${problem}`)?.focus();
      return;
    }
    // What stands there unchanged may have been changed by somebody else meanwhile.
    const changed = Object.fromEntries(
      Object.entries(typed)
        .map(([name, value]) => [name, value.trim()])
        .filter(([name, value]) => value !== was[name as keyof typeof was]),
    );
    if (Object.keys(changed).length === 0) return onClose();
    const done = await keeper.keep({
      fn: 'people',
      body: { command: 'update_person', person_id: person.id, ...changed },
      said: own.said_change(person.display_name),
      done: own.changed,
    });
    if (done !== null) onClose();
  }

  const languages = Object.keys(catalogues) as Language[];
  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <Textfield
        id="change-display_name"
        label={own.name}
        autoComplete="off"
        value={typed.display_name}
        error={wrong === 'display_name' ? own.name_missing[0] : undefined}
        onChange={(event) => change({ display_name: event.target.value })}
      />
      <Textfield
        id="change-email"
        type="email"
        label={own.email}
        autoComplete="off"
        value={typed.email}
        error={wrong === 'email' ? own.email_wrong[0] : undefined}
        onChange={(event) => change({ email: event.target.value })}
      />
      <Textfield
        id="change-phone"
        type="tel"
        label={own.phone}
        description={own.phone_hint}
        autoComplete="off"
        value={typed.phone}
        error={wrong === 'phone' ? own.phone_wrong[0] : undefined}
        onChange={(event) => change({ phone: event.target.value })}
      />
      <Choice
        id="change-locale"
        label={own.language}
        value={typed.locale}
        options={[
          ...languages.map((code) => ({ value: code as string, label: catalogues[code].language })),
          // Another one that somebody has entered stays as it is.
          ...(languages.includes(was.locale as Language) ? [] : [{ value: was.locale, label: was.locale }]),
        ]}
        onChange={(locale) => change({ locale })}
      />
      <Refusal keeper={keeper} texts={own.refused} />
      <Buttons keeper={keeper} label={own.change} onCancel={onClose} />
    </form>
  );
}

function Invite({ page, onClose }: { page: PersonPage; onClose: () => void }) {
  const own = useOwnTexts(texts);
  const keeper = useKeep();
  const { person, login } = page;
  const [email, setEmail] = useState(person.email ?? login?.email ?? '');
  const [isWrong, setWrong] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const address = email.trim();
    const isUsable = address !== '' && usableEmail(address);
    setWrong(!isUsable);
    if (!isUsable) {
      document.getElementById('invite-email')?.focus();
      return;
    }
    const done = await keeper.keep({
      fn: 'invite',
      body: { person_id: person.id, email: address },
      said: own.said_invite(person.display_name),
      done: own.invited,
    });
    if (done !== null) onClose();
  }

  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <p>{own.invite_say(firstName(person.display_name))}</p>
      <Textfield
        id="invite-email"
        type="email"
        inputMode="email"
        label={own.invite_email}
        autoComplete="off"
        readOnly={!page.is_whole && person.email !== null}
        value={email}
        error={isWrong ? own.email_wrong[0] : undefined}
        onChange={(event) => {
          setEmail(event.target.value);
          setWrong(false);
        }}
      />
      <Refusal keeper={keeper} texts={{ ...own.refused, already_exists: own.has_login }} />
      <Buttons keeper={keeper} label={login ? own.invite_again : own.invite} onCancel={onClose} />
    </form>
  );
}
