// Flights of several partners as supply and pricing send them over the wire, and as plain objects for the floor.
import {
  type ColumnBuilder,
  columnBuilder,
  makeBitmap,
  PriceColumnsBuilder,
  readPrices,
  selectColumns,
  writeInt64s,
  writeUint32s,
} from '../../libs/columns/index.ts';
import { type PriceBatch, QuoteBatch } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { PartnerBatch } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { TaxBasis } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { vertical } from '../../libs/vertical/index.ts';
import { compactRows } from './rows.ts';

/** One offer as a program without columns holds it: what the columns say, as an object. */
export interface PlainOffer {
  readonly id: string;
  readonly partner: string;
  readonly product: string;
  readonly price: number;
  readonly stops: number;
  readonly duration_minutes: number;
  readonly departure: number;
  readonly arrival: number;
  readonly departure_minute_of_day: number;
  readonly carriers: readonly string[];
  readonly connections: readonly string[];
  readonly cabin: string;
  readonly fare_brand: string;
  readonly checked_bags: number | undefined;
  readonly refundable: boolean | undefined;
  readonly changeable: boolean;
  readonly emissions_kg: number | undefined;
}

/** A partner's rows with their prices, as bytes. */
export interface WireBatch {
  readonly batch: Uint8Array;
  readonly quotes: Uint8Array;
}

/** What a batch is once it has been read. */
export interface ReadBatch {
  readonly batch: PartnerBatch;
  readonly inputs: PriceBatch;
  readonly quotes: QuoteBatch;
}

/** Name of a partner. */
export function partnerName(partner: number): string {
  return `partner-${String(partner).padStart(2, '0')}`;
}

/** Rows of one partner; every other one has a flight that the other partners sell too. */
export function plainOffers(partner: number, count: number, date: string): PlainOffer[] {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  return compactRows(partner, count, 0, date).map((row, index) => {
    const minute = Number(row.departs.slice(11, 13)) * 60 + Number(row.departs.slice(14, 16));
    const departure = midnight + minute * 60_000;
    return {
      id: row.id,
      partner: partnerName(partner),
      product: `${row.carrier}${row.number}@${row.departs}`,
      price: Number(row.price),
      stops: row.via === '' ? 0 : 1 + (index % 2),
      duration_minutes: row.minutes,
      departure,
      arrival: departure + row.minutes * 60_000,
      departure_minute_of_day: minute,
      carriers: index % 5 === 0 ? [row.carrier, 'XX'] : [row.carrier],
      connections: row.via === '' ? [] : [row.via],
      cabin: row.cabin,
      fare_brand: row.brand,
      checked_bags: index % 7 === 0 ? undefined : row.bags,
      refundable: index % 6 === 0 ? undefined : row.refundable,
      changeable: row.changeable,
      emissions_kg: index % 4 === 0 ? undefined : row.co2,
    };
  });
}

/** The rows as supply and pricing send them. */
export function wireBatch(partner: number, rows: readonly PlainOffer[]): WireBatch {
  const prices = new PriceColumnsBuilder(rows.length);
  const products = columnBuilder('string', rows.length);
  for (const { price, product } of rows) {
    prices.push('GBP', Math.round(price * 100), Math.round(price * 21), 0, TaxBasis.INCLUDED);
    products.push(product);
  }
  const columns = vertical('flight')
    .attributes.filter(({ name }) => name !== 'segment_keys')
    .map(({ name, type }) => {
      const builder = columnBuilder(type, rows.length) as ColumnBuilder<unknown>;
      for (const row of rows) builder.push(row[name as keyof PlainOffer]);
      return builder.build(name);
    });
  const built = products.build('products').values;
  if (built?.$case !== 'strings') throw new Error('Products are texts.');
  const count = rows.length;
  const batch = PartnerBatch.fromPartial({
    partner: partnerName(partner),
    answer: `sha256-${'0'.repeat(40)}${partner}`,
    manifest: `sha256-${'1'.repeat(40)}${partner}`,
    rows: writeUint32s(rows.map((_, index) => index)),
    columns: { rowCount: count, columns },
    prices: prices.build(),
    products: built.value,
    provisional: Buffer.from(makeBitmap(built.value.dictionary.length)),
    expiresAt: writeInt64s(rows.map(() => Date.now() + 3_600_000)),
  });
  const read = readPrices(batch.prices!);
  const minor = (of: (row: number) => number): Buffer => writeInt64s(rows.map((_, row) => of(row)));
  const quotes = QuoteBatch.fromPartial({
    totalMinor: minor((row) => read.total(row)),
    dueLaterMinor: minor((row) => read.dueLater(row)),
    taxMinor: minor((row) => read.tax(row)),
  });
  return {
    batch: PartnerBatch.encode(batch).finish(),
    quotes: QuoteBatch.encode(quotes).finish(),
  };
}

/** A batch as query has it: pricing was given parts of what supply sent, which are there once. */
export function readBatch(wire: WireBatch): ReadBatch {
  const batch = PartnerBatch.decode(wire.batch);
  const columns = selectColumns(batch.columns!, ['cabin']);
  const inputs = { batchId: 0, partner: batch.partner, prices: batch.prices, columns, partnerRates: [] };
  return { batch, inputs, quotes: QuoteBatch.decode(wire.quotes) };
}
