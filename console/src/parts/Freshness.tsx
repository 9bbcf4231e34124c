import { CloudSlashIcon } from '@navikt/aksel-icons';
import { Link } from 'wouter';
import { Unreachable, useOffline } from '../api/client';
import { serverNow } from '../api/clock';
import { useOutbox } from '../api/outbox';
import { freshness } from '../texts/dates';
import type { Texts } from '../texts/nb';
import { Icon } from './Icon';
import { zone } from './time';

/** Says when what is shown was right, if it can't be checked now, and what waits to be sent. */
export function Freshness({ t, at, error }: { t: Texts; at?: number; error: unknown }) {
  const outbox = useOutbox();
  const waiting = outbox.filter((item) => item.state !== 'refused').length;
  const isOut = useOffline();
  const isOffline = isOut || error instanceof Unreachable;
  if (!isOffline) return null;
  return (
    <div className="banner" data-color="warning">
      <Icon of={CloudSlashIcon} />
      <p>
        {at ? <strong>{t.offline_since(freshness(t, zone(), at, serverNow()))} </strong> : null}
        {at ? t.offline_say : t.offline_nothing}{' '}
        {waiting > 0 ? (
          <>
            <Link href="/usendt">{t.waiting_link(waiting)}</Link>.
          </>
        ) : null}
      </p>
    </div>
  );
}
