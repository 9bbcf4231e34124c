import { Button, type ErrorSummary, Heading, Textfield } from '@digdir/designsystemet-react';
import { type ComponentRef, type FormEvent, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { call, Unreachable } from '../../api/client';
import { send } from '../../api/outbox';
import type { ListedPerson, PeoplePage } from '../../api/types';
import { announce } from '../../parts/announce';
import { Choice } from '../../parts/Choice';
import { DateField, readPastDate } from '../../parts/DateField';
import { Head } from '../../parts/Head';
import { nameOf } from '../../parts/people';
import { Problems } from '../../parts/Problems';
import { useToday, zone } from '../../parts/time';
import { dateIn, full } from '../../texts/dates';
import { keeping } from '../../texts/keeping';
import { useOwnTexts, useTexts } from '../../texts/language';
import { Back, kindOptions, useOrganisation } from './shared';
import { texts } from './texts';

const most = 200; // names at a time

/** A name from the list, with whoever may be meant. */
interface Match {
  name: string;
  people: { id: string; label: string }[];
}

// Member systems write "Lillevold, Anders".
const turned = (name: string) => name.replace(/^([^,]+), ?([^,]+)$/, '$2 $1');

const folded = (name: string) => name.normalize('NFC').trim().replace(/\s+/g, ' ').toLocaleLowerCase();

/** Registers one certification for everybody on a list of names. */
export function Renew() {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const today = useToday();
  const { kinds, all } = useOrganisation(today);
  const heading = useRef<HTMLHeadingElement>(null);
  const summary = useRef<ComponentRef<typeof ErrorSummary>>(null);
  const [code, setCode] = useState('');
  const [typed, setTyped] = useState('');
  const [list, setList] = useState('');
  const [shown, setShown] = useState<{ field: string; problem: string; repair: string }[]>([]);
  const [matches, setMatches] = useState<Match[]>();
  const [choices, setChoices] = useState<Record<string, string>>({}); // of those that are unclear
  const [progress, setProgress] = useState<string>();
  const [failure, setFailure] = useState<string>();
  const [result, setResult] = useState<{ done: number; failed: string[] }>();
  const step = result ? 'done' : matches ? 'matches' : 'form';
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current) heading.current?.focus();
    isFirst.current = false;
  }, [step]);

  const kind = kinds.find((known) => known.code === code);
  const issued = readPastDate(typed, today);
  const names = [
    ...new Map(
      list
        .split(/\r?\n/)
        .map((line) => turned(line.trim().replace(/\s+/g, ' ')))
        .filter(Boolean)
        .map((name) => [folded(name), name] as const),
    ).values(),
  ];
  const problemOf = (field: string) => shown.find((problem) => problem.field === field)?.problem;
  const clear = (field: string) => setShown(shown.filter((problem) => problem.field !== field));

  function label(person: ListedPerson): string {
    const chapters = new Map(all?.chapters.map(({ id, name }) => [id, name]));
    const since = person.memberships.map(
      ({ chapter_id, started_at }) =>
        `${chapters.get(chapter_id) ?? ''} ${own.since(full(t, dateIn(zone(), Date.parse(started_at))))}`,
    );
    return [person.display_name, ...new Set(since)].join(', ');
  }

  async function find(event: FormEvent) {
    event.preventDefault();
    if (progress) return;
    const problems: typeof shown = [];
    const add = (field: string, [problem = '', repair = '']: string[]) => problems.push({ field, problem, repair });
    if (!kind) add('kind', own.kind_missing);
    if (!issued) add('issued', typed.trim() ? own.date_wrong : own.issued_missing);
    if (names.length === 0) add('names', own.names_missing);
    if (names.length > most) add('names', own.names_many);
    setShown(problems);
    setFailure(undefined);
    if (problems.length > 0) {
      requestAnimationFrame(() => summary.current?.focus());
      return;
    }
    const found: Match[] = [];
    try {
      for (const [n, name] of names.entries()) {
        setProgress(own.finding(String(n + 1), String(names.length)));
        const query = new URLSearchParams({ role: 'mentor', search: name.slice(0, 200), limit: '20' });
        const answer = await call('people', { method: 'GET', query: query.toString() });
        const { people } = (await answer.json()) as PeoplePage;
        // The very name, if somebody has it; else whoever has more names than these.
        const exact = people.filter((person) => folded(person.display_name) === folded(name));
        found.push({
          name,
          people: (exact.length > 0 ? exact : people).map((person) => ({ id: person.id, label: label(person) })),
        });
      }
      setMatches(found);
      setChoices({});
    } catch (error) {
      setFailure(error instanceof Unreachable ? (k.refused.unreachable ?? '') : t.refused_other);
    } finally {
      setProgress(undefined);
    }
  }

  const sure = (matches ?? []).filter(({ name, people }) => people.length === 1 && isExact(name, people[0]?.label));
  const unclear = (matches ?? []).filter((match) => match.people.length > 0 && !sure.includes(match));
  const missing = (matches ?? []).filter(({ people }) => people.length === 0);
  const chosen = [
    ...new Map(
      [
        ...sure.map(({ name, people }) => ({ id: people[0]?.id ?? '', name })),
        ...unclear.map(({ name }) => ({ id: choices[name] ?? '', name })),
      ]
        .filter(({ id }) => id !== '')
        .map((one) => [one.id, one]),
    ).values(),
  ];

  async function register() {
    if (progress || !kind || !issued) return;
    const failed: string[] = [];
    let done = 0;
    for (const [n, { id, name }] of chosen.entries()) {
      setProgress(own.renewing(String(n + 1), String(chosen.length)));
      const outcome = await send({
        fn: 'people',
        method: 'POST',
        body: { command: 'register_certification', mentor_id: id, kind: kind.code, issued_on: issued },
        does: 'keep',
        mentor: null,
        said: own.said_certify(nameOf(kind, t), name),
      });
      // Whoever waits is sent later, and shown under what is not sent yet.
      if (outcome.outcome === 'refused') failed.push(name);
      else done++;
    }
    setProgress(undefined);
    setResult({ done, failed });
    announce(own.renewed_n(done));
  }

  return (
    <>
      <Back />
      <Head title={own.renew} app={t.app}>
        <p>{own.renew_say}</p>
      </Head>
      {result ? (
        <div className="panel sheet narrow">
          <Heading level={2} ref={heading} tabIndex={-1}>
            {own.renewed_n(result.done)}
          </Heading>
          {result.failed.length > 0 ? <p>{own.renew_failed(t.list(result.failed))}</p> : null}
          <div className="actions">
            <Button
              variant="secondary"
              className="row-button"
              onClick={() => {
                setResult(undefined);
                setMatches(undefined);
                setList('');
              }}
            >
              {own.renew_again}
            </Button>
            <Link href="/personer">{own.back}</Link>
          </div>
        </div>
      ) : matches && kind && issued ? (
        <div className="form panel sheet narrow">
          <Heading level={2} ref={heading} tabIndex={-1}>
            {own.found_n(sure.length)}
          </Heading>
          {sure.length > 0 ? (
            <ul className="names">
              {sure.map(({ name, people }) => (
                <li key={name}>{people[0]?.label}</li>
              ))}
            </ul>
          ) : null}
          {unclear.length > 0 ? (
            <>
              <Heading level={2}>{own.unclear_n(unclear.length)}</Heading>
              {unclear.map(({ name, people }, n) => (
                <Choice
                  key={name}
                  id={`unclear-${n}`}
                  label={own.choose_for(name)}
                  value={choices[name] ?? ''}
                  empty={own.skip}
                  options={people.map((person) => ({ value: person.id, label: person.label }))}
                  onChange={(id) => setChoices({ ...choices, [name]: id })}
                />
              ))}
            </>
          ) : null}
          {missing.length > 0 ? (
            <>
              <Heading level={2}>{own.missing_n(missing.length)}</Heading>
              <p>{own.missing_say}</p>
              <ul className="names">
                {missing.map(({ name }) => (
                  <li key={name}>{name}</li>
                ))}
              </ul>
            </>
          ) : null}
          <p className="banner" data-color="info">
            {chosen.length > 0 ? own.renew_effect_n(chosen.length, nameOf(kind, t), full(t, issued)) : own.renew_nobody}
          </p>
          <p role="status" className="muted">
            {progress}
          </p>
          <div className="actions">
            {chosen.length > 0 ? (
              <Button aria-disabled={progress !== undefined} onClick={() => void register()}>
                {own.renew_do_n(chosen.length)}
              </Button>
            ) : null}
            <Button variant="tertiary" onClick={() => setMatches(undefined)}>
              {own.renew_back}
            </Button>
          </div>
        </div>
      ) : (
        <form className="form panel sheet narrow" noValidate onSubmit={(event) => void find(event)}>
          <Choice
            id="kind"
            label={own.kind}
            value={code}
            empty={k.choose}
            options={kindOptions(t, kinds)}
            error={problemOf('kind')}
            onChange={(value) => {
              setCode(value);
              clear('kind');
            }}
          />
          <DateField
            t={t}
            id="issued"
            past
            label={own.course_day}
            hint={t.date_hint}
            value={typed}
            today={today}
            error={problemOf('issued')}
            onChange={(value) => {
              setTyped(value);
              clear('issued');
            }}
          />
          <Textfield
            multiline
            id="names"
            rows={8}
            label={own.names}
            description={own.names_hint}
            spellCheck={false}
            value={list}
            error={problemOf('names')}
            onChange={(event) => {
              setList(event.target.value);
              clear('names');
            }}
          />
          <Problems t={t} ref={summary} problems={shown} before={own.fix_renew} />
          {failure ? (
            <p className="banner" data-color="danger" role="alert">
              {failure}
            </p>
          ) : null}
          <p role="status" className="muted">
            {progress}
          </p>
          <div className="actions">
            <Button type="submit" aria-disabled={progress !== undefined}>
              {own.find}
            </Button>
          </div>
        </form>
      )}
    </>
  );
}

/** Whether somebody is called just as the list says: a label begins with the name. */
function isExact(name: string, label: string | undefined): boolean {
  return label !== undefined && folded(label.split(', ')[0] ?? '') === folded(name);
}
