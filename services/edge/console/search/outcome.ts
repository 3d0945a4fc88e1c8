// How a partner's part of a search ended, as a word, an icon and a tone.
import type { PartnerOutcome } from '../../../../libs/client/index.ts';
import { words } from '../ui/format.ts';
import type { IconName } from '../ui/icon.tsx';

/** How an ending looks. */
export interface OutcomeLook {
  /** "Failed". */
  readonly word: string;
  readonly icon: IconName;
  readonly tone: 'good' | 'warn' | 'bad' | 'plain';
}

const looks: Readonly<Record<string, Omit<OutcomeLook, 'word'>>> = {
  OK: { icon: 'check', tone: 'good' },
  PARTIAL: { icon: 'half', tone: 'warn' },
  EMPTY: { icon: 'half', tone: 'plain' },
  TIMED_OUT: { icon: 'clock', tone: 'bad' },
  NOT_AWAITED: { icon: 'clock', tone: 'warn' },
  RATE_LIMITED: { icon: 'block', tone: 'warn' },
  BUDGET_SPENT: { icon: 'block', tone: 'warn' },
  SUSPENDED: { icon: 'block', tone: 'warn' },
  UNSUPPORTED_CRITERIA: { icon: 'block', tone: 'plain' },
  NOT_PERMITTED: { icon: 'block', tone: 'plain' },
  CANCELLED: { icon: 'cross', tone: 'plain' },
  FAILED: { icon: 'cross', tone: 'bad' },
};

const waiting: OutcomeLook = { word: 'Waiting', icon: 'wait', tone: 'plain' };

/** How an outcome looks; "waiting" where there is none yet. */
export function lookOf(outcome: PartnerOutcome | undefined): OutcomeLook {
  if (outcome?.status === undefined) return waiting;
  const name = outcome.status.replace('OUTCOME_STATUS_', '');
  return { ...(looks[name] ?? { icon: 'info', tone: 'plain' }), word: name === 'OK' ? 'OK' : words(name) };
}
