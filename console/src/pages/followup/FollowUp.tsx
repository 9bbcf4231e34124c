import { Button, Heading, Skeleton, Tag } from '@digdir/designsystemet-react';
import {
  CheckmarkCircleIcon,
  EnvelopeClosedIcon,
  ExclamationmarkTriangleIcon,
  HourglassIcon,
  MoonIcon,
  PersonCrossIcon,
} from '@navikt/aksel-icons';
import { type ReactNode, useEffect } from 'react';
import { Link } from 'wouter';
import { type Reading, Refused, usePages } from '../../api/client';
import type { FollowUp as Answer } from '../../api/types';
import { announce } from '../../parts/announce';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { focusHeading, Pending, Refusal, useKeep } from '../../parts/keep';
import { firstName } from '../../parts/people';
import { useToday, zone } from '../../parts/time';
import { dateIn, full, moment, withWeekday } from '../../texts/dates';
import { keeping } from '../../texts/keeping';
import { useOwnTexts, useTexts } from '../../texts/language';
import { Assign } from './Assign';
import { Invite } from './Invite';
import { Nights } from './Nights';
import { texts } from './texts';

type Undelivered = Answer['undelivered'][number];
type Discrepancy = Answer['discrepancies'][number];

/** What administrators have to see to, each with what helps beside it. */
export function FollowUp() {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const read = usePages<Answer>('follow-up', {});
  const pages = read.data?.pages as Reading<Answer>[] | undefined;
  const first = pages?.[0];
  const all = <T,>(list: (page: Answer) => T[]): T[] => pages?.flatMap((page) => list(page.body)) ?? [];
  const refusedAddresses = all((page) => page.refused_addresses);
  // Whose address was refused is in both lists.
  const failed = all((page) => page.failed_emails).filter(
    ({ person_id }) => !refusedAddresses.some((address) => address.person_id === person_id),
  );
  const undelivered = byMentor(all((page) => page.undelivered));
  const discrepancies = all((page) => page.discrepancies);
  const stuck = all((page) => page.stuck);
  const nights = first?.body.nights;
  const count =
    undelivered.length +
    stuck.length +
    failed.length +
    refusedAddresses.length +
    discrepancies.length +
    (nights?.is_behind ? 1 : 0);
  // What is not loaded yet is there, too.
  const heard = first ? (read.hasNextPage ? own.lead_more(count) : own.lead_n(count)) : '';
  useEffect(() => {
    if (heard) announce(heard);
  }, [heard]);

  if (read.error instanceof Refused) {
    return (
      <Head title={k.not_yours} app={t.app}>
        <p>{k.not_yours_say}</p>
      </Head>
    );
  }
  return (
    <>
      <Freshness t={t} at={first?.at} error={read.error} />
      <Head title={own.title} app={t.app}>
        {heard ? <p className="lead">{heard}</p> : null}
      </Head>
      <Pending />
      {first && nights ? (
        <div className="stack">
          {count === 0 ? (
            <div className="panel empty">
              <h2>{own.nothing}</h2>
              <p>{own.nothing_say}</p>
            </div>
          ) : null}
          <Group
            icon={PersonCrossIcon}
            title={own.undelivered}
            say={own.undelivered_say}
            count={undelivered.length}
            isMore={read.hasNextPage}
          >
            {together(undelivered, ([message]) => message?.fix ?? 'wait').map(([fix, list]) => (
              <Alike
                key={fix}
                count={list.length}
                isMore={read.hasNextPage}
                title={own.alike_n[fix](list.length)}
                next={own.what_to_do[fix]}
              >
                {list.map((messages) => (
                  <OfMentor key={messages[0]?.id} messages={messages} />
                ))}
              </Alike>
            ))}
          </Group>
          <Group
            icon={EnvelopeClosedIcon}
            title={own.emails}
            say={own.emails_say}
            count={failed.length + refusedAddresses.length}
          >
            <Alike
              count={refusedAddresses.length}
              title={own.alike_refused_n(refusedAddresses.length)}
              next={own.alike_next.correct_or_allow_address}
            >
              {refusedAddresses.map((address) => (
                <RefusedAddress key={address.person_id} address={address} />
              ))}
            </Alike>
            {together(failed, (email) => email.fix).map(([fix, list]) => (
              <Alike
                key={fix}
                count={list.length}
                title={own.alike_emails_n[fix](list.length)}
                next={own.alike_next[fix]}
              >
                {list.map((email) => (
                  <FailedEmail key={email.person_id} email={email} />
                ))}
              </Alike>
            ))}
          </Group>
          <Group
            icon={ExclamationmarkTriangleIcon}
            title={own.discrepancies}
            say={own.discrepancies_say}
            count={discrepancies.length}
          >
            {together(discrepancies, ({ kind, fix }) => `${kind} ${fix}`).map(([problem, list]) => (
              <Alike
                key={problem}
                count={list.length}
                title={`${own.alike_discrepancies_n(list.length)}: ${own.alike_discrepancies_say[list[0]?.kind ?? 'log_missing']}`}
                next={list[0]?.fix === 'ask_operator' ? own.ask_operator : own.repaired}
              >
                {list.map((discrepancy) => (
                  <Found key={discrepancy.id} discrepancy={discrepancy} />
                ))}
              </Alike>
            ))}
          </Group>
          <Group icon={HourglassIcon} title={own.stuck} say={own.stuck_say} count={stuck.length}>
            {together(stuck, (message) => message.cause).map(([cause, list]) => (
              <Alike key={cause} count={list.length} title={own.alike_stuck_n(list.length)} next={own.causes[cause]}>
                {list.map((message) => (
                  <li key={message.id} className="message">
                    <h3>{message.mentor_id ? (message.mentor_name ?? own.somebody) : own.several}</h3>
                    <p>
                      {own.kinds[message.kind] ?? own.a_message}, {own.to[message.audience]}.{' '}
                      {own.causes[message.cause]}
                    </p>
                    <Said reason={message.reason} />
                    <p className="muted">{own.since(moment(t, zone(), Date.parse(message.since)))}</p>
                  </li>
                ))}
              </Alike>
            ))}
          </Group>
          {read.hasNextPage ? (
            <div className="actions">
              <Button
                variant="secondary"
                aria-disabled={read.isFetchingNextPage}
                onClick={() => void read.fetchNextPage()}
              >
                {read.isFetchingNextPage ? t.loading : own.show_more}
              </Button>
            </div>
          ) : null}
          <section>
            <div className="group-head" data-color={nights.is_behind ? 'danger' : 'success'}>
              <Icon of={nights.is_behind ? MoonIcon : CheckmarkCircleIcon} />
              <Heading level={2}>{own.nights}</Heading>
            </div>
            <Nights nights={nights} />
          </section>
        </div>
      ) : read.isError ? null : (
        <Skeletons say={t.loading} />
      )}
    </>
  );
}

