import { Button, Field, Label, Select, Tag } from '@digdir/designsystemet-react';
import { CheckmarkCircleIcon, CircleSlashIcon, PencilIcon, ShieldLockIcon } from '@navikt/aksel-icons';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { Refused } from '../../api/client';
import { announce } from '../../parts/announce';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import type { Texts } from '../../texts/nb';
import { sentenceOf } from './FileStep';
import { root, Steps } from './Import';
import type { ImportTexts } from './texts';
import type { Answer, Column } from './types';
import { map, pick, settle, useWork } from './work';

const whoever = ['display_name', 'first_name', 'last_name', 'email', 'external_id'];

/** A sample. Dates come as 2026-11-24 once they are read; those that can't be stand as typed. */
const sampleOf = (text: string) => text.replace(/^(\d{4})-(\d{2})-(\d{2})$/, '$3.$2.$1');

/** What each column means: recognised, chosen, left out, or crossed out. */
export function ColumnsStep({ t, own, answer }: { t: Texts; own: ImportTexts; answer: Answer }) {
  const [, navigate] = useLocation();
  const work = useWork();
  const chosen = new Map(Object.entries(work.chosen));
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const meaning = (column: Column) => chosen.get(column.header) ?? column.field ?? '';
  const goOn = async () => {
    if (isBusy) return;
    if (!answer.columns.some((column) => !column.problem && whoever.includes(meaning(column)))) {
      setProblem(own.columns_none);
      return;
    }
    const changed = answer.columns.some((column) => meaning(column) !== (column.field ?? ''));
    setProblem('');
    try {
      if (changed) {
        setBusy(true);
        announce(own.reading);
        await map(answer.columns);
      }
      // A task of its own for the next page, so that a slow device never stops for long.
      await new Promise((resolve) => setTimeout(resolve));
      settle();
      navigate(`${root}/forhandsvisning`);
    } catch (error) {
      setProblem(error instanceof Refused ? sentenceOf(own, error) : own.unreachable);
      setBusy(false);
    }
  };
  return (
    <>
      <Head title={own.columns_title} app={t.app}>
        <p>{own.columns_lead_n(answer.columns.length, work.name)}</p>
      </Head>
      <Steps own={own} at="columns" />
      <ul className="plain panel columns-list">
        {answer.columns.map((column, n) => (
          <li key={`${n}${column.header}`} className="column">
            <div>
              <p className="column-header">
                {column.problem ? <del>{column.header || own.no_header}</del> : column.header || own.no_header}
              </p>
              <State own={own} column={column} isChosen={chosen.has(column.header)} meaning={meaning(column)} />
            </div>
            <div className="muted">
              <p>{own.filled_n(column.filled)}</p>
              {column.problem ? (
                <p>{column.problem.message}</p>
              ) : column.samples.length > 0 ? (
                <p className="samples">
                  <span className="unseen">{own.samples}: </span>
                  {column.samples.map(sampleOf).join(' · ')}
                </p>
              ) : null}
            </div>
            {column.problem ? (
              <p className="muted">{own.struck_say}</p>
            ) : column.header ? (
              <Field>
                <Label className="unseen">{own.field_of(column.header)}</Label>
                <Select value={meaning(column)} onChange={(event) => pick(column.header, event.target.value)}>
                  <Select.Option value="">{own.ignore}</Select.Option>
                  {Object.entries(own.fields).map(([field, name]) => (
                    <Select.Option key={field} value={field}>
                      {name}
                    </Select.Option>
                  ))}
                </Select>
              </Field>
            ) : null}
          </li>
        ))}
      </ul>
      {problem ? (
        <p className="banner" data-color="danger" role="alert">
          {problem}
        </p>
      ) : null}
      <div className="actions">
        <Button aria-disabled={isBusy} onClick={() => void goOn()}>
          {isBusy ? own.reading : own.to_preview}
        </Button>
      </div>
    </>
  );
}

function State(props: { own: ImportTexts; column: Column; isChosen: boolean; meaning: string }) {
  const { own, column } = props;
  const [colour, icon, text] = column.problem
    ? (['danger', ShieldLockIcon, own.struck] as const)
    : props.meaning === ''
      ? (['neutral', CircleSlashIcon, own.ignored] as const)
      : props.isChosen
        ? (['info', PencilIcon, own.chosen] as const)
        : (['success', CheckmarkCircleIcon, own.recognised] as const);
  return (
    <Tag data-color={colour}>
      <Icon of={icon} small />
      {text}
    </Tag>
  );
}
