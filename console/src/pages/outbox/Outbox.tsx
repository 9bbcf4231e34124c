import { Button, Tag } from '@digdir/designsystemet-react';
import { ArrowsCirclepathIcon, XMarkOctagonIcon } from '@navikt/aksel-icons';
import { Link } from 'wouter';
import { discard, flush, sendAfterAll, useIsOutboxRead, useOutbox, type Waiting } from '../../api/outbox';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { refusalOf } from '../../parts/refusal';
import { zone } from '../../parts/time';
import { moment } from '../../texts/dates';
import { keeping } from '../../texts/keeping';
import { useOwnTexts, useTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';

/** What was done here and has not reached the server, or was refused by it. */
export function Outbox() {
  const t = useTexts();
  const items = useOutbox();
  const isRead = useIsOutboxRead();
  return (
    <>
      <Head title={t.outbox_title} app={t.app}>
        {isRead ? <p>{items.length === 0 ? t.outbox_empty : t.outbox_empty_say}</p> : null}
      </Head>
      {items.length > 0 ? (
        <ul className="panel plain">
          {items.map((item) => (
            <li key={item.id} className="message">
              <Item t={t} item={item} />
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}

function Item({ t, item }: { t: Texts; item: Waiting }) {
  const k = useOwnTexts(keeping);
  const title = item.said ?? t.does[item.does](item.mentor?.name ?? '');
  const code = item.refusal?.code ?? '';
  const why = item.does === 'keep' ? (k.refused[code] ?? t.refused_other) : refusalOf(t, item.does, code);
  return (
    <>
      <div className="message-top">
        <h2>{title}</h2>
        {item.state === 'refused' ? (
          <Tag data-color="danger">
            <Icon of={XMarkOctagonIcon} small />
            {t.outbox_refused}
          </Tag>
        ) : (
          <Tag data-color="warning">
            <Icon of={ArrowsCirclepathIcon} small />
            {t.outbox_waiting}
          </Tag>
        )}
      </div>
      {item.state === 'refused' ? <p>{why}</p> : null}
      {item.unable ? (
        <ul>
          {item.unable.map(({ name, code }) => (
            <li key={name}>{t.many_why(name, t.many_whys[code] ?? t.many_why_other)}</li>
          ))}
        </ul>
      ) : null}
      {item.state === 'ask' ? <p>{t.outbox_ask}</p> : null}
      <p className="muted">{t.made(moment(t, zone(), item.made))}</p>
      {item.mentor ? <Link href={`/likepersoner/${item.mentor.id}`}>{t.show_mentor(item.mentor.name)}</Link> : null}
      <div className="actions">
        {item.state === 'refused' ? null : (
          <Button
            variant="secondary"
            className="row-button"
            onClick={() => void (item.state === 'ask' ? sendAfterAll(item) : flush())}
          >
            {t.send_now}
          </Button>
        )}
        <Button variant="tertiary" className="row-button" onClick={() => void discard(item)}>
          {t.discard}
        </Button>
      </div>
    </>
  );
}
