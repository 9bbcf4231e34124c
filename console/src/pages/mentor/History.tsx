import { Button, Heading } from '@digdir/designsystemet-react';
import {
  CalendarIcon,
  ChatIcon,
  EnvelopeClosedIcon,
  ExclamationmarkTriangleIcon,
  PencilIcon,
} from '@navikt/aksel-icons';
import { type ComponentType, type ReactNode, type SVGProps, useEffect, useRef, useState } from 'react';
import { type Reading, useRead } from '../../api/client';
import type { LeaveRequest, MentorPage } from '../../api/types';
import { Icon } from '../../parts/Icon';
import { kindName } from '../../parts/people';
import { statusColours, statusIcons } from '../../parts/Status';
import { useToday, zone } from '../../parts/time';
import { dateIn, full, moment, withWeekday } from '../../texts/dates';
import { useOwnTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';
import { entriesOf, type Entry, type HistoryPage, type Telling, unreached } from './history';
import { Secret } from './Secret';
import { texts } from './texts';

type OwnTexts = typeof texts.nb;

interface Shown {
  t: Texts;
  page: MentorPage;
  name: string; // the mentor's first one
  isWhole: boolean;
  isOwn: boolean;
}

/**
 * All that happened, newest first, a page at a time. The requests are those that stand nowhere
 * else on the page.
 */
export function History(props: Shown & { requests: LeaveRequest[] }) {
  const { t, page, isWhole, requests } = props;
  const [wanted, setWanted] = useState(0); // pages beyond the first
  const [older, setOlder] = useState(new Map<string, Reading<MentorPage>>());
  const list = useRef<HTMLOListElement>(null);
  const focusAt = useRef<number>(undefined);

  const pages: (HistoryPage & { isWhole: boolean })[] = [{ cursor: undefined, page, isWhole }];
  const cursors: string[] = [];
  let next = page.next_cursor;
  while (next && cursors.length < wanted) {
    cursors.push(next);
    const reading = older.get(next);
    if (!reading) break;
    pages.push({ cursor: next, page: reading.body, isWhole: reading.whole });
    next = reading.body.next_cursor;
  }
  const isLoading = pages.length <= cursors.length;
  const entries = entriesOf(pages, requests);

  // Who asked for more goes on reading where it begins.
  useEffect(() => {
    if (isLoading || focusAt.current === undefined) return;
    const item = list.current?.children[focusAt.current];
    focusAt.current = undefined;
    if (item instanceof HTMLElement) item.focus();
  }, [isLoading]);

  return (
    <section className="panel sheet">
      <Heading level={2}>{t.history}</Heading>
      {entries.length === 0 && !next ? <p className="muted">{t.no_history}</p> : null}
      <ol className="plain time" ref={list}>
        {entries.map((entry) => (
          <Item key={entry.key} {...props} entry={entry} pages={pages} />
        ))}
      </ol>
      {cursors.map((cursor) => (
        <Older
          key={cursor}
          t={t}
          id={page.profile.id}
          cursor={cursor}
          onRead={(reading) => setOlder((before) => new Map(before).set(cursor, reading))}
        />
      ))}
      {next && !isLoading ? (
        <Button
          variant="tertiary"
          className="row-button"
          onClick={() => {
            focusAt.current = entries.length;
            setWanted(pages.length);
          }}
        >
          {t.more_history}
        </Button>
      ) : null}
    </section>
  );
}

/** Reads one page more, and says so until it is there. */
function Older(props: { t: Texts; id: string; cursor: string; onRead: (reading: Reading<MentorPage>) => void }) {
  const { t, id, cursor, onRead } = props;
  const { data, isError } = useRead<MentorPage>('mentor', { mentor_id: id, cursor });
  useEffect(() => {
    if (data) onRead(data);
  }, [data]);
  return data ? null : (
    <p className="muted" role="status">
      {isError ? t.offline : t.loading}
    </p>
  );
}

function Item(props: Shown & { entry: Entry; pages: (HistoryPage & { isWhole: boolean })[] }) {
  const { t, page, name, entry, isOwn } = props;
  const o = useOwnTexts(texts);
  const today = useToday();
  if (entry.is === 'change') {
    const { change, ended } = entry;
    const isAmended = change.from_status === change.to_status;
    const isDated = change.actor_id === null && dateIn(zone(), entry.at) !== change.effective_on;
    return (
      <Row
        colour={statusColours[change.to_status]}
        icon={isAmended ? PencilIcon : statusIcons[change.to_status]}
        when={isDated ? full(t, change.effective_on) : moment(t, zone(), entry.at)}
        say={sentenceOf(t, o, entry, name, today)}
      >
        {ended ? <Ended {...props} ended={ended} /> : null}
        <Told o={o} t={t} entry={entry} me={isOwn ? page.profile.id : undefined} />
      </Row>
    );
  }
  if (entry.is === 'request') {
    const { request } = entry;
    const { state, answered_by_name: who } = request;
    const when = moment(t, zone(), entry.at);
    const answer =
      state === 'accepted'
        ? t.was_accepted(who, when)
        : state === 'declined'
          ? t.was_declined(who, when)
          : state === 'withdrawn'
            ? t.was_withdrawn(when)
            : t.was_settled(when);
    return (
      <Row colour="lyng" icon={ChatIcon} when={answer} say={askedOf(t, o, request, isOwn ? o.you : name, today)}>
        <Secret t={t} id={page.profile.id} isWhole={props.isWhole} text={request.reason} />
        {state === 'declined' ? (
          <Secret t={t} id={page.profile.id} isWhole={props.isWhole} text={request.message} what="message" />
        ) : null}
        <Told o={o} t={t} entry={entry} me={isOwn ? page.profile.id : undefined} />
      </Row>
    );
  }
  const what = o.kinds[entry.kind];
  const isPlan = entry.kind === 'pause_planned' || entry.kind === 'pause_cancelled';
  return (
    <Row
      colour="neutral"
      icon={isPlan ? CalendarIcon : EnvelopeClosedIcon}
      when={moment(t, zone(), entry.at)}
      say={entry.times > 1 ? o.times_n(entry.times, what) : what}
    >
      <Told o={o} t={t} entry={entry} me={isOwn ? page.profile.id : undefined} />
    </Row>
  );
}

function Row(props: {
  colour: string;
  icon: ComponentType<SVGProps<SVGSVGElement>>;
  say: string;
  when: string;
  children: ReactNode;
}) {
  return (
    <li data-color={props.colour} tabIndex={-1}>
      <span className="time-dot">
        <Icon of={props.icon} small />
      </span>
      {props.say}
      <span className="time-when">{props.when}</span>
      {props.children}
    </li>
  );
}

/** Of a pause that is over: how long it was, and why behind a button. */
function Ended(
  props: Shown & {
    pages: (HistoryPage & { isWhole: boolean })[];
    ended: NonNullable<Extract<Entry, { is: 'change' }>['ended']>;
  },
) {
  const { t, page } = props;
  const o = useOwnTexts(texts);
  const { pause, cursor } = props.ended;
  if (!pause.paused_at || !pause.reactivated_at) return null;
  const from = dateIn(zone(), Date.parse(pause.paused_at));
  const until = dateIn(zone(), Date.parse(pause.reactivated_at));
  const planned = pause.expected_return_date;
  return (
    <>
      <span className="time-when">
        {from < until ? o.lasted(full(t, from), full(t, until)) : null}
        {planned && planned !== until ? ` ${o.was_to_last(full(t, planned))}` : null}
      </span>
      <Secret
        t={t}
        id={page.profile.id}
        cursor={cursor}
        isWhole={props.pages.find((known) => known.cursor === cursor)?.isWhole ?? false}
        text={pause.pause_reason}
      />
    </>
  );
}

/** To whom it went: what didn't arrive in sight, the rest behind its heading. */
function Told({ o, t, entry, me }: { o: OwnTexts; t: Texts; entry: Entry; me: string | undefined }) {
  if (entry.told.length === 0) return null;
  const nameOf = (person: Telling) => (person.id === me ? o.to_you : (person.name ?? t.somebody));
  return (
    <>
      {failuresOf(o, t, entry.told, me).map(([colour, say]) => (
        <p key={say} className="unreached" data-color={colour}>
          <Icon of={ExclamationmarkTriangleIcon} small />
          <span>{say}</span>
        </p>
      ))}
      {entry.told.some(({ id }) => id !== null) ? (
        <details className="told">
          <summary>{me ? o.told_own : o.told}</summary>
          <ul className="plain">
            {entry.told
              .filter(({ id }) => id !== null)
              .flatMap((person) => [
                ...(person.arrived.length > 0
                  ? [o.arrived(nameOf(person), o.channels_list(person.arrived.map((channel) => o[channel])))]
                  : []),
                ...person.failed.map(
                  ({ channel, attempted_at: at }) =>
                    `${o.failed(nameOf(person), o[channel])} ${o.last_tried(moment(t, zone(), Date.parse(at)))}`,
                ),
              ])
              .map((say) => (
                <li key={say}>{say}</li>
              ))}
          </ul>
        </details>
      ) : null}
    </>
  );
}

/** What didn't arrive: a sentence for those whom nothing reached, and one for lost e-mails. */
function failuresOf(o: OwnTexts, t: Texts, told: Telling[], me: string | undefined): [colour: string, say: string][] {
  const failed = unreached(told);
  const names = (people: Telling[]) => people.map(({ name }) => name ?? t.somebody);
  const nobody = failed.find(({ id }) => id === null);
  const known = failed.filter(({ id }) => id !== null);
  const unseen = known.filter(({ failed }) => failed.some(({ channel }) => channel === 'inbox'));
  const unsent = known.filter((person) => !unseen.includes(person));
  const all: [string, string][] = [];
  if (nobody) {
    const isNobody = nobody.failed.some(({ outcome }) => outcome === 'no_recipient');
    all.push(['danger', isNobody ? o.nobody : o.not_made]);
  }
  if (unseen.length > 0) all.push(['danger', me ? o.inbox_failed_own : o.inbox_failed_list(names(unseen))]);
  if (unsent.length > 0) all.push(['warning', me ? o.email_failed_own : o.email_failed_list(names(unsent))]);
  return all;
}

function askedOf(t: Texts, o: OwnTexts, request: LeaveRequest, name: string, today: string): string {
  const day = (date: string | null) => (date ? withWeekday(t, date, today) : null);
  if (request.kind === 'return') return o.asked_return(name);
  if (request.kind === 'change_return') return o.asked_date(name, day(request.expected_return_date));
  return o.asked_pause(name, day(request.starts_on), day(request.expected_return_date));
}

function sentenceOf(
  t: Texts,
  o: OwnTexts,
  { change, isReturnChanged, returnOn }: Extract<Entry, { is: 'change' }>,
  name: string,
  today: string,
): string {
  const who = change.actor_name;
  const kind = change.certification_kind ? kindName(change.certification_kind) : t.a_certification;
  if (change.to_status === 'expired_cert' && change.from_status !== 'expired_cert') return t.was_expired(kind);
  if (change.from_status === 'expired_cert' && change.to_status !== 'expired_cert' && change.actor_id === null) {
    return t.was_restored(kind);
  }
  if (change.from_status === change.to_status) {
    if (!isReturnChanged) return who ? t.was_amended(who) : t.was_amended_system;
    if (returnOn === undefined) return who ? o.changed_return_somehow(who) : o.changed_return_somehow_system;
    if (returnOn === null) return who ? o.cleared_return(who) : o.cleared_return_system;
    const to = withWeekday(t, returnOn, today);
    return who ? o.changed_return(who, to) : o.changed_return_system(to);
  }
  if (change.to_status === 'paused') return who ? t.was_paused(who, name) : t.was_paused_system(name);
  return who ? t.was_returned(who, name) : t.was_returned_system(name);
}
