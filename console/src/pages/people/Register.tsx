import { Button, type ErrorSummary, Textfield } from '@digdir/designsystemet-react';
import { type ComponentRef, type FormEvent, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { announce } from '../../parts/announce';
import { Choice } from '../../parts/Choice';
import { DateField, readDate, readPastDate, typedDate } from '../../parts/DateField';
import { Head } from '../../parts/Head';
import { Refusal, useKeep } from '../../parts/keep';
import { Problems } from '../../parts/Problems';
import { useToday } from '../../parts/time';
import { keeping } from '../../texts/keeping';
import { catalogues, type Language, useLanguage, useOwnTexts, useTexts } from '../../texts/language';
import { Back, kindOptions, usableEmail, usablePhone, useCoordinators, useOrganisation } from './shared';
import { texts } from './texts';

const roles = ['mentor', 'coordinator', 'administrator'] as const;

interface Answer {
  person: { id: string; display_name: string };
  code?: 'belongs_elsewhere';
}

/** Registers a person, with what is known of them today. */
export function Register() {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const language = useLanguage();
  const today = useToday();
  const [, navigate] = useLocation();
  const keeper = useKeep();
  const { chapters, kinds } = useOrganisation(today);
  const summary = useRef<ComponentRef<typeof ErrorSummary>>(null);
  const [typed, setTyped] = useState({
    name: '',
    email: '',
    phone: '',
    chapter: '',
    role: 'mentor' as (typeof roles)[number],
    locale: language as Language,
    firstDay: typedDate(today),
    coordinator: '',
    kind: '',
    issued: '',
  });
  const [shown, setShown] = useState<{ field: string; problem: string; repair: string }[]>([]);
  const change = (changes: Partial<typeof typed>) => {
    setTyped({ ...typed, ...changes });
    setShown(shown.filter(({ field }) => !(field in changes)));
  };
  const chapter = typed.chapter || (chapters.length === 1 ? chapters[0]?.id : undefined);
  const coordinators = useCoordinators(chapter, typed.role === 'mentor');
  const firstDay = readDate(typed.firstDay, today);
  const issued = readPastDate(typed.issued, today);

  function check() {
    const found: typeof shown = [];
    const add = (field: keyof typeof typed, [problem = '', repair = '']: string[]) =>
      found.push({ field, problem, repair });
    if (!typed.name.trim()) add('name', own.name_missing);
    if (!usableEmail(typed.email.trim())) add('email', own.email_wrong);
    if (!usablePhone(typed.phone.trim())) add('phone', own.phone_wrong);
    if (!chapter) add('chapter', own.chapter_missing);
    if (!firstDay) add('firstDay', typed.firstDay.trim() ? own.date_wrong : own.date_missing);
    if (typed.kind && !issued) add('issued', typed.issued.trim() ? own.date_wrong : own.date_missing);
    return found;
  }
  const problemOf = (field: keyof typeof typed) => shown.find((problem) => problem.field === field)?.problem;

  async function submit(event: FormEvent) {
    event.preventDefault();
    const problems = check();
    setShown(problems);
    if (problems.length > 0) {
      requestAnimationFrame(() => summary.current?.focus());
      return;
    }
    const name = typed.name.trim();
    const isMentor = typed.role === 'mentor';
    const answer = await keeper.keep<Answer>({
      fn: 'people',
      body: {
        command: 'register_person',
        display_name: name,
        chapter_id: chapter,
        role: typed.role,
        locale: typed.locale,
        email: typed.email.trim() || null,
        phone: typed.phone.trim() || null,
        started_on: firstDay,
        coordinator_id: (isMentor && typed.coordinator) || null,
        certifications: isMentor && typed.kind ? [{ kind: typed.kind, issued_on: issued }] : null,
      },
      said: own.said_register(name),
      done: own.registered(name),
    });
    if (answer === null) return;
    if (answer === 'waiting') return navigate('/personer');
    if (answer.code) announce(own.known_elsewhere(answer.person.display_name));
    navigate(`/personer/${answer.person.id}`);
  }

  return (
    <>
      <Back />
      <Head title={own.register} app={t.app} />
      <form className="form panel sheet narrow" noValidate onSubmit={(event) => void submit(event)}>
        <Textfield
          id="name"
          label={own.name}
          autoComplete="off"
          value={typed.name}
          error={problemOf('name')}
          onChange={(event) => change({ name: event.target.value })}
        />
        <Textfield
          id="email"
          type="email"
          inputMode="email"
          label={own.email}
          description={own.email_hint}
          autoComplete="off"
          value={typed.email}
          error={problemOf('email')}
          onChange={(event) => change({ email: event.target.value })}
        />
        <Textfield
          id="phone"
          type="tel"
          label={own.phone}
          description={own.phone_hint}
          autoComplete="off"
          value={typed.phone}
          error={problemOf('phone')}
          onChange={(event) => change({ phone: event.target.value })}
        />
        {chapters.length === 1 ? null : (
          <Choice
            id="chapter"
            label={own.chapter}
            value={typed.chapter}
            empty={k.choose}
            options={chapters.map(({ id, name }) => ({ value: id, label: name }))}
            error={problemOf('chapter')}
            onChange={(value) => change({ chapter: value, coordinator: '' })}
          />
        )}
        <Choice
          id="role"
          label={own.role}
          value={typed.role}
          options={roles.map((role) => ({ value: role, label: k.roles[role] }))}
          onChange={(role) => change({ role: role as typeof typed.role })}
        />
        <DateField
          t={t}
          id="firstDay"
          label={own.first_day}
          hint={own.first_day_hint}
          value={typed.firstDay}
          today={today}
          error={problemOf('firstDay')}
          onChange={(value) => change({ firstDay: value })}
        />
        <Choice
          id="locale"
          label={own.language}
          value={typed.locale}
          options={(Object.keys(catalogues) as Language[]).map((code) => ({
            value: code,
            label: catalogues[code].language,
          }))}
          onChange={(locale) => change({ locale: locale as Language })}
        />
        {typed.role === 'mentor' ? (
          <>
            <Choice
              id="coordinator"
              label={own.coordinator_optional}
              value={typed.coordinator}
              empty={t.nobody}
              options={coordinators}
              onChange={(coordinator) => change({ coordinator })}
            />
            <Choice
              id="kind"
              label={own.certification_optional}
              value={typed.kind}
              empty={own.no_certification}
              options={kindOptions(t, kinds)}
              onChange={(kind) => change({ kind })}
            />
            {typed.kind ? (
              <DateField
                t={t}
                id="issued"
                past
                label={own.issued_on}
                hint={own.issued_hint}
                value={typed.issued}
                today={today}
                error={problemOf('issued')}
                onChange={(value) => change({ issued: value })}
              />
            ) : null}
          </>
        ) : null}
        <Problems t={t} ref={summary} problems={shown} before={own.fix_register} />
        <Refusal keeper={keeper} texts={own.refused} />
        <div className="actions">
          <Button type="submit" aria-disabled={keeper.isBusy}>
            {keeper.isBusy ? t.sending : own.register}
          </Button>
          <Button type="button" variant="tertiary" onClick={() => navigate('/personer')}>
            {t.cancel}
          </Button>
        </div>
      </form>
    </>
  );
}
