import {
  BulletListIcon,
  CircleSlashIcon,
  EqualsIcon,
  PencilIcon,
  PlusCircleIcon,
  QuestionmarkCircleIcon,
} from '@navikt/aksel-icons';

export const icons = {
  all: BulletListIcon,
  new: PlusCircleIcon,
  changed: PencilIcon,
  unchanged: EqualsIcon,
  possible_duplicate: QuestionmarkCircleIcon,
  refused: CircleSlashIcon,
};
export const colours = {
  all: 'lyng',
  new: 'success',
  changed: 'info',
  unchanged: 'neutral',
  possible_duplicate: 'warning',
  refused: 'danger',
} as const;
