// What the pages about people have in common.
import { Button } from '@digdir/designsystemet-react';
import { ChevronLeftIcon } from '@navikt/aksel-icons';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useRead } from '../../api/client';
import type { CertificationKind, Organisation, PeoplePage } from '../../api/types';
import { Icon } from '../../parts/Icon';
import type { useKeep } from '../../parts/keep';
import { nameOf } from '../../parts/people';
import { useOwnTexts, useTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';
import { texts } from './texts';

/** A membership that counts on a day. */
export function holds(membership: { first_day: string; last_day: string | null }, day: string): boolean {
  return membership.first_day <= day && (membership.last_day === null || membership.last_day >= day);
}

/** What there is to choose from; chapters that are open and administered by the caller. */
export function useOrganisation(today: string) {
  const read = useRead<Organisation>('people', { part: 'organisation' });
  const body = read.data?.body;
  const chapters = (body?.chapters ?? []).filter(
    (chapter) => chapter.is_administered && (chapter.last_day === null || chapter.last_day >= today),
  );
  return { chapters, kinds: body?.certification_kinds ?? [], all: body, error: read.error };
}

export function useCoordinators(chapter: string | undefined, enabled = true) {
  const read = useRead<PeoplePage>(
    'people',
    { role: 'coordinator', chapter_id: chapter, limit: 200 },
    enabled && chapter !== undefined,
  );
  return (read.data?.body.people ?? []).map((person) => ({ value: person.id, label: person.display_name }));
}

export function kindOptions(t: Texts, kinds: CertificationKind[]) {
  return kinds.map((kind) => ({ value: kind.code, label: nameOf(kind, t) }));
}

export function Back({ to, label }: { to?: string; label?: string }) {
  const own = useOwnTexts(texts);
  return (
    <Link href={to ?? '/personer'} className="back">
      <Icon of={ChevronLeftIcon} small />
      {label ?? own.back}
    </Link>
  );
}

/** The two buttons under a form. */
export function Buttons(props: {
  keeper: ReturnType<typeof useKeep>;
  label: string;
  danger?: boolean;
  onCancel: () => void;
  children?: ReactNode;
}) {
  const t = useTexts();
  return (
    <div className="actions">
      <Button
        type="submit"
        className="row-button"
        data-color={props.danger ? 'danger' : undefined}
        aria-disabled={props.keeper.isBusy}
      >
        {props.keeper.isBusy ? t.sending : props.label}
      </Button>
      <Button type="button" variant="tertiary" className="row-button" onClick={props.onCancel}>
        {t.cancel}
      </Button>
      {props.children}
    </div>
  );
}

export function usableEmail(email: string): boolean {
  return email === '' || /^[^\s@,;<>"]+@[^\s@,;<>"]+$/.test(email);
}

/** Eight digits, or a country's code and digits, however they are grouped. */
export function usablePhone(phone: string): boolean {
  const number = phone.replace(/[\s.()/-]+/g, '').replace(/^00/, '+');
  return number === '' || /^([2-9]\d{7}|\+[1-9]\d{6,14})$/.test(number);
}
