// The pages beside those of a coordinator's day: at the side of a large screen, and under
// "Mer" on a small one.
import {
  BarChartIcon,
  CogIcon,
  ExclamationmarkTriangleIcon,
  FileImportIcon,
  PersonPencilIcon,
  ShieldLockIcon,
} from '@navikt/aksel-icons';
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
  isOffice: boolean; // of all
}

export function placesOf(t: Texts, who: Who): Place[] {
  const places: Place[] = [];
  if (who.isAdministrator) {
    places.push(
      { href: '/personer', label: t.nav_people, icon: PersonPencilIcon },
      { href: '/import', label: t.nav_import, icon: FileImportIcon },
      { href: '/oppfolging', label: t.nav_follow_up, icon: ExclamationmarkTriangleIcon },
    );
  }
  if (who.isCoordinator) places.push({ href: '/perioderapport', label: t.nav_report, icon: BarChartIcon });
  if (who.isOffice) places.push({ href: '/innstillinger', label: t.nav_settings, icon: CogIcon });
  places.push({ href: '/personvern', label: t.nav_privacy, icon: ShieldLockIcon });
  return places;
}
