import { Button, Skeleton, Tag } from '@digdir/designsystemet-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { queries, useRead } from '../../api/client';
import { send } from '../../api/outbox';
import type { Inbox as Answer, InboxMessage } from '../../api/types';
import { Freshness } from '../../parts/Freshness';
import { Head } from '../../parts/Head';
import { zone } from '../../parts/time';
import { moment, unbroken } from '../../texts/dates';
import { useTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';

export function Inbox({ me, isCoordinator }: { me: string; isCoordinator: boolean }) {
  const t = useTexts();
  const inbox = useRead<Answer>('inbox', {});
  const page = inbox.data?.body;
  const [isBusy, setBusy] = useState(false);

  async function readAll() {
    if (isBusy) return;
    setBusy(true);
    await send({ fn: 'inbox', method: 'POST', body: { read: 'all' }, does: 'read', mentor: null });
    await queries.invalidateQueries({ queryKey: ['inbox'] });
    setBusy(false);
  }

  return (
    <>
      <Freshness t={t} at={inbox.data?.at} error={inbox.error} />
      <Head title={t.inbox_title} app={t.app}>
        {page && page.messages.length > 0 ? <p>{t.inbox_unread(page.unread)}</p> : null}
      </Head>
      {!page && !inbox.isError ? <Skeletons t={t} /> : null}
      {page && page.unread > 0 ? (
        <div className="actions">
          <Button variant="secondary" className="row-button" aria-disabled={isBusy} onClick={readAll}>
            {t.read_all}
          </Button>
        </div>
      ) : null}
      {page && page.messages.length === 0 ? (
        <div className="panel empty">
          <h2>{t.inbox_empty}</h2>
          <p>{t.inbox_empty_say}</p>
        </div>
      ) : null}
      {page && page.messages.length > 0 ? (
        <ul className="panel plain">
          <Messages t={t} page={page} me={me} isCoordinator={isCoordinator} />
        </ul>
      ) : null}
    </>
  );
}

function Messages({ t, page, me, isCoordinator }: { t: Texts; page: Answer; me: string; isCoordinator: boolean }) {
  const [isMore, setMore] = useState(false);
  return (
    <>
      {page.messages.map((message) => (
        <Message key={message.id} t={t} message={message} isLinked={isCoordinator && message.mentor_id !== me} />
      ))}
      {page.next_cursor && !isMore ? (
        <li className="more">
          <Button variant="tertiary" className="row-button" onClick={() => setMore(true)}>
            {t.show_more}
          </Button>
        </li>
      ) : null}
      {page.next_cursor && isMore ? (
        <Older t={t} cursor={page.next_cursor} me={me} isCoordinator={isCoordinator} />
      ) : null}
    </>
  );
}

function Older({ t, cursor, me, isCoordinator }: { t: Texts; cursor: string; me: string; isCoordinator: boolean }) {
  const older = useRead<Answer>('inbox', { cursor });
  if (!older.data) return <li className="more muted">{older.isError ? t.offline : t.loading}</li>;
  return <Messages t={t} page={older.data.body} me={me} isCoordinator={isCoordinator} />;
}

function Message({ t, message, isLinked }: { t: Texts; message: InboxMessage; isLinked: boolean }) {
  return (
    <li className="message" data-unread={message.read_at === null || undefined}>
      <div className="message-top">
        <h2>{unbroken(message.title)}</h2>
        {message.read_at === null ? <Tag data-color="lyng">{t.new_message}</Tag> : null}
      </div>
      <p className="message-body">{unbroken(message.body)}</p>
      <p className="muted">{moment(t, zone(), Date.parse(message.created_at))}</p>
      {message.mentor_id && isLinked ? (
        <Link href={`/likepersoner/${message.mentor_id}`}>{t.show_mentor_plain}</Link>
      ) : null}
    </li>
  );
}

function Skeletons({ t }: { t: Texts }) {
  return (
    <>
      <p className="unseen" role="status">
        {t.loading}
      </p>
      <div className="panel" aria-hidden>
        {[1, 2, 3].map((n) => (
          <div key={n} className="message">
            <Skeleton variant="text" width={24} />
            <Skeleton variant="text" width={60} />
          </div>
        ))}
      </div>
    </>
  );
}
