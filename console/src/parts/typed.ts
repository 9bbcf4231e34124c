import { useEffect, useRef, useState } from 'react';
import { draft, keepDraft } from '../api/store';
import type { Typed } from './rules';

const all = (typed: Typed) => typed;

/**
 * What is typed into a form about a pause. It outlives a reload and a closed tab, until it is
 * sent or given up: what was kept of it fills the form, but for what was chosen meanwhile.
 */
export function useTyped(me: string, form: string, first: () => Typed, kept: (typed: Typed) => Partial<Typed> = all) {
  const [typed, setTyped] = useState(first);
  const chosen = useRef<Partial<Typed>>({});
  const isChanged = useRef(false);
  useEffect(() => {
    void draft(me, form).then((values) => {
      if (!values) return;
      isChanged.current = Object.keys(chosen.current).length > 0; // so what is kept is not all of it
      setTyped((now) => ({ ...now, ...(values as Partial<Typed>), ...chosen.current }));
    });
  }, [me, form]);
  const latest = useRef(kept);
  latest.current = kept;
  useEffect(() => {
    if (isChanged.current) void keepDraft(me, form, latest.current(typed));
    isChanged.current = false;
  }, [me, form, typed]);
  const change = (changes: Partial<Typed>) => {
    isChanged.current = true;
    Object.assign(chosen.current, changes);
    // Two changes may come before the form is drawn again: the second one keeps the first.
    setTyped((now) => ({ ...now, ...changes }));
  };
  const forget = () => {
    isChanged.current = false;
    void keepDraft(me, form, null);
  };
  return { typed, change, forget };
}