/** A mentor's messages together, in the order of the first of them. */
function byMentor(messages: Undelivered[]): Undelivered[][] {
  const found = new Map<string, Undelivered[]>();
  for (const message of messages) {
    const key = `${message.mentor_id} ${message.fix}`;
    found.set(key, [...(found.get(key) ?? []), message]);
  }
  return [...found.values()];
}

const few = 3; // rows with one problem, which are read as quickly as a line about them

/** Lists by what is the matter, in the order of the first of each. */
function together<T, K extends string>(list: T[], problem: (one: T) => K): [K, T[]][] {
  const found = new Map<K, T[]>();
  for (const one of list) found.set(problem(one), [...(found.get(problem(one)) ?? []), one]);
  return [...found];
}

/** Rows with the same problem: when they are many, how many and what helps, and they themselves behind it. */
function Alike(props: { count: number; isMore?: boolean; title: string; next: string; children: ReactNode }) {
  const own = useOwnTexts(texts);
  if (props.count <= few) return props.children;
  return (
    <li className="alike">
      <details>
        <summary>
          <span>
            <strong>{props.isMore ? own.alike_more(props.title) : props.title}.</strong> {props.next}
          </span>
        </summary>
        <ul className="plain">{props.children}</ul>
      </details>
    </li>
  );
}

function Group(props: {
  icon: Parameters<typeof Icon>[0]['of'];
  title: string;
  say: string;
  count: number;
  isMore?: boolean; // there are more than were loaded
  children: ReactNode;
}) {
  if (props.count === 0) return null;
  return (
    <section>
      <div className="group-head" data-color="warning">
        <Icon of={props.icon} />
        <Heading level={2}>{props.title}</Heading>
        <span className="count count-quiet">{`${props.count}${props.isMore ? '+' : ''}`}</span>
      </div>
      <p className="muted list-head">{props.say}</p>
      <ul className="panel plain">{props.children}</ul>
    </section>
  );
}

/** What a mail server answered, in its own language. */
function Said({ reason }: { reason: string | null }) {
  const own = useOwnTexts(texts);
  if (!reason) return null;
  return (
    <p className="muted">
      {own.server_said} <span lang="en">{reason}</span>
    </p>
  );
}

function OfMentor({ messages }: { messages: Undelivered[] }) {
  const t = useTexts();
  const today = useToday();
  const own = useOwnTexts(texts);
  const keeper = useKeep();
  const [message] = messages;
  if (!message) return null;
  const name = message.mentor_name ?? own.somebody;
  const { fix } = message;

  async function acknowledge() {
    for (const { id } of messages) {
      const done = await keeper.keep({
        fn: 'follow-up',
        body: { acknowledge: { notification_id: id } },
        said: own.said_acknowledge(name),
        done: own.acknowledged,
      });
      if (done === null) return;
    }
    focusHeading();
  }

  return (
    <li className="message">
      <div className="message-top">
        <h3>{message.mentor_name ? <Link href={`/personer/${message.mentor_id}`}>{name}</Link> : name}</h3>
        {message.chapters.length > 0 ? (
          <span className="muted">{own.in_chapter(t.list(message.chapters.map((chapter) => chapter.name)))}</span>
        ) : null}
      </div>
      <ul className="plain">
        {messages.map(({ id, kind, audience, created_at }) => (
          <li key={id}>
            <strong>{own.kinds[kind] ?? own.a_message}</strong>, {own.to[audience]},{' '}
            {withWeekday(t, dateIn(zone(), Date.parse(created_at)), today)}
          </li>
        ))}
      </ul>
      <p>
        {own.why[fix](firstName(name))} {own.what_to_do[fix]} {message.sent_again ? own.sent_again : ''}
      </p>
      <Refusal keeper={keeper} texts={own.refused} />
      {fix === 'assign_coordinator' ? (
        <Assign mentor={{ id: message.mentor_id, name }} chapters={message.chapters}>
          <Acknowledge name={name} isBusy={keeper.isBusy} onClick={() => void acknowledge()} />
        </Assign>
      ) : (
        <div className="actions">
          <Acknowledge isAlone name={name} isBusy={keeper.isBusy} onClick={() => void acknowledge()} />
        </div>
      )}
    </li>
  );
}

