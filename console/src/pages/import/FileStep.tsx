import { Button, Field, Label, Select, Textfield } from '@digdir/designsystemet-react';
import { CheckmarkIcon, DownloadIcon, ShieldLockIcon, UploadIcon } from '@navikt/aksel-icons';
import { type DragEvent, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { Refused } from '../../api/client';
import { announce } from '../../parts/announce';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { useLanguage } from '../../texts/language';
import type { Texts } from '../../texts/nb';
import { save } from '../../parts/save';
import { Part, root, Steps } from './Import';
import type { ImportTexts } from './texts';
import { choose, read, startOver, template, useWork } from './work';

const mostBytes = 4 * 1024 * 1024;

/** Which file, and what will be read of it. */
export function FileStep(props: { t: Texts; own: ImportTexts; chapters: { chapter_id: string; name: string }[] }) {
  const { t, own, chapters } = props;
  const [, navigate] = useLocation();
  const language = useLanguage();
  const work = useWork();
  const input = useRef<HTMLInputElement>(null);
  const [state, setState] = useState<'ready' | 'reading' | 'over'>('ready');
  const [problem, setProblem] = useState('');

  const fail = (sentence: string) => {
    setProblem(sentence);
    setState('ready');
  };
  const take = async (file: File | undefined) => {
    if (!file || state === 'reading') return;
    if (file.size > mostBytes) return fail(own.too_big);
    if (!/\.(xlsx|csv|txt|tsv)$/i.test(file.name)) return fail(own.wrong_kind);
    setProblem('');
    setState('reading');
    announce(own.reading);
    try {
      await read(file);
      navigate(`${root}/kolonner`);
    } catch (error) {
      fail(error instanceof Refused ? sentenceOf(own, error) : own.unreachable);
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    void take(event.dataTransfer.files[0]);
  };
  const fetchTemplate = (format: string) => {
    setProblem('');
    template(format, language).then(
      (content) => save(content, `import.${format}`),
      () => setProblem(own.download_failed),
    );
  };

  return (
    <>
      <Head title={own.file_title} app={t.app}>
        <p>{own.file_lead}</p>
      </Head>
      <Steps own={own} at="file" />
      <div className="stack import">
        {work.name ? (
          <div className="banner" data-color="info">
            <p>
              <strong>{work.file ? own.in_hand(work.name) : own.again(work.name)}</strong>{' '}
              {work.file ? null : own.again_say}
            </p>
            <div className="actions">
              {work.file && work.answer ? (
                <Button className="row-button" onClick={() => navigate(`${root}/${work.at}`)}>
                  {own.go_on}
                </Button>
              ) : null}
              <Button variant="tertiary" className="row-button" onClick={startOver}>
                {own.start_over}
              </Button>
            </div>
          </div>
        ) : null}
        {chapters.length > 1 ? (
          <Field className="import-field">
            <Label>{own.chapter}</Label>
            <Select value={work.chapter ?? ''} onChange={(event) => choose({ chapter: event.target.value || null })}>
              <Select.Option value="">{own.chapter_none}</Select.Option>
              {chapters.map(({ chapter_id, name }) => (
                <Select.Option key={chapter_id} value={chapter_id}>
                  {name}
                </Select.Option>
              ))}
            </Select>
          </Field>
        ) : null}
        <Textfield
          className="import-field"
          label={own.source}
          description={own.source_hint}
          autoComplete="off"
          maxLength={100}
          value={work.source}
          onChange={(event) => choose({ source: event.target.value })}
        />
        <div
          className="drop"
          data-over={state === 'over' || undefined}
          onDragOver={(event) => {
            event.preventDefault();
            if (state === 'ready') setState('over');
          }}
          onDragLeave={() => setState(state === 'over' ? 'ready' : state)}
          onDrop={drop}
        >
          <Icon of={UploadIcon} />
          <p className="drop-say">
            {own.drop} <span className="muted">{own.or}</span>
          </p>
          <Button
            aria-disabled={state === 'reading'}
            aria-describedby="drop-hint"
            onClick={() => state !== 'reading' && input.current?.click()}
          >
            {state === 'reading' ? own.reading : own.choose}
          </Button>
          <p className="muted" id="drop-hint">
            {own.drop_hint}
          </p>
          <input
            ref={input}
            type="file"
            hidden
            aria-hidden
            data-testid="file"
            accept=".xlsx,.csv,.txt,.tsv,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            onChange={(event) => {
              void take(event.target.files?.[0]);
              event.target.value = ''; // the same file again is a change too
            }}
          />
        </div>
        {problem ? (
          <p className="banner" data-color="danger" role="alert">
            {problem}
          </p>
        ) : null}
        <div className="two">
          <Part title={own.is_read}>
            <ul className="plain ticks">
              {own.is_read_list.map((line) => (
                <li key={line}>
                  <Icon of={CheckmarkIcon} small />
                  {line}
                </li>
              ))}
            </ul>
          </Part>
          <Part title={own.never_read}>
            <ul className="plain ticks">
              {own.never_read_list.map((line) => (
                <li key={line}>
                  <Icon of={ShieldLockIcon} small />
                  {line}
                </li>
              ))}
            </ul>
          </Part>
        </div>
        <Part title={own.template}>
          <p>{own.template_say}</p>
          <div className="actions">
            <Button variant="secondary" className="row-button" onClick={() => fetchTemplate('xlsx')}>
              <Icon of={DownloadIcon} small />
              {own.template_excel}
            </Button>
            <Button variant="secondary" className="row-button" onClick={() => fetchTemplate('csv')}>
              <Icon of={DownloadIcon} small />
              {own.template_csv}
            </Button>
          </div>
        </Part>
      </div>
    </>
  );
}

/** Of a file as a whole the server says what to do, in the person's language. */
export function sentenceOf(own: ImportTexts, error: Refused): string {
  const { code, message, details } = error.refusal;
  if (code === 'payload_too_large') return own.too_big;
  if (code === 'chapter_not_found') return `${own.chapter_gone} ${own.choose_chapter}`;
  if (code === 'not_an_administrator') return own.not_yours;
  return code === 'invalid_request' && details ? message : own.refused;
}
