import { Button } from '@digdir/designsystemet-react';
import { type ReactNode, useRef, useState } from 'react';

/** A button that opens a form in its place. Closed again, it has the focus back. */
export function Disclosed(props: {
  label: string;
  name?: string; // what it is called where the label alone doesn't say of what
  variant?: 'primary' | 'secondary' | 'tertiary';
  others?: ReactNode; // buttons beside it
  children: (close: () => void) => ReactNode;
}) {
  const [isOpen, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const close = () => {
    setOpen(false);
    requestAnimationFrame(() => place.current?.querySelector('button')?.focus());
  };
  const open = () => {
    setOpen(true);
    requestAnimationFrame(() => place.current?.querySelector<HTMLElement>('input, select, textarea, button')?.focus());
  };
  return (
    <div ref={place} className={isOpen ? 'disclosed' : 'actions'}>
      {isOpen ? (
        props.children(close)
      ) : (
        <>
          <Button variant={props.variant ?? 'secondary'} className="row-button" aria-label={props.name} onClick={open}>
            {props.label}
          </Button>
          {props.others}
        </>
      )}
    </div>
  );
}
