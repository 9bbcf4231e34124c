import { CheckmarkCircleIcon, ExclamationmarkTriangleIcon, HourglassIcon } from '@navikt/aksel-icons';
import { Tag } from '@digdir/designsystemet-react';
import type { FollowUp } from '../../api/types';
import { Icon } from '../../parts/Icon';
import { useToday } from '../../parts/time';
import { short, withWeekday } from '../../texts/dates';
import { useOwnTexts, useTexts } from '../../texts/language';
import { texts } from './texts';

type Answer = FollowUp['nights'];
type Night = Answer['runs'][number];

const parts = ['expired', 'restored', 'begun', 'ended', 'reminders', 'discrepancies', 'requeued'] as const;

/** Whether the nightly run keeps up, and what each of the last ones did. */
export function Nights({ nights }: { nights: Answer }) {
  const t = useTexts();
  const today = useToday();
  const own = useOwnTexts(texts);
  const { last_completed: last, is_behind: isBehind, missed, runs } = nights;
  const say =
    last === null
      ? own.nights_never
      : isBehind
        ? own.nights_behind(withWeekday(t, last, today))
        : missed.length > 0
          ? own.nights_made_up(t.list(missed.map((date) => short(t, date, today)).reverse()))
          : own.nights_fine(withWeekday(t, last, today));
  return (
    <div className="stack">
      <p
        className="banner"
        data-color={isBehind || last === null ? 'danger' : missed.length > 0 ? 'warning' : 'success'}
      >
        {say}
      </p>
      {runs.length > 0 ? (
        <div className="panel">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{own.night}</th>
                <th scope="col">{own.outcome}</th>
                <th scope="col">{own.happened}</th>
              </tr>
            </thead>
            <tbody>
              {runs.map((night) => (
                <tr key={night.id}>
                  <th scope="row">{withWeekday(t, night.as_of, today)}</th>
                  <td>
                    <Outcome night={night} />
                  </td>
                  <td>{happened(own, night)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </div>
  );
}

function Outcome({ night }: { night: Night }) {
  const own = useOwnTexts(texts);
  const outcome = night.outcome ?? 'running';
  const [icon, colour] =
    outcome === 'completed'
      ? ([CheckmarkCircleIcon, 'success'] as const)
      : outcome === 'partial'
        ? ([ExclamationmarkTriangleIcon, 'warning'] as const)
        : ([HourglassIcon, 'info'] as const);
  return (
    <Tag data-color={colour}>
      <Icon of={icon} small />
      {own.outcomes[outcome]}
    </Tag>
  );
}

function happened(own: (typeof texts)['nb'], night: Night): string {
  const said = parts.filter((part) => night[part] > 0).map((part) => own[`night_${part}_n`](night[part]));
  return said.length > 0 ? said.join(', ') : own.night_nothing;
}
