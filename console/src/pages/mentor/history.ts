// What happened with one mentor, as one line in time: changes, requests that were answered, and
// messages that belong to neither.
import type { LeaveRequest, MentorChange, MentorMessage, MentorPage } from '../../api/types';

/** One person, or nobody, and what became of one event's messages to them. */
export interface Telling {
  id: string | null;
  name: string | null;
  arrived: MentorMessage['channel'][];
  failed: MentorMessage[];
}

type Pause = MentorPage['closed_pauses'][number];

interface Happening {
  key: string;
  at: number;
  told: Telling[];
}

export type Entry = Happening &
  (
    | {
        is: 'change';
        change: MentorChange;
        /** What an amendment made of the return date: null is none, undefined is not known. */
        returnOn: string | null | undefined;
        isReturnChanged: boolean;
        /** The pause that it ended, and the page on which that stands. */
        ended: { pause: Pause; cursor: string | undefined } | undefined;
      }
    | { is: 'request'; request: LeaveRequest }
    | { is: 'message'; kind: MentorMessage['kind']; times: number }
  );

// A page has so many rows of the log, and half as many messages. What is shorter has ended.
const changesOfAPage = 50;
const messagesOfAPage = 25;
// What tells of a change has its moment, and of a request there is one message at a time. Other
// rows of one statement have moments that are nearly the same; what a batch tells of, and what
// is answered, is written by the same command.
const exact: MentorMessage['kind'][] = [
  'mentor_paused',
  'mentor_reactivated',
  'certification_expired',
  'certification_restored',
  'return_changed',
  'leave_requested',
  'leave_answered',
];
const sameStatement = 250; // ms
const sameCommand = 5_000;
const sameBatch = 60_000;

/** One event, with all that was sent of it. */
interface Event {
  kind: MentorMessage['kind'];
  at: number; // the first moment
  messages: MentorMessage[];
}

/** The page of a cursor; the first one has none. */
export interface HistoryPage {
  cursor: string | undefined;
  page: MentorPage;
}

/** The messages by what they are about; those to mentor and coordinators are one event. */
function eventsOf(messages: MentorMessage[]): Event[] {
  const events: Event[] = [];
  const timed = messages.map((message) => ({ message, at: Date.parse(message.created_at) }));
  for (const { message, at } of timed.sort((one, other) => one.at - other.at)) {
    const within = exact.includes(message.kind) ? 0 : sameStatement;
    const same = events.findLast((event) => event.kind === message.kind && at - event.at <= within);
    if (same) same.messages.push(message);
    else events.push({ kind: message.kind, at, messages: [message] });
  }
  return events;
}

function told(messages: MentorMessage[]): Telling[] {
  const people = new Map<string | null, Telling>();
  for (const message of messages) {
    const { recipient_id: id, recipient_name: name } = message;
    const person: Telling = people.get(id) ?? { id, name, arrived: [], failed: [] };
    people.set(id, person);
    if (message.outcome !== 'delivered') person.failed.push(message);
    else if (!person.arrived.includes(message.channel)) person.arrived.push(message.channel);
  }
  const order = (person: Telling) => person.name ?? '';
  for (const person of people.values()) person.arrived.sort((one, other) => (one < other ? 1 : -1)); // inbox first
  return [...people.values()].sort((one, other) => order(one).localeCompare(order(other)));
}

/** Which messages a change is told by: they have its moment, but for those of a batch. */
function kindsOf({ from_status: from, to_status: to }: MentorChange): [MentorMessage['kind'], within: number][] {
  if (from === to)
    return [
      ['return_changed', 0],
      ['mentor_paused', 0],
    ]; // who was expired, too, is paused
  if (to === 'expired_cert')
    return [
      ['certification_expired', 0],
      ['mentor_paused', 0],
    ];
  if (to === 'paused' && from === 'active')
    return [
      ['mentor_paused', sameBatch],
      ['several_paused', sameBatch],
    ];
  if (from === 'expired_cert') return [['certification_restored', 0]];
  return [['mentor_reactivated', 0]];
}

/** Takes out the event of each of these kinds that is nearest to a moment. */
function take(events: Event[], kinds: [MentorMessage['kind'], within: number][], at: number): Event[] {
  return kinds.flatMap(([wanted, within]) => {
    const away = (event: Event) => Math.abs(event.at - at);
    const [nearest] = events
      .filter((event) => event.kind === wanted && away(event) <= within)
      .sort((one, other) => away(one) - away(other));
    if (nearest) events.splice(events.indexOf(nearest), 1);
    return nearest ? [nearest] : [];
  });
}

