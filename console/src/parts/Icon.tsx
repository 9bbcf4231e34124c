import type { ComponentType, SVGProps } from 'react';

/** An icon beside the word that says the same. */
export function Icon({ of: Picture, small = false }: { of: ComponentType<SVGProps<SVGSVGElement>>; small?: boolean }) {
  return <Picture aria-hidden className={small ? 'icon icon-small' : 'icon'} focusable={false} />;
}
