import { Button } from '@digdir/designsystemet-react';
import { EyeIcon, EyeSlashIcon } from '@navikt/aksel-icons';
import { useId, useState } from 'react';
import { readWhole, Unreachable } from '../../api/client';
import type { MentorPage } from '../../api/types';
import { Icon } from '../../parts/Icon';
import type { Texts } from '../../texts/nb';

/**
 * What may be about somebody's health, only when it is asked for: closed again whenever one
 * comes back. It isn't kept on the device, so it may have to be read first.
 */
export function Secret(props: {
  t: Texts;
  id: string; // of the mentor
  cursor?: string | undefined; // of the page of history on which it stands
  isWhole: boolean;
  text: string | null;
  what?: 'reason' | 'message';
}) {
  const { t, id, cursor, isWhole, what = 'reason' } = props;
  const [isShown, setShown] = useState(false);
  const [isLost, setLost] = useState(false);
  const place = useId();
  const [show, hide, none] =
    what === 'reason' ? [t.show_reason, t.hide_reason, t.no_reason] : [t.show_message, t.hide_message, t.no_message];
  async function toggle() {
    setShown(!isShown);
    setLost(false);
    if (isShown || isWhole) return;
    try {
      await readWhole<MentorPage>('mentor', { mentor_id: id, cursor });
    } catch (error) {
      setLost(error instanceof Unreachable);
    }
  }
  return (
    <div className="reason">
      <Button
        variant="tertiary"
        className="row-button"
        aria-expanded={isShown}
        aria-controls={place}
        onClick={() => void toggle()}
      >
        <Icon of={isShown ? EyeSlashIcon : EyeIcon} small />
        {isShown ? hide : show}
      </Button>
      <div id={place} aria-live="polite">
        {isShown ? (
          <p className="reveal">{isLost ? t.reason_offline : isWhole ? props.text || none : t.reason_getting}</p>
        ) : null}
      </div>
    </div>
  );
}
