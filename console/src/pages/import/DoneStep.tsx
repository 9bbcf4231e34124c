import { Button } from '@digdir/designsystemet-react';
import { CheckmarkCircleIcon, DownloadIcon } from '@navikt/aksel-icons';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { save } from '../../parts/save';
import type { Texts } from '../../texts/nb';
import { Part, root, Steps } from './Import';
import type { ImportTexts } from './texts';
import type { Answer } from './types';
import { refusedRows, startOver } from './work';

/** What happened, and what to do next. */
export function DoneStep({ t, own, done }: { t: Texts; own: ImportTexts; done: Answer }) {
  const [, navigate] = useLocation();
  const [problem, setProblem] = useState('');
  const { counts } = done;
  const left = counts.refused + counts.possible_duplicate;
  const download = () => {
    refusedRows().then(
      (content) => save(content, `${own.refused_file_name}.csv`),
      () => setProblem(own.download_failed),
    );
  };
  return (
    <>
      <Head title={own.done_title} app={t.app} />
      <Steps own={own} at="done" />
      <div className="stack import">
        <div className="effect">
          <Icon of={CheckmarkCircleIcon} />
          <ul className="plain">
            <li>{own.done_new_n(counts.new)}</li>
            <li>{own.done_changed_n(counts.changed)}</li>
            {left > 0 ? <li>{own.done_left_n(left)}</li> : null}
            <li>{own.done_log}</li>
          </ul>
        </div>
        <Part title={own.next_title}>
          <ol className="plain next">
            {counts.new > 0 ? (
              <>
                <li>
                  <strong>{own.next_assign}</strong>
                  <p className="muted">{own.next_assign_say}</p>
                  <Link href="/likepersoner">{own.see_mentors}</Link>
                </li>
                <li>
                  <strong>{own.next_invite}</strong>
                  <p className="muted">{own.next_invite_say}</p>
                  <Link href="/personer">{own.see_people}</Link>
                </li>
              </>
            ) : null}
            {counts.refused > 0 ? (
              <li>
                <strong>{own.next_refused}</strong>
                <p className="muted">{own.next_refused_say}</p>
                <Button variant="secondary" className="row-button" onClick={download}>
                  <Icon of={DownloadIcon} small />
                  {own.refused_file}
                </Button>
              </li>
            ) : null}
          </ol>
        </Part>
        {problem ? (
          <p className="banner" data-color="danger" role="alert">
            {problem}
          </p>
        ) : null}
        <div className="actions">
          <Button
            variant="secondary"
            onClick={() => {
              startOver();
              navigate(root);
            }}
          >
            {own.import_more}
          </Button>
        </div>
      </div>
    </>
  );
}
