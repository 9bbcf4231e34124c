import { Tag } from '@digdir/designsystemet-react';
import { CheckmarkCircleIcon, PauseIcon, PersonCrossIcon, XMarkOctagonIcon } from '@navikt/aksel-icons';
import type { Texts } from '../texts/nb';
import { Icon } from './Icon';

export type AnyStatus = 'active' | 'paused' | 'expired_cert' | 'not_a_mentor';

export const statusIcons = {
  active: CheckmarkCircleIcon,
  paused: PauseIcon,
  expired_cert: XMarkOctagonIcon,
  not_a_mentor: PersonCrossIcon,
};
export const statusColours = {
  active: 'success',
  paused: 'info',
  expired_cert: 'danger',
  not_a_mentor: 'neutral',
} as const;

/** A status: icon, word and, third, colour. */
export function StatusTag({ status, t }: { status: AnyStatus; t: Texts }) {
  return (
    <Tag data-color={statusColours[status]}>
      <Icon of={statusIcons[status]} small />
      {t[status]}
    </Tag>
  );
}
