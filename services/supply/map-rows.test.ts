import { describe, expect, it } from 'vitest';
import { type Charge, readColumns, readPrices, type StringColumnView } from '../../libs/columns/index.ts';
import { RejectionReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { ChargeKind, ChargeTerms, TaxBasis } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { vertical } from '../../libs/vertical/index.ts';
import { type Adapter, type AnswerContext, type PartnerPrice, Rejection } from './adapter.ts';
import { buildAllColumns, buildColumns, buildEvidence, buildPrices } from './build-columns.ts';
import { mapRows, planColumns } from './map-rows.ts';
import { Rejections } from './rejections.ts';
import { SeenOffers } from './seen-offers.ts';
import { adapter as plain } from './testing/adapters/plain/adapter.ts';

const price: PartnerPrice = {
  currency: 'EUR',
  totalMinor: 100,
  taxMinor: -1,
  dueLaterMinor: 0,
  basis: TaxBasis.INCLUDED,
};
const fee: Charge = {
  name: 'Fee',
  kind: ChargeKind.SERVICE_FEE,
  terms: ChargeTerms.ADDED_NOW,
  currency: 'EUR',
  amountMinor: 20,
};
const context = { fetchedAt: 1_000, account: { partner: 'one' } } as AnswerContext;
type Values = Readonly<Record<string, unknown>>;

/** An adapter of flights whose rows are the attributes themselves. */
function flights(attributes: readonly string[], other: Partial<Adapter> = {}): Adapter {
  const columns = Object.fromEntries(attributes.map((name) => [name, (row: unknown) => (row as Values)[name]]));
  const base = plain as unknown as Adapter;
  return { ...base, vertical: 'flight', columns, price: () => price, expiresAt: () => 2_000, ...other };
}

function map(adapter: Adapter, rows: readonly unknown[]) {
  const plan = planColumns(adapter, vertical(adapter.vertical));
  const rejections = new Rejections();
  const mapped = mapRows(plan, adapter, rows, context, new SeenOffers(), rejections);
  return { plan, mapped, rejections: rejections.toCounts() };
}

describe('mapping rows', () => {
  it('checks every value against the type that the vertical declares', () => {
    const wrong: Readonly<Record<string, readonly unknown[]>> = {
      stops: [1.5, '1', 2 ** 31, Number.NaN],
      departure: [1.5, '2026', Number.POSITIVE_INFINITY],
      refundable: ['yes', 1],
      emissions_kg: [Number.NaN, '12'],
      cabin: ['economy', 'CABIN_ECONOMY', 2],
      fare_brand: [5, {}],
      carriers: ['BA', [1], [undefined]],
    };
    for (const [name, values] of Object.entries(wrong)) {
      const rows = values.map((value) => ({ segment_keys: ['k'], [name]: value }));
      const { mapped, rejections } = map(flights(['segment_keys', name]), rows);
      expect([name, mapped.rows.length, rejections[0]?.count]).toEqual([name, 0, values.length]);
      expect(rejections[0]!.example).toContain(name);
    }
  });

  it('takes null, an empty text and UNSPECIFIED for absent, and an empty list for a value', () => {
    const row = { segment_keys: ['k'], stops: null, fare_brand: '', cabin: 'UNSPECIFIED', connections: [] };
    const { plan, mapped } = map(flights(Object.keys(row)), [row]);
    const { columns } = buildColumns(plan, plan.queryable, mapped, 0, 1);
    expect(columns.map(({ attribute }) => attribute)).toEqual(['connections']);
  });

  it('refuses prices that are no prices', () => {
    const wrong: readonly [Partial<PartnerPrice>, RejectionReason][] = [
      [{ totalMinor: -1 }, RejectionReason.NEGATIVE_AMOUNT],
      [{ totalMinor: 1.5 }, RejectionReason.INVALID_AMOUNT],
      [{ totalMinor: Number.NaN }, RejectionReason.INVALID_AMOUNT],
      [{ totalMinor: 2 ** 53 }, RejectionReason.INVALID_AMOUNT],
      [{ totalMaxMinor: 99 }, RejectionReason.INVALID_AMOUNT],
      [{ totalMaxMinor: 100.5 }, RejectionReason.INVALID_AMOUNT],
      [{ totalMaxMinor: -1 }, RejectionReason.INVALID_AMOUNT],
      [{ taxMinor: -2 }, RejectionReason.INVALID_AMOUNT],
      [{ dueLaterMinor: -1 }, RejectionReason.INVALID_AMOUNT],
      [{ currency: 'QQQ' }, RejectionReason.INVALID_CURRENCY],
      [{ currency: '' }, RejectionReason.INVALID_CURRENCY],
      [{ basis: TaxBasis.UNSPECIFIED }, RejectionReason.UNKNOWN_TAX_BASIS],
      [{ charges: [{ ...fee, terms: ChargeTerms.UNSPECIFIED }] }, RejectionReason.INVALID_CHARGE],
      [{ charges: [{ ...fee, amountMinor: -1 }] }, RejectionReason.INVALID_CHARGE],
      [{ charges: [{ ...fee, currency: 'QQQ' }] }, RejectionReason.INVALID_CHARGE],
      [{ charges: [{ ...fee, terms: ChargeTerms.ADDED_LATER }] }, RejectionReason.INVALID_CHARGE],
    ];
    for (const [part, reason] of wrong) {
      const { rejections } = map(flights(['segment_keys'], { price: () => ({ ...price, ...part }) }), [
        { segment_keys: ['k'] },
      ]);
      expect(rejections).toMatchObject([{ reason, count: 1 }]);
    }
  });

  it('takes both bounds of a price that is a range; another upper bound is another offer', () => {
    const bounds = [150, 150, 160, undefined];
    const rows = bounds.map((max) => ({ segment_keys: ['k'], max }));
    const adapter = flights(['segment_keys'], {
      price: (row) => {
        const { max } = row as { max?: number };
        return { ...price, ...(max !== undefined && { totalMaxMinor: max }) };
      },
    });
    const { mapped, rejections } = map(adapter, rows);
    expect(mapped.rows).toEqual([0, 2, 3]);
    expect(rejections).toMatchObject([{ reason: RejectionReason.DUPLICATE, count: 1 }]);
    const view = readPrices(buildPrices(mapped, 0, 3));
    expect([0, 1, 2].map((row) => [view.total(row), view.totalMax(row)])).toEqual([
      [100, 150],
      [100, 160],
      [100, -1],
    ]);
    expect(buildPrices(mapped, 2, 3).totalMaxMinor).toHaveLength(0);
  });

  it('takes charges along; another charge is another offer', () => {
    const fees = [[fee], [fee], [{ ...fee, amountMinor: 21 }], undefined];
    const adapter = flights(['segment_keys'], {
      price: (row) => {
        const { charges } = row as Pick<PartnerPrice, 'charges'>;
        return { ...price, ...(charges !== undefined && { charges }) };
      },
    });
    const { mapped, rejections } = map(
      adapter,
      fees.map((charges) => ({ segment_keys: ['k'], charges })),
    );
    expect(rejections).toMatchObject([{ reason: RejectionReason.DUPLICATE, count: 1 }]);
    const view = readPrices(buildPrices(mapped, 0, 3));
    expect([0, 1, 2].map((row) => view.charges(row))).toEqual([[fee], [{ ...fee, amountMinor: 21 }], []]);
    expect(buildPrices(mapped, 2, 3).charges).toBeUndefined();
  });

  it('refuses rows that had expired when they came, or whose expiry is no moment', () => {
    for (const [expiresAt, reason] of [
      [1_000, RejectionReason.EXPIRED],
      [Number.NaN, RejectionReason.INVALID_TIME],
      [9e15, RejectionReason.INVALID_TIME],
    ] as const) {
      const { rejections } = map(flights(['segment_keys'], { expiresAt: () => expiresAt }), [{ segment_keys: ['k'] }]);
      expect(rejections).toMatchObject([{ reason }]);
    }
  });

  it('counts a row that is built otherwise than expected, and goes on with the next', () => {
    const adapter = flights(['segment_keys'], {
      price: (row) => {
        if ((row as Values).broken) throw new TypeError("Cannot read properties of undefined (reading 'amount')");
        return price;
      },
    });
    const { mapped, rejections } = map(adapter, [{ broken: true }, undefined, { segment_keys: ['k'] }]);
    expect(mapped.rows).toEqual([2]);
    expect(rejections).toMatchObject([{ reason: RejectionReason.MISSING_FIELD, count: 2 }]);
    expect(rejections[0]!.example).toContain('price');
  });

  it('keeps the columns of the rows beside a rejected one in step', () => {
    const names = ['segment_keys', 'stops', 'fare_brand'];
    const rows = Array.from({ length: 9 }, (_, i) => ({
      segment_keys: [`k${i}`],
      stops: i,
      fare_brand: i % 2 === 1 ? 5 : `b${i}`,
    }));
    const { mapped } = map(flights(names), rows);
    expect(mapped.rows).toEqual([0, 2, 4, 6, 8]);
    expect(mapped.values).toEqual([
      [['k0'], ['k2'], ['k4'], ['k6'], ['k8']],
      [0, 2, 4, 6, 8],
      ['b0', 'b2', 'b4', 'b6', 'b8'],
    ]);
  });

  it('gives rows of one product one key, with the first of them as evidence', () => {
    const rows = ['a', 'b', 'a'].map((key, i) => ({ segment_keys: [key, 'x'], stops: i }));
    const { plan, mapped } = map(flights(['segment_keys', 'stops']), rows);
    expect([mapped.keys, mapped.keyOf, mapped.firstOf]).toEqual([
      [
        { scope: 'flight:segment_keys', text: 'a>x' },
        { scope: 'flight:segment_keys', text: 'b>x' },
      ],
      [0, 1, 0],
      [0, 1],
    ]);
    const evidence = buildEvidence(plan, mapped, mapped.firstOf);
    expect(evidence.rowCount).toBe(2);
    expect(evidence.columns.map(({ attribute }) => attribute)).toEqual(['segment_keys']);
    // What serves identity alone has done its service before the rows go out.
    expect(buildColumns(plan, plan.queryable, mapped, 0, 3).columns.map(({ attribute }) => attribute)).toEqual([
      'stops',
    ]);
  });

  it('reads what normalization alone is told from the first row of a product, when it is told', () => {
    const reads: string[] = [];
    const stay = flights(['property_code', 'property_name'], { vertical: 'stay' });
    const adapter: Adapter = {
      ...stay,
      columns: {
        ...stay.columns,
        address: (row) => {
          reads.push((row as Values).property_code as string);
          return (row as Values).address;
        },
      },
    };
    const rows = [
      { property_code: '1', property_name: 'A', address: 'Harbour 1' },
      { property_code: '1', property_name: 'A (annex)', address: 'Harbour 2' },
      { property_code: '2', property_name: 'B', address: 7 },
    ];
    const { plan, mapped, rejections } = map(adapter, rows);
    expect(reads).toEqual([]);
    const evidence = readColumns(buildEvidence(plan, mapped, mapped.firstOf));
    expect(reads).toEqual(['1', '2']);
    const address = evidence.get('address') as StringColumnView;
    // What is of another type is none, and no reason to refuse an offer.
    expect([address.get(0), address.has(1), mapped.rows.length, rejections]).toEqual(['Harbour 1', false, 3, []]);
  });

  it('gives a caller that decides identity itself everything, content with the first row of each product', () => {
    const stay = flights(['property_code', 'board', 'image_urls'], { vertical: 'stay' });
    const row = (property_code: string, board: string) => ({ property_code, board, image_urls: [`${board}.jpg`] });
    const rows = [row('1', 'BREAKFAST'), row('1', 'HALF_BOARD'), row('2', 'BREAKFAST'), row('1', 'FULL_BOARD')];
    const { plan, mapped } = map(stay, rows);
    const columns = readColumns(buildAllColumns(plan, mapped, 1, 4));
    const images = columns.get('image_urls')!;
    expect([0, 1, 2].map((at) => (images.has(at) ? images.get(at) : undefined))).toEqual([
      ['HALF_BOARD.jpg'],
      ['BREAKFAST.jpg'],
      undefined,
    ]);
    expect([...columns.keys()]).toEqual(['property_code', 'board', 'image_urls']);
  });

  it("keeps a partner's own keys apart from those of other partners", () => {
    const stay = flights(['property_code'], { vertical: 'stay' });
    expect(map(stay, [{ property_code: '77' }]).mapped.keys).toEqual([{ scope: 'stay:one:property_code', text: '77' }]);
  });

  it('refuses an adapter that maps what its vertical does not declare', () => {
    expect(() => planColumns(flights(['stopps']), vertical('flight'))).toThrow(/"stopps".*stops/);
  });

  it('makes a rejection without a stack, for rows can be many', () => {
    const rejection = new Rejection(RejectionReason.BROKEN_REFERENCE, 'segment 7');
    expect(rejection.stack).not.toContain('    at ');
    expect(new Error('after').stack).toContain('    at ');
  });
});
