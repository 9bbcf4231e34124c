// Facts in words: what a day rests on, and what was recorded since a report was issued.
import { addDays, dateIn, full, moment } from '../../texts/dates';
import type { Texts } from '../../texts/nb';
import { kindName } from '../../parts/people';
import type { ReportTexts } from './texts';

export interface Speech {
  t: Texts;
  own: ReportTexts;
  zone: string;
  chapters: ReadonlyMap<string, string>; // names by id
}

/** The names of chapters by their ids. */
export const namesOf = (chapters: { chapter_id: string; name?: string }[]): ReadonlyMap<string, string> =>
  new Map(chapters.map(({ chapter_id, name }) => [chapter_id, name ?? '']));

type Fact = Record<string, unknown>;

const dayOf = (speech: Speech, at: unknown) => dateIn(speech.zone, Date.parse(String(at)));
const say = (speech: Speech, date: string) => full(speech.t, date);

/** A fact as a phrase: Grunnkurs, 3. november 2025–2. november 2028. */
export function factOf(speech: Speech, table: string, fact: Fact): string {
  const { own } = speech;
  switch (table) {
    case 'chapter_memberships': {
      const chapter = speech.chapters.get(String(fact.chapter_id)) ?? own.other_chapter;
      const from = own.since(say(speech, dayOf(speech, fact.started_at)));
      // What ends at midnight has the day before as its last.
      const last = fact.ended_at ? ` ${own.through(say(speech, addDays(dayOf(speech, fact.ended_at), -1)))}` : '';
      return `${own.member(chapter)} ${from}${last}`;
    }
    case 'certifications': {
      const from = say(speech, String(fact.issued_on));
      const valid = fact.expires_on ? own.valid(from, say(speech, String(fact.expires_on))) : own.valid_forever(from);
      return `${own.certification(kindName(String(fact.kind)))}, ${valid}`;
    }
    case 'pause_records': {
      const from = own.since(say(speech, dayOf(speech, fact.paused_at)));
      const back = fact.reactivated_at ? `, ${own.until_return(say(speech, dayOf(speech, fact.reactivated_at)))}` : '';
      return `${own.pause} ${from}${back}`;
    }
    case 'planned_pauses':
      return `${own.planned} ${own.since(say(speech, String(fact.starts_on)))}`;
    default: {
      const replaced = fact.replaced_by ? `, ${own.replaced_by(String(fact.replaced_by))}` : '';
      const from = fact.from_day ? `, ${own.since(say(speech, String(fact.from_day)))}` : '';
      return `${own.kind(String(fact.code))}: ${fact.is_required ? own.is_required : own.not_required}${replaced}${from}`;
    }
  }
}

/** Who recorded something: a person, perhaps by an import, the nightly run, or another system. */
export function recorderOf(own: ReportTexts, name: string | null, command: string | null): string {
  if (!name) return command === 'nightly_step' ? own.nightly : own.elsewhere;
  if (command === 'import') return own.by_import(name);
  if (command === 'answer_leave_request') return own.on_request(name);
  return name;
}

export function recordedOf(
  speech: Speech,
  what: 'recorded' | 'changed' | 'removed',
  fact: { recorded_at: string; recorded_by_name: string | null; command: string | null },
): string {
  const when = moment(speech.t, speech.zone, Date.parse(fact.recorded_at));
  return speech.own[what](when, recorderOf(speech.own, fact.recorded_by_name, fact.command));
}
