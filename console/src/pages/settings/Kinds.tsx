import { Button, Switch, Tag, Textfield } from '@digdir/designsystemet-react';
import { type FormEvent, useId, useState } from 'react';
import { useRead } from '../../api/client';
import type { CertificationKind, Roster } from '../../api/types';
import { Choice } from '../../parts/Choice';
import { Disclosed } from '../../parts/Disclosed';
import { Refusal, useKeep } from '../../parts/keep';
import { nameOf } from '../../parts/people';
import { keeping } from '../../texts/keeping';
import { useOwnTexts, useTexts } from '../../texts/language';
import { Part } from './Settings';
import { texts } from './texts';

export function Kinds({ kinds }: { kinds: CertificationKind[] }) {
  const t = useTexts();
  const own = useOwnTexts(texts);
  const names = new Map(kinds.map((kind) => [kind.code, nameOf(kind, t)]));
  return (
    <Part title={own.kinds} say={own.kinds_say}>
      <ul className="plain lines">
        {kinds.map((kind) => (
          <li key={kind.code}>
            <h3>
              {nameOf(kind, t)} {kind.is_required ? <Tag data-color="info">{own.required}</Tag> : null}
            </h3>
            <p className="muted">
              {[
                kind.months_valid === null ? own.valid_ever : own.valid_n(kind.months_valid),
                kind.replaced_by ? own.replaced_by(names.get(kind.replaced_by) ?? kind.replaced_by) : '',
                kind.due_after_months_away === null ? '' : own.due_n(kind.due_after_months_away),
                // A kind that another system made is called by its code in each language.
                [kind.name_nb, kind.name_nn, kind.name_en].every((name) => name === kind.code) ? own.same_names : '',
              ]
                .filter(Boolean)
                .join(' ')}
            </p>
            <Disclosed variant="tertiary" label={own.change} name={own.change_of(nameOf(kind, t))}>
              {(close) => <Save kinds={kinds} kind={kind} onClose={close} />}
            </Disclosed>
          </li>
        ))}
      </ul>
      <Disclosed label={own.new_kind}>{(close) => <Save kinds={kinds} onClose={close} />}</Disclosed>
    </Part>
  );
}

const numberOf = (months: number | null | undefined) => (months == null ? '' : String(months));

/** Changes a kind, or makes one. An emptied field is taken away: 0 for months, '' for text. */
function Save(props: { kinds: CertificationKind[]; kind?: CertificationKind; onClose: () => void }) {
  const { kinds, kind, onClose } = props;
  const t = useTexts();
  const own = useOwnTexts(texts);
  const k = useOwnTexts(keeping);
  const keeper = useKeep();
  const id = useId();
  const was = {
    code: kind?.code ?? '',
    name_nb: kind?.name_nb ?? '',
    name_nn: kind?.name_nn ?? '',
    name_en: kind?.name_en ?? '',
    months: numberOf(kind?.months_valid),
    due: numberOf(kind?.due_after_months_away),
    replaced: kind?.replaced_by ?? '',
    required: kind?.is_required ?? false,
  };
  const [typed, setTyped] = useState(was);
  const [wrong, setWrong] = useState<keyof typeof was>();
  // That everybody needs it is done in two steps, for it changes the status of many at once.
  const asks = typed.required && !was.required;
  const [isAsked, setAsked] = useState(false);
  const mentors = useRead<Roster>('roster', { limit: 1 }, asks).data?.body.summary.total;
  const change = (changes: Partial<typeof was>) => {
    setTyped({ ...typed, ...changes });
    setWrong(undefined);
    setAsked(false);
  };

  async function submit(event: FormEvent) {
    event.preventDefault();
    const isNumber = (text: string) => /^\d{0,4}$/.test(text.trim());
    const problem =
      (['code', 'name_nb', 'name_nn', 'name_en'] as const).find((field) => !typed[field].trim()) ??
      (!isNumber(typed.months) ? 'months' : !isNumber(typed.due) ? 'due' : undefined);
    setWrong(problem);
    if (problem) {
      document.getElementById(`${id}${problem}`)?.focus();
      return;
    }
    if (asks && !isAsked) {
      setAsked(true);
      return;
    }
    const name = typed.name_nb.trim();
    const changed = <T,>(field: keyof typeof was, value: T) => (typed[field] === was[field] && kind ? null : value);
    const command = { command: 'save_certification_kind', code: typed.code.trim() };
    const words = { said: own.said_kind(name), done: own.kind_saved(name) };
    let done = await keeper.keep({
      fn: 'people',
      body: {
        ...command,
        name_nb: changed('name_nb', name),
        name_nn: changed('name_nn', typed.name_nn.trim()),
        name_en: changed('name_en', typed.name_en.trim()),
        months_valid: changed('months', Number(typed.months)),
        due_after_months_away: changed('due', Number(typed.due)),
        replaced_by: changed('replaced', typed.replaced),
        // What a kind begins with counts for all days, also those of years that were reported.
        is_required: kind ? changed('required', typed.required) : false,
      },
      ...words,
    });
    if (done !== null && !kind && typed.required) {
      done = await keeper.keep({ fn: 'people', body: { ...command, is_required: true }, ...words });
    }
    if (done !== null) onClose();
  }

  const text = (field: 'code' | 'name_nb' | 'name_nn' | 'name_en', label: string, lang?: string, hint?: string) => (
    <Textfield
      id={id + field}
      label={label}
      description={hint}
      lang={lang}
      autoComplete="off"
      value={typed[field]}
      error={wrong === field ? (field === 'code' ? own.code_missing : own.name_missing) : undefined}
      onChange={(event) => change({ [field]: event.target.value })}
    />
  );
  const months = (field: 'months' | 'due', label: string, hint: string) => (
    <Textfield
      id={id + field}
      label={label}
      description={hint}
      inputMode="numeric"
      autoComplete="off"
      value={typed[field]}
      error={wrong === field ? own.months_wrong : undefined}
      onChange={(event) => change({ [field]: event.target.value })}
    />
  );
  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      {kind ? null : text('code', own.code, undefined, own.code_hint)}
      {text('name_nb', own.name_nb)}
      {text('name_nn', own.name_nn)}
      {text('name_en', own.name_en)}
      {months('months', own.months, own.months_hint)}
      {months('due', own.due, own.due_hint)}
      <Choice
        id={`${id}replaced`}
        label={own.replaced_label}
        value={typed.replaced}
        empty={own.nothing}
        options={kinds
          .filter(({ code }) => code !== kind?.code)
          .map((other) => ({ value: other.code, label: nameOf(other, t) }))}
        onChange={(replaced) => change({ replaced })}
      />
      <Switch
        label={own.required_label}
        description={own.required_hint}
        checked={typed.required}
        onChange={(event) => change({ required: event.target.checked })}
      />
      {asks && isAsked ? (
        <p className="banner" data-color="warning" role="alert">
          {kind ? own.required_ask(typed.name_nb.trim(), mentors) : own.required_ask_new(mentors)}
        </p>
      ) : null}
      <Refusal keeper={keeper} texts={own.refused} />
      <div className="actions">
        <Button type="submit" className="row-button" aria-disabled={keeper.isBusy}>
          {keeper.isBusy ? t.sending : asks && isAsked ? own.required_do : k.save}
        </Button>
        <Button type="button" variant="tertiary" className="row-button" onClick={onClose}>
          {t.cancel}
        </Button>
      </div>
    </form>
  );
}
