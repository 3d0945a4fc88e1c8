import {
  FailureKind,
  OutcomeStatus,
  type PartnerOutcome,
} from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Store } from '../../../libs/store/index.ts';
import { ConcurrencyLimit } from '../concurrency.ts';
import { Inventory } from '../inventory/inventory.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { RateLimitHold } from '../rate-limit.ts';
import { type BenchInventory, onShelf } from './bench-inventory.ts';
import type { LoadedCase } from './cases.ts';
import { said } from './certify-faults.ts';
import { failingAt, SlowStore } from './failing-store.ts';
import { type Check, check, untried } from './grade.ts';
import { searchInventory } from './hand-over.ts';
import type { SearchBounds } from './search.ts';

const { FAILED, TIMED_OUT, CANCELLED } = OutcomeStatus;
/** Time for a search that is not answered in time, ms. */
const IMPATIENCE = 150;
/** How long the store takes where searches are to meet, ms. */
const SLOW_MS = 20;

/**
 * Searches of handed-over inventory under bad conditions.
 *
 * @param partner with what it has handed over
 */
export async function inventorySearchChecks(
  { store }: BenchInventory,
  partner: ConfiguredPartner,
  one: LoadedCase,
): Promise<Check[]> {
  const search = async (
    of: ConfiguredPartner,
    through: Store,
    bounds: SearchBounds = {},
    limit = new ConcurrencyLimit(2),
  ): Promise<PartnerOutcome> => {
    const fresh = { ...of, limit, hold: new RateLimitHold() };
    return (await searchInventory({ inventory: new Inventory(through) }, fresh, one.asked, bounds)).outcome;
  };
  const late = new SlowStore(store, IMPATIENCE * 3);
  return [
    became(
      'faults',
      'a search before anything was handed over',
      await search(onShelf(partner), store),
      FAILED,
      FailureKind.CONNECTION,
    ),
    became(
      'faults',
      'a search while the store fails',
      await search(partner, failingAt(store, 0)),
      FAILED,
      FailureKind.PLATFORM,
    ),
    became(
      'deadline',
      "the caller's deadline ends the search",
      await search(partner, late, { deadline: Date.now() + IMPATIENCE }),
      TIMED_OUT,
      FailureKind.TIMEOUT,
    ),
    became(
      'deadline',
      'cancelling ends the search',
      await search(partner, late, { signal: AbortSignal.timeout(IMPATIENCE) }),
      CANCELLED,
      FailureKind.UNSPECIFIED,
    ),
    await concurrency((limit, slow) => search(partner, slow, {}, limit), store),
    became(
      'limits',
      'maxBodyBytes',
      await search({ ...partner, maxBodyBytes: 16 }, store),
      FAILED,
      FailureKind.TOO_LARGE,
    ),
    untried('limits', 'maxPages', 'what was handed over is found in one page'),
  ];
}

function became(
  group: 'faults' | 'deadline' | 'limits',
  name: string,
  outcome: PartnerOutcome,
  status: OutcomeStatus,
  failure: FailureKind,
): Check {
  const fits = outcome.status === status && outcome.failure === failure;
  return check(group, name, fits ? [] : [`became ${said(outcome)}`]);
}

async function concurrency(
  search: (limit: ConcurrencyLimit, slow: SlowStore) => Promise<unknown>,
  store: Store,
): Promise<Check> {
  const limit = new ConcurrencyLimit(2);
  const slow = new SlowStore(store, SLOW_MS);
  await Promise.all(Array.from({ length: 5 }, () => search(limit, slow)));
  const against = slow.peak > 2 ? [`${slow.peak} searches were under way at once where 2 are allowed`] : [];
  if (limit.active + limit.waiting > 0) against.push('places were not given back');
  return check('limits', 'concurrency', against);
}
