import type { Charge } from '../../libs/columns/index.ts';
import type { MadeOffer, OfferHandle } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { TaxBasis } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { moneyFromMinor } from '../../libs/money/index.ts';
import { logger } from '../../libs/telemetry/index.ts';
import { type AnswerContext, Rejection } from './adapter.ts';
import type { AnswerStore, HeldRows } from './answers.ts';
import type { ConfiguredPartner } from './partner.ts';
import { type Wanted, wantedBy } from './wanted.ts';

/** One held row. */
export interface HeldRow {
  readonly partner: ConfiguredPartner;
  readonly context: AnswerContext;
  readonly row: unknown;
}

const log = logger('supply.offers');

/** The row of a handle; undefined when it is no longer held. */
export async function findRow(answers: AnswerStore, handle: OfferHandle): Promise<HeldRow | undefined> {
  const held = await answers.rows(handle.answer, handle.manifest);
  return held === undefined ? undefined : rowOf(held, handle);
}

function rowOf(held: HeldRows, handle: OfferHandle): HeldRow | undefined {
  if (held.partner.name !== handle.partner || handle.row >= held.rows.length) return undefined;
  return { partner: held.partner, context: held.context, row: held.rows[handle.row] };
}

/** Makes whole offers in the order of the handles; each answer is looked up, and parsed if need be, once. */
export async function makeOffers(
  answers: AnswerStore,
  handles: readonly OfferHandle[],
  readMask: readonly string[] | undefined,
): Promise<MadeOffer[]> {
  const wanted = wantedBy(readMask);
  const held = new Map<string, HeldRows | undefined>();
  const made: MadeOffer[] = [];
  for (const handle of handles) {
    const key = `${handle.answer} ${handle.manifest}`;
    if (!held.has(key)) {
      const found = answers.rows(handle.answer, handle.manifest);
      held.set(key, found instanceof Promise ? await found : found);
    }
    const rows = held.get(key);
    const row = rows === undefined ? undefined : rowOf(rows, handle);
    made.push(row === undefined ? missing() : makeOffer(row, wanted));
  }
  return made;
}

/** A held row as a whole offer; missing where the adapter cannot make it, which is logged. */
export function makeOffer(held: HeldRow, wanted: Wanted): MadeOffer {
  const { partner, context, row } = held;
  const { adapter } = partner;
  try {
    const { totalMinor, totalMaxMinor, currency, basis } = adapter.price(row, context);
    return {
      item: { vertical: adapter.item(row, context, wanted) },
      partnerTotal: moneyFromMinor(totalMinor, currency),
      partnerTotalMax: totalMaxMinor === undefined ? undefined : moneyFromMinor(totalMaxMinor, currency),
      taxBasis: basis,
      fetchedAt: Temporal.Instant.fromEpochMilliseconds(context.fetchedAt),
      expiresAt: Temporal.Instant.fromEpochMilliseconds(adapter.expiresAt(row, context)),
      missing: false,
      charges: detailsOf(held),
    };
  } catch (error) {
    // A rejected row has no handle, so either the handle is made up or the adapter is wrong.
    if (!(error instanceof Rejection)) log.error({ err: error, partner: partner.name }, 'offer cannot be made');
    return missing();
  }
}

/** What stands for a row that is no longer held. */
export function missing(): MadeOffer {
  return {
    item: undefined,
    partnerTotal: undefined,
    partnerTotalMax: undefined,
    taxBasis: TaxBasis.UNSPECIFIED,
    fetchedAt: undefined,
    expiresAt: undefined,
    missing: true,
    charges: [],
  };
}

/**
 * Charges that only detail a row's price, as the contract has them; amounts as the partner states them. The price is right without
 * them, so where one cannot be read there are none, which is logged.
 */
export function detailsOf({ partner, context, row }: HeldRow): MadeOffer['charges'] {
  return readDetails(partner, row, context).map(({ name, kind, terms, currency, amountMinor }) => ({
    name,
    kind,
    terms,
    amount: undefined,
    partnerAmount: moneyFromMinor(amountMinor, currency),
    inTotal: false,
  }));
}

function readDetails({ name, adapter }: ConfiguredPartner, row: unknown, context: AnswerContext): readonly Charge[] {
  try {
    return adapter.details?.(row, context) ?? [];
  } catch (error) {
    if (error instanceof Rejection) log.info({ partner: name, detail: error.example }, 'charges cannot be read');
    else log.error({ err: error, partner: name }, 'charges cannot be read');
    return [];
  }
}
