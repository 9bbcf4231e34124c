import { Textfield } from '@digdir/designsystemet-react';
import { useEffect, useRef, useState } from 'react';

const pause = 250; // ms after the last letter

/** A search as one types, which the address may change too. */
export function Search(props: { label: string; value: string; onSearch: (search: string) => void }) {
  const { value, onSearch } = props;
  const [typed, setTyped] = useState(value);
  const sent = useRef(value);
  useEffect(() => {
    // Another address, by the browser's buttons.
    if (value !== sent.current) {
      sent.current = value;
      setTyped(value);
    }
  }, [value]);
  useEffect(() => {
    const search = typed.trim();
    if (search === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = search;
      onSearch(search);
    }, pause);
    return () => clearTimeout(timer);
  });
  return (
    <Textfield
      className="search"
      type="search"
      label={props.label}
      value={typed}
      autoComplete="off"
      spellCheck={false}
      enterKeyHint="search"
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}
