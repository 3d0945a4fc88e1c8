// How a partner stands in one word, and why: what is worst about it.
import type { AccuracyStanding, Partner, PartnerActivity } from '../../../../libs/client/index.ts';
import { words } from '../ui/format.ts';
import type { IconName } from '../ui/icon.tsx';
import { answeredOf, counted, mixOf, shareOf } from './mix.ts';

/** How it stands. The first needs somebody now, the second somebody soon. */
export type Rank = 'bad' | 'warn' | 'good' | 'plain';

/** How a partner stands. */
export interface Standing {
  readonly rank: Rank;
  /** "Failing". */
  readonly word: string;
  readonly icon: IconName;
  /** For a person: why. */
  readonly because: string;
}

/** Of the searches that asked it so many have to be answered: below the first it is failing, below the second degraded. */
const failingBelow = 0.5;
const degradedBelow = 0.95;

const ranks: readonly Rank[] = ['bad', 'warn', 'good', 'plain'];

/** The place of a rank: 0 for the worst. */
export const rankPlace = (rank: Rank): number => ranks.indexOf(rank);

/**
 * Everything that is to be said of how a partner stands, by its state, what it did of late, and what is done about its prices: what
 * is worst first. There is always something.
 */
export function standingsOf(
  partner: Partner,
  activity: PartnerActivity | undefined,
  accuracy: readonly AccuracyStanding[],
): readonly [Standing, ...Standing[]] {
  if (partner.enabled !== true) return [{ ...off, because: 'Its configuration says that it is not asked.' }];
  const trouble = [
    suspended(partner),
    failing(activity),
    handingOver(partner),
    drifted(partner),
    inaccurate(accuracy),
    outOfBudget(partner),
    uncertified(partner),
  ].filter((one) => one !== undefined);
  const [worst, ...others] = trouble.sort((a, b) => rankPlace(a.rank) - rankPlace(b.rank));
  return worst === undefined ? [answering(activity)] : [worst, ...others];
}

const off = { rank: 'plain', word: 'Switched off', icon: 'block' } as const;

function suspended({ suspensions = [] }: Partner): Standing | undefined {
  const [first] = suspensions;
  if (first === undefined) return undefined;
  const everywhere = suspensions.find(({ market = '' }) => market === '');
  const markets = [...new Set(suspensions.map(({ market = '' }) => market))].sort();
  const { failure = '', detail = '' } = everywhere ?? first;
  return {
    rank: everywhere ? 'bad' : 'warn',
    word: everywhere ? 'Suspended' : `Suspended in ${markets.join(', ')}`,
    icon: 'block',
    because: `Its breaker is open for ${failure}${detail === '' ? '' : `; seen last: ${detail}`}`,
  };
}

function failing(activity: PartnerActivity | undefined): Standing | undefined {
  const mix = mixOf(activity?.outcomes);
  const { asked, answered } = answeredOf(mix);
  if (asked === 0 || answered / asked >= degradedBelow) return undefined;
  const most = mix
    .filter(({ tone }) => tone === 'bad' || tone === 'warn')
    .sort((a, b) => b.count - a.count || Number(b.tone === 'bad') - Number(a.tone === 'bad'))[0];
  const bad = answered / asked < failingBelow;
  return {
    rank: bad ? 'bad' : 'warn',
    word: bad ? 'Failing' : 'Degraded',
    icon: bad ? 'cross' : 'half',
    because: `Answered ${answered} of ${counted(asked, 'search', 'searches')}${
      most === undefined ? '' : `; most others: ${most.word.toLowerCase()}`
    }.`,
  };
}

function handingOver({ handedOver }: Partner): Standing | undefined {
  if (handedOver?.failedAt === undefined) return undefined;
  return {
    rank: 'warn',
    word: handedOver.transport === 'feed' ? 'Feed broken' : 'Push refused',
    icon: 'alert',
    because: handedOver.failure ?? 'What it handed over last could not be taken.',
  };
}

function drifted({ drift }: Partner): Standing | undefined {
  const alarms = (drift?.fields ?? []).filter(({ alarm }) => alarm).length;
  if (alarms === 0) return undefined;
  return {
    rank: 'warn',
    word: 'Drift alarm',
    icon: 'alert',
    because: `${counted(alarms, 'field')} that its mapping reads ${alarms === 1 ? 'is' : 'are'} otherwise than certified.`,
  };
}

function inaccurate(standings: readonly AccuracyStanding[]): Standing | undefined {
  const acted = standings.filter(({ action }) => action !== undefined);
  const worst = acted.find(({ action }) => action === 'ACCURACY_ACTION_HIDDEN') ?? acted[0];
  if (worst === undefined) return undefined;
  const word = words((worst.action ?? '').replace('ACCURACY_ACTION_', ''));
  return { rank: 'warn', word: `${word} in ${worst.market}`, icon: 'half', because: worst.detail ?? '' };
}

function outOfBudget({ budget }: Partner): Standing | undefined {
  if (budget === undefined || (budget.perDay ?? 0) === 0 || (budget.leftOfDay ?? 0) > 0) return undefined;
  return { rank: 'warn', word: 'Budget spent', icon: 'block', because: 'Its requests of today are spent.' };
}

function uncertified({ certification }: Partner): Standing | undefined {
  if (!certification?.stale) return undefined;
  return {
    rank: 'warn',
    word: 'Certificate stale',
    icon: 'alert',
    because: 'Its adapter has changed since it was certified.',
  };
}

function answering(activity: PartnerActivity | undefined): Standing {
  const { asked, answered } = answeredOf(mixOf(activity?.outcomes));
  if (asked === 0) {
    return { rank: 'plain', word: 'Not asked yet', icon: 'wait', because: 'No search asked it in this window.' };
  }
  return {
    rank: 'good',
    word: 'Answering',
    icon: 'check',
    because: `Answered ${shareOf(answered, asked)} of ${counted(asked, 'search', 'searches')}.`,
  };
}
