// The pages beside those of a coordinator's day: at the side of a large screen, and under
// "Mer" on a small one.
import { BarChartIcon, ExclamationmarkTriangleIcon } from '@navikt/aksel-icons';
import type { ComponentType, SVGProps } from 'react';
import type { Texts } from '../texts/nb';

export interface Place {
  href: string;
  label: string;
  icon: ComponentType<SVGProps<SVGSVGElement>>;
}

export interface Who {
  isCoordinator: boolean;
  isAdministrator: boolean; // of a chapter, or of all
}

export function placesOf(t: Texts, who: Who): Place[] {
  return [
    ...(who.isAdministrator
      ? [{ href: '/oppfolging', label: t.nav_follow_up, icon: ExclamationmarkTriangleIcon }]
      : []),
    ...(who.isCoordinator ? [{ href: '/perioderapport', label: t.nav_report, icon: BarChartIcon }] : []),
  ];
}