function Acknowledge(props: { name: string; isBusy: boolean; isAlone?: boolean; onClick: () => void }) {
  const { name, isBusy, onClick } = props;
  const t = useTexts();
  const own = useOwnTexts(texts);
  return (
    <Button
      variant={props.isAlone ? 'secondary' : 'tertiary'}
      className="row-button"
      aria-disabled={isBusy}
      aria-label={isBusy ? undefined : own.acknowledge_of(name)}
      onClick={onClick}
    >
      {isBusy ? t.sending : own.acknowledge}
    </Button>
  );
}

function RefusedAddress({ address }: { address: Answer['refused_addresses'][number] }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const keeper = useKeep();
  const name = address.display_name ?? own.somebody;
  const day = (at: string) => full(t, dateIn(zone(), Date.parse(at)));

  async function allow() {
    const done = await keeper.keep({
      fn: 'follow-up',
      body: { allow_address: { person_id: address.person_id } },
      said: own.said_allow(name),
      done: own.allowed(name),
    });
    if (done !== null) focusHeading();
  }

  return (
    <li className="message">
      <h3>
        <Link href={`/personer/${address.person_id}`}>{name}</Link>
      </h3>
      <p>
        {own.refused_at(address.email, day(address.refused_at))}{' '}
        {own.email_fixes.correct_or_allow_address(firstName(name))}
      </p>
      <p className="muted">{own.tried_again(day(address.until))}</p>
      <Refusal keeper={keeper} texts={own.refused} />
      <div className="actions">
        <Button
          variant="secondary"
          className="row-button"
          aria-disabled={keeper.isBusy}
          aria-label={keeper.isBusy ? undefined : own.allow_of(name)}
          onClick={() => void allow()}
        >
          {keeper.isBusy ? t.sending : own.allow}
        </Button>
      </div>
    </li>
  );
}

const invitable = ['invite', 'give_address', 'confirm_address'];

function FailedEmail({ email }: { email: Answer['failed_emails'][number] }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const name = email.display_name ?? own.somebody;
  return (
    <li className="message">
      <div className="message-top">
        <h3>
          <Link href={`/personer/${email.person_id}`}>{name}</Link>
        </h3>
        <Tag data-color="neutral">{k.roles[email.role]}</Tag>
      </div>
      <p>{own.email_fixes[email.fix](firstName(name))}</p>
      {email.fix === 'check_mail_server' ? <Said reason={email.reason} /> : null}
      <p className="muted">{own.failed_at(moment(t, zone(), Date.parse(email.failed_at)))}</p>
      {invitable.includes(email.fix) ? <Invite person={{ id: email.person_id, name }} /> : null}
    </li>
  );
}

function Found({ discrepancy }: { discrepancy: Discrepancy }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const keeper = useKeep();
  const name = discrepancy.mentor_name ?? own.somebody;

  async function acknowledge() {
    const done = await keeper.keep({
      fn: 'follow-up',
      body: { acknowledge: { discrepancy_id: discrepancy.id } },
      said: own.said_acknowledge(name),
      done: own.acknowledged,
    });
    if (done !== null) focusHeading();
  }

  return (
    <li className="message">
      <h3>{discrepancy.mentor_name ? <Link href={`/likepersoner/${discrepancy.mentor_id}`}>{name}</Link> : name}</h3>
      <p>
        {own.discrepancy[discrepancy.kind](firstName(name))}{' '}
        {discrepancy.fix === 'ask_operator' ? own.ask_operator : own.repaired}
      </p>
      <p className="muted">{own.found_at(moment(t, zone(), Date.parse(discrepancy.found_at)))}</p>
      <Refusal keeper={keeper} texts={own.refused} />
      <div className="actions">
        <Acknowledge isAlone name={name} isBusy={keeper.isBusy} onClick={() => void acknowledge()} />
      </div>
    </li>
  );
}

function Skeletons({ say }: { say: string }) {
  return (
    <>
      <p className="unseen" role="status">
        {say}
      </p>
      <div className="panel" aria-hidden>
        {[1, 2, 3].map((n) => (
          <div key={n} className="message">
            <Skeleton variant="text" width={20} />
            <Skeleton variant="text" width={60} />
          </div>
        ))}
      </div>
    </>
  );
}
