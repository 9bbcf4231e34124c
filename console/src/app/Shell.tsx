import { Button, SkipLink } from '@digdir/designsystemet-react';
import {
  ArrowsCirclepathIcon,
  BellIcon,
  CheckmarkCircleIcon,
  CloudSlashIcon,
  MenuHamburgerIcon,
  PersonGroupIcon,
  PersonIcon,
  TasklistIcon,
} from '@navikt/aksel-icons';
import { useIsFetching } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { Unreachable, useOffline, useRead } from '../api/client';
import { useOutbox } from '../api/outbox';
import type { Inbox } from '../api/types';
import { Announcer, Done } from '../parts/announce';
import { Icon } from '../parts/Icon';
import { useTexts } from '../texts/language';
import type { Place } from './places';
import { useUpdate } from './update';

/** The frame: navigation at the side of a large screen, at the foot of a small one. */
export function Shell(props: {
  name?: string;
  chapters: string[];
  isCoordinator: boolean;
  more: Place[]; // what has no room at the foot of a small screen
  children: ReactNode;
}) {
  const t = useTexts();
  const [path] = useLocation();
  const inbox = useRead<Inbox>('inbox', {});
  const outbox = useOutbox();
  const update = useUpdate();
  const isFetching = useIsFetching() > 0;
  const isOut = useOffline();
  const isOffline = isOut || inbox.error instanceof Unreachable;
  const unread = inbox.data?.body.unread ?? 0;
  const refused = outbox.filter((item) => item.state === 'refused').length;
  const asked = outbox.filter((item) => item.state === 'ask').length;

  const places = [
    ...(props.isCoordinator ? [{ href: '/', label: t.nav_needs, icon: TasklistIcon, count: 0 }] : []),
    props.isCoordinator
      ? { href: '/likepersoner', label: t.nav_mentors, icon: PersonGroupIcon, count: 0 }
      : { href: '/min-side', label: t.nav_me, icon: PersonIcon, count: 0 },
    { href: '/innboks', label: t.nav_inbox, icon: BellIcon, count: unread },
  ];
  const more = { href: '/mer', label: t.nav_more, icon: MenuHamburgerIcon, count: 0 };
  // At the root is the first place.
  const isHere = (href: string) =>
    path === '/' ? href === places[0]?.href : href !== '/' && `${path}/`.startsWith(`${href}/`);
  const isMore = props.more.some(({ href }) => isHere(href));
  const link = (place: Place & { count?: number }, isCurrent = isHere(place.href)) => (
    <li key={place.href}>
      <Link href={place.href} aria-current={isCurrent ? 'page' : undefined}>
        <Icon of={place.icon} />
        <span>{place.label}</span>
        {place.count ? (
          <span className="count">
            {place.count}
            <span className="unseen"> {t.unread(place.count)}</span>
          </span>
        ) : null}
      </Link>
    </li>
  );
  const freshness = (
    <p className="fresh">
      <Icon of={isOffline ? CloudSlashIcon : isFetching ? ArrowsCirclepathIcon : CheckmarkCircleIcon} small />
      {isOffline ? t.offline : isFetching ? t.loading : t.fresh}
    </p>
  );
  const where = props.chapters.length === 1 ? props.chapters[0] : undefined;
  return (
    <div className="shell">
      <SkipLink href="#content">{t.skip}</SkipLink>
      <div className="side">
        <Link href="/" className="brand">
          <img src="/icon.svg" alt="" width="32" height="32" />
          <span>
            {t.app}
            {where ? <small>{where}</small> : null}
          </span>
        </Link>
        <nav aria-label={t.nav_label}>
          <ul className="plain">{[...places, ...props.more, more].map((place) => link(place))}</ul>
        </nav>
        <div className="side-foot">
          {props.name ? <strong>{props.name}</strong> : null}
          {freshness}
        </div>
      </div>
      <div className="top">
        <Link href="/" className="brand">
          <img src="/icon.svg" alt="" width="32" height="32" />
          {where ?? t.app}
        </Link>
        {freshness}
      </div>
      <main id="content" className="main" tabIndex={-1}>
        {update ? (
          <div className="banner" data-color="info">
            <p>{t.new_version}</p>
            <Button variant="secondary" className="row-button" onClick={update}>
              {t.new_version_do}
            </Button>
          </div>
        ) : null}
        {refused + asked > 0 && path !== '/usendt' ? (
          <div className="banner" data-color="danger">
            <p>
              <Link href="/usendt">{refused > 0 ? t.refused_link(refused) : t.waiting_link(asked)}</Link>
            </p>
          </div>
        ) : null}
        <Done />
        {props.children}
      </main>
      <nav className="bottom" aria-label={t.nav_label}>
        <ul className="plain">
          {places.map((place) => link(place))}
          {link(more, isHere(more.href) || isMore)}
        </ul>
      </nav>
      <Announcer />
    </div>
  );
}
