import { Button } from '@digdir/designsystemet-react';
import { ChevronRightIcon, DownloadIcon, PrinterSmallIcon } from '@navikt/aksel-icons';
import { useState } from 'react';
import { Link } from 'wouter';
import type { Query } from '../../api/client';
import { announce } from '../../parts/announce';
import { Icon } from '../../parts/Icon';
import { download } from './calls';
import type { ReportTexts } from './texts';

/** The report as files, on paper, and for an auditor. */
export function Downloads(props: {
  own: ReportTexts;
  query: Query;
  name: string;
  hasNames: boolean;
  sample?: string; // where one is drawn
}) {
  const { own, query, name, hasNames } = props;
  const files: [label: string, format: string, detail: string][] = hasNames
    ? [
        [own.excel, 'xlsx', 'mentors'],
        [own.csv_numbers, 'csv', 'summary'],
        [own.csv_names, 'csv', 'mentors'],
      ]
    : [
        [own.excel, 'xlsx', 'summary'],
        [own.csv, 'csv', 'summary'],
      ];
  return (
    <section className="no-print">
      <h2 className="ds-heading">{own.download_title}</h2>
      <div className="panel sheet">
        <div className="actions">
          {files.map(([label, format, detail]) => (
            <DownloadButton
              key={label}
              own={own}
              label={label}
              query={{ ...query, format, detail }}
              // Two files of one name would lie over each other.
              name={`${name}${label === own.csv_names ? own.names_suffix : ''}.${format}`}
            />
          ))}
          <Button variant="tertiary" className="row-button" onClick={() => window.print()}>
            <Icon of={PrinterSmallIcon} small />
            {own.print}
          </Button>
        </div>
        {hasNames ? null : <p className="muted">{own.names_are_for_others}</p>}
        {props.sample ? (
          <Link href={props.sample} className="go">
            {own.sample}
            <Icon of={ChevronRightIcon} small />
          </Link>
        ) : null}
      </div>
    </section>
  );
}

export function DownloadButton(props: { own: ReportTexts; label: string; query: Query; name: string }) {
  const { own } = props;
  const [state, setState] = useState<'ready' | 'busy' | 'failed'>('ready');
  const start = () => {
    if (state === 'busy') return;
    setState('busy');
    announce(own.downloading);
    download(props.query, props.name).then(
      () => {
        setState('ready');
        announce(own.downloaded);
      },
      () => {
        setState('failed');
        announce(own.not_downloaded);
      },
    );
  };
  return (
    <>
      <Button variant="secondary" className="row-button" aria-disabled={state === 'busy'} onClick={start}>
        <Icon of={DownloadIcon} small />
        {state === 'busy' ? own.downloading : props.label}
      </Button>
      {state === 'failed' ? <p className="late">{own.not_downloaded}</p> : null}
    </>
  );
}

/** On paper: where a board signs. */
export function Signatures({ own }: { own: ReportTexts }) {
  return (
    <div className="only-print signatures">
      <p>{own.place_and_date}</p>
      <p>
        {own.signature}, {own.chair.toLowerCase()}
      </p>
      <p>
        {own.signature}, {own.second.toLowerCase()}
      </p>
    </div>
  );
}
