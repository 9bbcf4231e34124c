import { Dialog, Heading } from '@digdir/designsystemet-react';
import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { readWhole, useRead } from '../../api/client';
import type { MentorPage } from '../../api/types';
import { firstName } from '../../parts/people';
import { useTexts } from '../../texts/language';
import type { Texts } from '../../texts/nb';
import { Confirm } from './Confirm';
import { type Asking, LeaveForm } from './LeaveForm';
import { PauseForm } from './PauseForm';

export type Kind = 'pause' | 'amend' | 'amend_plan' | 'return' | 'cancel_plan' | Asking;

function titleOf(t: Texts, kind: Kind, name: string): string {
  switch (kind) {
    case 'pause':
      return t.pause_title(name);
    case 'amend':
      return t.amend_title(name);
    case 'amend_plan':
      return t.amend_plan_title(name);
    case 'return':
      return t.return_title(name);
    case 'cancel_plan':
      return t.cancel_plan_title(name);
    case 'ask_pause':
    case 'ask_date':
    case 'ask_return':
      return t[kind];
  }
}

/** A form over the mentor's page: a dialog on a large screen, a page on a small one. */
export function PauseDialog({ id, me, kind }: { id: string; me: string; kind: Kind }) {
  const t = useTexts();
  const [, navigate] = useLocation();
  const heading = useRef<HTMLHeadingElement>(null);
  const mentor = useRead<MentorPage>('mentor', { mentor_id: id });
  const page = mentor.data?.body;
  // The reason isn't kept on the device: to change it one has to read it first.
  const needsWhole = kind === 'amend' || kind === 'amend_plan';
  const [isReady, setReady] = useState(!needsWhole);
  useEffect(() => {
    if (!needsWhole) return;
    void readWhole<MentorPage>('mentor', { mentor_id: id })
      .catch(() => undefined)
      .finally(() => setReady(true));
  }, [id, needsWhole]);
  const isOwn = kind === 'ask_pause' || kind === 'ask_date' || kind === 'ask_return';
  const hasPage = page !== undefined && isReady;
  useEffect(() => {
    if (hasPage) heading.current?.focus();
  }, [hasPage]);

  // In place of the form, which Back doesn't open again.
  const close = () => navigate(isOwn ? '/min-side' : `/likepersoner/${id}`, { replace: true });
  if (!page) return null;
  const name = firstName(page.profile.display_name);
  const title = titleOf(t, kind, name);
  const props = { t, page, name, me, isWhole: mentor.data?.whole ?? false, onClose: close };
  return (
    <Dialog open className="sheet-dialog" aria-labelledby="dialog-title" closeButton={t.close} onClose={close}>
      <div className="dialog-bar">
        <Heading level={1} id="dialog-title" ref={heading} tabIndex={-1}>
          {title}
        </Heading>
      </div>
      <div className="dialog-body">
        {!isReady ? (
          <p role="status">{t.loading}</p>
        ) : kind === 'return' || kind === 'cancel_plan' ? (
          <Confirm {...props} kind={kind} />
        ) : kind === 'ask_pause' || kind === 'ask_date' || kind === 'ask_return' ? (
          <LeaveForm t={t} page={page} me={me} kind={kind} onClose={close} />
        ) : (
          <PauseForm {...props} kind={kind} />
        )}
      </div>
    </Dialog>
  );
}
