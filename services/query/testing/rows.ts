import {
  bitSet,
  type Charge,
  columnBuilder,
  makeBitmap,
  PriceColumnsBuilder,
  writeInt64s,
  writeUint32s,
} from '../../../libs/columns/index.ts';
import { Flight } from '../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import {
  CacheUse,
  FailureKind,
  OutcomeStatus,
  type PartnerOutcome,
} from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { MadeOffer, OfferHandle, PartnerBatch } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { vertical } from '../../../libs/vertical/index.ts';

/** Rows of pretend partners, for tests. */

/** One row; what is left out is absent, or a plain default. */
export interface TestRow {
  readonly product?: string;
  readonly provisional?: boolean;
  /** Minor units. */
  readonly total?: number;
  /** The upper bound, of a price that is a range. */
  readonly totalMax?: number;
  readonly dueLater?: number;
  readonly tax?: number;
  readonly charges?: readonly Charge[];
  readonly currency?: string;
  readonly stops?: number;
  readonly duration?: number;
  readonly carriers?: readonly string[];
  readonly cabin?: string;
  readonly refundable?: boolean;
  /** Epoch milliseconds. */
  readonly expiresAt?: number;
}

/** When test offers expire unless they say otherwise: far away. */
const later = Date.now() + 3_600_000;
const fetchedAt = Temporal.Instant.from('2026-01-01T12:00:00Z');

/** A batch of flights. */
export function batchOf(partner: string, answer: string, rows: readonly TestRow[]): PartnerBatch {
  const prices = new PriceColumnsBuilder(rows.length);
  const product = columnBuilder('string', rows.length);
  const dictionary: string[] = [];
  const provisional: boolean[] = [];
  for (const [index, row] of rows.entries()) {
    const { currency = 'GBP', total = 10_000, tax = -1, dueLater = 0, totalMax, charges } = row;
    prices.push(currency, total, tax, dueLater, TaxBasis.INCLUDED, totalMax, charges);
    const id = row.product ?? `${partner}:${answer}:${index}`;
    product.push(id);
    if (!dictionary.includes(id)) {
      dictionary.push(id);
      provisional.push(row.provisional ?? false);
    }
  }
  const values: Record<string, (row: TestRow) => unknown> = {
    stops: (row) => row.stops,
    duration_minutes: (row) => row.duration,
    carriers: (row) => row.carriers,
    cabin: (row) => row.cabin,
    refundable: (row) => row.refundable,
  };
  const columns = vertical('flight')
    .attributes.filter(({ name }) => values[name] !== undefined && rows.some((row) => values[name]!(row) !== undefined))
    .map(({ name, type }) => {
      const builder = columnBuilder(type, rows.length);
      for (const row of rows) builder.push(values[name]!(row) as never);
      return builder.build(name);
    });
  const products = product.build('products').values;
  const bits = makeBitmap(dictionary.length);
  for (const [index, undecided] of provisional.entries()) if (undecided) bitSet(bits, index);
  return {
    partner,
    answer,
    manifest: `${partner}-manifest`,
    rows: writeUint32s(rows.map((_, index) => index)),
    columns: { rowCount: rows.length, columns },
    prices: prices.build(),
    products: products?.$case === 'strings' ? products.value : undefined,
    provisional: Buffer.from(bits),
    fetchedAt,
    expiresAt: writeInt64s(rows.map((row) => row.expiresAt ?? later)),
    stale: false,
    partnerRates: [],
  };
}

/** What supply makes of a row: a flight whose brand names the row, so that a test sees which one it is. */
export function madeOf(handle: OfferHandle): MadeOffer {
  const flight = Flight.fromPartial({
    fareBrand: `${handle.partner}/${handle.answer}/${handle.row}`,
    stops: 1,
    slices: [{ origin: 'LHR', destination: 'JFK', durationMinutes: 480 }],
  });
  return {
    item: { vertical: { $case: 'flight', value: flight } },
    partnerTotal: { currencyCode: 'EUR', amount: '100.00' },
    partnerTotalMax: undefined,
    taxBasis: TaxBasis.INCLUDED,
    fetchedAt,
    expiresAt: Temporal.Instant.fromEpochMilliseconds(later),
    missing: false,
    charges: [],
  };
}

/** A row that is no longer held. */
export const missingOffer: MadeOffer = {
  item: undefined,
  partnerTotal: undefined,
  partnerTotalMax: undefined,
  taxBasis: TaxBasis.UNSPECIFIED,
  fetchedAt: undefined,
  expiresAt: undefined,
  missing: true,
  charges: [],
};

/** An outcome as supply reports it. */
export function outcomeOf(partner: string, rows: number, status: OutcomeStatus = OutcomeStatus.OK): PartnerOutcome {
  return {
    partner,
    status,
    failure: FailureKind.UNSPECIFIED,
    detail: '',
    rowsReceived: rows,
    offersKept: rows,
    rejections: [],
    latencyMs: 20,
    requests: 1,
    cache: CacheUse.UNSPECIFIED,
    retryAfterMs: undefined,
    cacheAgeMs: undefined,
    appliedFilters: [],
    late: false,
    hedges: 0,
    timeMs: undefined,
    reusableMs: 0,
    repairs: [],
    accuracyAction: '',
  };
}