/**
 * Down to which moment everything is there. The log and the messages go on separately from
 * page to page: what is older than where one of them has come to would stand in the wrong place.
 */
function completeFrom(pages: HistoryPage[]): number {
  const last = pages[pages.length - 1]?.page;
  if (!last?.next_cursor) return Number.NEGATIVE_INFINITY;
  const change = last.timeline.length >= changesOfAPage ? last.timeline[last.timeline.length - 1] : undefined;
  const message = last.sent.length >= messagesOfAPage ? last.sent[last.sent.length - 1] : undefined;
  return Math.max(
    change ? Date.parse(change.occurred_at) : Number.NEGATIVE_INFINITY,
    message ? Date.parse(message.attempted_at) : Number.NEGATIVE_INFINITY,
  );
}

/** What there is to show of these pages, newest first. */
export function entriesOf(pages: HistoryPage[], requests: LeaveRequest[]): Entry[] {
  const events = eventsOf(pages.flatMap(({ page }) => page.sent));
  const entries: Entry[] = [];

  const amended = new Set<string>(); // records whose last amendment has been met
  const returns = new Map<string, string | null>();
  const live = pages[0]?.page.pause_record;
  if (live?.id) returns.set(live.id, live.expected_return_date);
  for (const { cursor, page } of pages) {
    for (const pause of page.closed_pauses) if (pause.id) returns.set(pause.id, pause.expected_return_date);
    for (const change of page.timeline) {
      const at = Date.parse(change.occurred_at);
      const taken = take(events, kindsOf(change), at);
      const isReturnChanged = taken.some(({ kind }) => kind === 'return_changed');
      const isAmendment = change.from_status === change.to_status;
      // What the last amendment made of the date has held since; of earlier ones nothing is left.
      const isLast = isAmendment && !amended.has(change.pause_record_id);
      if (isAmendment) amended.add(change.pause_record_id);
      const pause = page.closed_pauses.find(
        ({ id, version }) => id === change.pause_record_id && version === change.record_version,
      );
      entries.push({
        is: 'change',
        key: `change ${change.id}`,
        at,
        told: told(taken.flatMap(({ messages }) => messages)),
        change,
        isReturnChanged,
        returnOn: isLast && isReturnChanged ? returns.get(change.pause_record_id) : undefined,
        ended: pause ? { pause, cursor } : undefined,
      });
    }
  }

  for (const request of requests) {
    if (request.state === 'open' || !request.answered_at) continue;
    const at = Date.parse(request.answered_at);
    const taken = [
      ...take(events, [['leave_requested', sameCommand]], Date.parse(request.created_at)),
      ...take(events, [['leave_answered', sameCommand]], at),
    ];
    const messages = taken.flatMap((event) => event.messages);
    entries.push({ is: 'request', key: `request ${request.id}`, at, told: told(messages), request });
  }

  for (const { kind, at, messages } of events) {
    const key = `message ${messages[0]?.notification_id}`;
    entries.push({ is: 'message', key, at, told: told(messages), kind, times: 1 });
  }

  const from = completeFrom(pages);
  const rank = { change: 0, message: 1, request: 2 }; // of one moment, what followed is above
  const sorted = entries
    .filter(({ at }) => at >= from)
    .sort((one, other) => other.at - one.at || rank[one.is] - rank[other.is]);
  return folded(sorted);
}

/** Weekly overviews in a row are one: they come every week as long as nothing happens. */
function folded(entries: Entry[]): Entry[] {
  const kept: Entry[] = [];
  for (const entry of entries) {
    const before = kept[kept.length - 1];
    const isAnother = entry.is === 'message' && entry.kind === 'weekly_digest';
    if (isAnother && before?.is === 'message' && before.kind === 'weekly_digest') {
      before.times++;
      before.told = merged(before.told, entry.told);
    } else {
      kept.push(entry);
    }
  }
  return kept;
}

/** Of two lists of people each once, with what was newest of the failures. */
function merged(newer: Telling[], older: Telling[]): Telling[] {
  const all = newer.map((person) => ({ ...person, arrived: [...person.arrived] }));
  for (const person of older) {
    const same = all.find(({ id }) => id === person.id);
    if (!same) all.push(person);
    else for (const channel of person.arrived) if (!same.arrived.includes(channel)) same.arrived.push(channel);
  }
  return all;
}

/** Whom something didn't reach. */
export function unreached(people: Telling[]): Telling[] {
  return people.filter(({ failed }) => failed.length > 0);
}
