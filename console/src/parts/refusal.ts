import type { Waiting } from '../api/outbox';
import type { Texts } from '../texts/nb';

const own: Waiting['does'][] = ['ask_pause', 'ask_date', 'ask_return', 'withdraw'];

/** Why something was refused, said to whoever it is about. */
export function refusalOf(t: Texts, does: Waiting['does'], code: string): string {
  return (own.includes(does) ? t.refused_own[code] : undefined) ?? t.refused[code] ?? t.refused_other;
}
