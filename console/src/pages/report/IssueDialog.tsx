import { Button, Dialog, Heading } from '@digdir/designsystemet-react';
import { SealCheckmarkIcon } from '@navikt/aksel-icons';
import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { queries, Refused } from '../../api/client';
import { newKey } from '../../api/clock';
import { announce } from '../../parts/announce';
import { Icon } from '../../parts/Icon';
import type { Texts } from '../../texts/nb';
import { type Period, root } from './address';
import { issue } from './calls';
import type { ReportTexts } from './texts';

/** Says what issuing does, and does it. It isn't kept for later: another day is another report. */
export function IssueDialog(props: {
  t: Texts;
  own: ReportTexts;
  period: Period;
  name: string;
  today: string;
  chapters: { chapter_id: string; name: string }[]; // that one administers
  onClose: () => void;
}) {
  const { t, own, period, name, chapters } = props;
  const [, navigate] = useLocation();
  const heading = useRef<HTMLHeadingElement>(null);
  const [key] = useState(() => newKey());
  const [state, setState] = useState<'ready' | 'sending' | 'unreachable' | 'refused'>('ready');
  useEffect(() => heading.current?.focus(), []);
  const chosen = chapters.find(({ chapter_id }) => chapter_id === period.chapter);
  const about = chosen ? chosen.name : t.list(chapters.map((chapter) => chapter.name));
  const start = async () => {
    if (state === 'sending') return;
    setState('sending');
    try {
      const body = { from: period.from, to: period.to, ...(chosen ? { chapter_id: chosen.chapter_id } : {}) };
      const id = await issue(body, key);
      void queries.invalidateQueries({ queryKey: ['period-report', 'issued'] });
      announce(own.issued);
      navigate(`${root}/utstedt/${id}`);
    } catch (error) {
      setState(error instanceof Refused ? 'refused' : 'unreachable');
    }
  };
  return (
    <Dialog open className="sheet-dialog" aria-labelledby="issue-title" closeButton={t.close} onClose={props.onClose}>
      <div className="dialog-bar">
        <Heading level={1} id="issue-title" ref={heading} tabIndex={-1}>
          {own.issue_title(name)}
        </Heading>
      </div>
      <div className="dialog-body">
        <div className="form">
          <div className="effect">
            <Icon of={SealCheckmarkIcon} />
            <div className="stack-small">
              <p>{own.issue_effect(about)}</p>
              <p>{own.issue_later}</p>
            </div>
          </div>
          {period.chapter === null && chapters.length > 1 ? <p className="muted">{own.issue_whole(about)}</p> : null}
          {period.to === props.today ? (
            <p className="banner" data-color="warning">
              {own.issue_running}
            </p>
          ) : null}
          {state === 'unreachable' || state === 'refused' ? (
            <p className="banner" data-color="danger" role="alert">
              {state === 'refused' ? own.refused : own.issue_unreachable}
            </p>
          ) : null}
          <div className="actions">
            <Button aria-disabled={state === 'sending'} onClick={() => void start()}>
              {state === 'sending' ? own.issuing : own.issue(name)}
            </Button>
            <Button variant="tertiary" onClick={props.onClose}>
              {own.cancel}
            </Button>
          </div>
        </div>
      </div>
    </Dialog>
  );
}
