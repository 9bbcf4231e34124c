import type { MentorPage } from '../api/types';
import type { Texts } from '../texts/nb';

export function firstName(name: string): string {
  return name.split(/\s+/)[0] || name;
}

/** Who is told of a change: the mentor by first name, up to two others by name, else how many. */
export function toldOf(t: Texts, page: MentorPage, me: string): string {
  const others = page.recipients.filter((person) => person.id !== me && person.id !== page.profile.id);
  const names = [firstName(page.profile.display_name)];
  if (others.length <= 2) {
    names.push(...others.map((person) => person.display_name));
  } else {
    const coordinators = others.filter((person) => person.role === 'coordinator').length;
    if (coordinators) names.push(t.coordinators(coordinators));
    if (others.length > coordinators) names.push(t.administrators(others.length - coordinators));
  }
  return t.told(names);
}

/** A certification kind by its code, as it stands at the beginning of a sentence. */
export function kindName(code: string): string {
  return code.charAt(0).toUpperCase() + code.slice(1);
}

export function nameOf(certification: { name_nb: string; name_nn: string; name_en: string }, t: Texts): string {
  const name =
    t.locale === 'nn-NO' ? certification.name_nn : t.locale === 'en-GB' ? certification.name_en : certification.name_nb;
  return kindName(name);
}

/** A telephone number as Norwegians write theirs; others as they are. */
export function spaced(phone: string): string {
  const norwegian = /^\+47(\d{3})(\d{2})(\d{3})$/.exec(phone);
  return norwegian ? norwegian.slice(1).join('\u00a0') : phone;
}
