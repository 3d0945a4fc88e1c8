// What the views ask the edge for.
import type {
  Accuracy,
  AccuracyStanding,
  ListPartnerActivityResponse,
  Mismatch,
  Partner,
  PartnerActivity,
  PartnerQuality,
  QuarantinedOffer,
} from '../../../../libs/client/index.ts';
import { entrepot } from '../api/entrepot.ts';
import type { Overview } from './rows.ts';

/** A call that hangs is given up after so long and made again: somebody looks at what it is about. */
const timeoutMs = 5_000;

/** Everything that the list shows. */
export async function askOverview(minutes: number, signal: AbortSignal): Promise<Overview> {
  const [partners, activity, accuracy] = await Promise.all([
    entrepot.call('ListPartners', {}, { signal, timeoutMs }),
    entrepot.call('ListPartnerActivity', { minutes }, { signal, timeoutMs }),
    entrepot.call('ListAccuracy', {}, { signal, timeoutMs }),
  ]);
  return { partners: partners.partners ?? [], activity, accuracy };
}

/** Everything that is shown of one partner. */
export interface Known {
  /** Absent where none of that name is configured. */
  readonly partner: Partner | undefined;
  readonly activity: PartnerActivity | undefined;
  /** What was told of it: of what window, by how many replicas. */
  readonly window: Omit<ListPartnerActivityResponse, 'partners'>;
  readonly accuracies: readonly Accuracy[];
  readonly standings: readonly AccuracyStanding[];
  readonly quality: readonly PartnerQuality[];
  readonly quarantined: Listed<QuarantinedOffer>;
  readonly mismatches: Listed<Mismatch>;
}

/** The first page of a list. */
export interface Listed<T> {
  readonly first: readonly T[];
  /** There are more than these. */
  readonly more: boolean;
}

/** Of lists the first so many are asked for: enough to count what is usual, and not too much to read every few seconds. */
const quarantinedSize = 100;
const mismatchesSize = 20;

/** Asks for one partner. */
export async function askPartner(name: string, minutes: number, signal: AbortSignal): Promise<Known> {
  const partners = await entrepot.call('ListPartners', {}, { signal, timeoutMs });
  const partner = partners.partners?.find((one) => one.name === name);
  if (partner === undefined) return { ...nothing, partner };
  const of = { partner: name };
  const [activity, accuracy, quality, quarantined, mismatches] = await Promise.all([
    entrepot.call('ListPartnerActivity', { ...of, minutes }, { signal, timeoutMs }),
    entrepot.call('ListAccuracy', of, { signal, timeoutMs }),
    entrepot.call('GetQuality', of, { signal, timeoutMs }),
    entrepot.call('ListQuarantined', { ...of, pageSize: quarantinedSize }, { signal, timeoutMs }),
    entrepot.call('ListMismatches', { ...of, pageSize: mismatchesSize }, { signal, timeoutMs }),
  ]);
  return {
    partner,
    activity: activity.partners?.[0],
    window: activity,
    accuracies: accuracy.accuracies ?? [],
    standings: accuracy.standings ?? [],
    quality: quality.partners ?? [],
    quarantined: { first: quarantined.offers ?? [], more: quarantined.nextPageToken !== undefined },
    mismatches: { first: mismatches.mismatches ?? [], more: mismatches.nextPageToken !== undefined },
  };
}

const nothing = {
  activity: undefined,
  window: {},
  accuracies: [],
  standings: [],
  quality: [],
  quarantined: { first: [], more: false },
  mismatches: { first: [], more: false },
};
