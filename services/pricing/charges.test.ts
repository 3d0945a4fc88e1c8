import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitGet, type Charge, PriceColumnsBuilder, readInt64s, writeInt64s } from '../../libs/columns/index.ts';
import {
  type ExplainResponse,
  type LedgerLine,
  LedgerLineKind,
  type PriceBatch,
  type QuoteBatch,
  UnitPrices,
} from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { ChargeKind, ChargeTerms, TaxBasis } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { Decimal, minorDigits, parseAmount } from '../../libs/money/index.ts';
import { priceBatch } from './batch.ts';
import { explain } from './explain.ts';
import { RateTable } from './rates.ts';
import type { RuleDeclaration } from './rules.ts';
import { currency, ruleSetOf, table } from './test-data.ts';
import { View } from './view.ts';

const RATES = new RateTable({
  date: '2026-11-20',
  source: 'test',
  rates: new Map([
    ['GBP', Decimal.parse('0.8')!],
    ['CZK', Decimal.parse('25')!],
  ]),
});
const MARGIN: RuleDeclaration = { name: 'margin', description: 'Margin', apply: { percentage: '2.5' } };

interface ViewInit {
  readonly rates?: RateTable;
  readonly shown?: string;
  readonly rules?: readonly RuleDeclaration[];
  readonly laterOnTop?: boolean;
}

function viewOf({ rates = RATES, shown = 'EUR', rules = [], laterOnTop = false }: ViewInit = {}): View {
  const display = { dueLaterOnTop: laterOnTop, unitPrices: UnitPrices.SHOWN };
  const context = { vertical: 'stay', currency: shown, market: 'US', client: 'web', display };
  const ruleSet = ruleSetOf(rules);
  return new View(context, ruleSet, ruleSet.held({ ...context, experimentKey: '' }, 0), rates);
}

interface Row {
  readonly currency?: string;
  readonly total?: number;
  readonly totalMax?: number;
  readonly tax?: number;
  readonly dueLater?: number;
  readonly charges: readonly Charge[];
}

function batchOf(rows: readonly Row[]): PriceBatch {
  const prices = new PriceColumnsBuilder(rows.length);
  for (const { currency: own = 'EUR', total = 10_000, tax = -1, dueLater, totalMax = -1, charges } of rows) {
    const later = charges
      .filter((charge) => charge.terms === ChargeTerms.ADDED_LATER && charge.currency === own)
      .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
    prices.push(own, total, tax, dueLater ?? later, TaxBasis.PARTLY_INCLUDED, totalMax, charges);
  }
  return { batchId: 1, partner: 'harbour', prices: prices.build(), columns: undefined, partnerRates: [] };
}

const chargeOf = (terms: ChargeTerms, amountMinor: number, own = 'EUR', kind: ChargeKind = ChargeKind.TAX): Charge => ({
  name: 'City tax',
  kind,
  terms,
  currency: own,
  amountMinor,
});
const minors = (bytes: Uint8Array): number[] => {
  const read = readInt64s(bytes);
  return Array.from({ length: read.length }, (_, at) => read.get(at));
};
const quoted = (view: View, row: Row): Record<'total' | 'dueLater' | 'tax', number> & { quotes: QuoteBatch } => {
  const quotes = priceBatch(view, batchOf([row]));
  const [total, dueLater, tax] = [quotes.totalMinor, quotes.dueLaterMinor, quotes.taxMinor].map(
    (one) => minors(one)[0]!,
  );
  return { total: total!, dueLater: dueLater!, tax: tax!, quotes };
};
const amountOf = (line: { amount?: { amount: string } | undefined }): Decimal => Decimal.parse(line.amount!.amount)!;
const told = ({ lines }: ExplainResponse): string[] =>
  lines.map(({ description, amount }) => `${amount?.amount} ${description}`);

/** Every line starts where the one before it ended, a conversion aside, whose amount is the new running total. */
function expectToAddUp(lines: readonly LedgerLine[], shown: Decimal): void {
  let running = Decimal.zero;
  for (const line of lines) {
    const after = Decimal.parse(line.runningTotal!.amount)!;
    running = line.kind === LedgerLineKind.CONVERSION ? amountOf(line) : running.plus(amountOf(line));
    expect(after.compare(running)).toBe(0);
  }
  expect(running.compare(shown)).toBe(0);
}

const anyCharge: fc.Arbitrary<Charge> = fc.record({
  name: fc.constantFrom('VAT', 'City tax', ''),
  kind: fc.constantFrom(ChargeKind.TAX, ChargeKind.CITY_TAX, ChargeKind.UNSPECIFIED),
  terms: fc.constantFrom(
    ChargeTerms.INCLUDED,
    ChargeTerms.ADDED_NOW,
    ChargeTerms.ADDED_LATER,
    ChargeTerms.OPTIONAL_NOW,
    ChargeTerms.OPTIONAL_LATER,
  ),
  currency,
  amountMinor: fc.integer({ min: 0, max: 200_000 }),
});
const anyRow: fc.Arbitrary<Row> = fc.record({
  currency,
  total: fc.integer({ min: 0, max: 5_000_000 }),
  charges: fc.array(anyCharge, { maxLength: 5 }),
});

const silent = fc.constantFrom(ChargeTerms.INCLUDED, ChargeTerms.OPTIONAL_NOW, ChargeTerms.OPTIONAL_LATER);

describe('charges', () => {
  test('add up: lines sum exactly to the shown amount, which is the quote, in every currency', () => {
    fc.assert(
      fc.property(table, currency, fc.boolean(), anyRow, (rates, shown, laterOnTop, row) => {
        const view = viewOf({ rates, shown, laterOnTop, rules: [MARGIN] });
        const { total, quotes } = quoted(view, row);
        // Rates far enough apart make sums that minor units cannot hold: then the ledger refuses as the quote did.
        if (total === -1) {
          expect(quotes.unpriced).toMatchObject([{ reason: 'UNPRICEABLE' }]);
          expect(() => explain(view, batchOf([row]))).toThrow('UNPRICEABLE');
          return;
        }
        const { lines, total: explained } = explain(view, batchOf([row]));
        const amount = parseAmount(explained!.amount, shown);
        expect('minor' in amount ? amount.minor : amount).toBe(total);
        expectToAddUp(lines, Decimal.parse(explained!.amount)!);
        expect(lines.filter(({ kind }) => kind === LedgerLineKind.CHARGE)).toHaveLength(row.charges.length);
      }),
    );
  });

  test('that are inside the total or optional change nothing but what is told', () => {
    fc.assert(
      fc.property(table, currency, anyRow, silent, (rates, shown, row, terms) => {
        const view = viewOf({ rates, shown });
        const charges = row.charges.map((one) => ({ ...one, terms }));
        const { quotes: _, ...withThem } = quoted(view, { ...row, charges });
        const { quotes: __, ...without } = quoted(view, { ...row, charges: [] });
        expect(withThem).toEqual(without);
      }),
    );
  });

  test('converted there and back err by at most one minor unit', () => {
    fc.assert(
      fc.property(table, currency, currency, fc.integer({ min: 0, max: 5_000_000 }), (rates, from, to, minor) => {
        const digits = minorDigits(from)!;
        const there = rates.conversion(from, to)!;
        const back = rates.conversion(to, from)!;
        const again = back.convert(there.convert(Decimal.fromMinor(minor, digits))).round(digits, 'half_up');
        expect(Math.abs(again.toMinor(digits)! - minor)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('nothing is priced without currency, tax basis, and whole charges', () => {
    const wrong = fc.constantFrom<(batch: PriceBatch) => PriceBatch>(
      (batch) => withPrices(batch, { taxBasis: Buffer.from([0]) }),
      (batch) => withPrices(batch, { taxBasis: Buffer.from([9]) }),
      (batch) => withPrices(batch, { currencies: ['XQZ'] }),
      (batch) => withPrices(batch, { currencies: [''] }),
      (batch) => withCharges(batch, { terms: Buffer.from([0]) }),
      (batch) => withCharges(batch, { terms: Buffer.from([6]) }),
      (batch) => withCharges(batch, { currencies: ['XQZ'], terms: Buffer.from([ChargeTerms.ADDED_NOW]) }),
      (batch) => withCharges(batch, { currencies: ['€'] }),
      (batch) => withCharges(batch, { amountMinor: writeInt64s([-1]) }),
    );
    fc.assert(
      fc.property(table, currency, anyRow, anyCharge, wrong, (rates, shown, row, charge, spoil) => {
        const view = viewOf({ rates, shown });
        const { totalMinor, unpriced } = priceBatch(view, spoil(batchOf([{ ...row, charges: [charge] }])));
        expect(minors(totalMinor)).toEqual([-1]);
        expect(unpriced).toHaveLength(1);
        expect(unpriced[0]!.reason).toMatch(/^(UNKNOWN_TAX_BASIS|INVALID_CURRENCY|INVALID_CHARGE)$/);
      }),
    );
  });
});

describe('a headline', () => {
  test('holds what is mandatory, due now and at the place, before it is converted', () => {
    const charges = [
      chargeOf(ChargeTerms.INCLUDED, 1_667),
      chargeOf(ChargeTerms.ADDED_NOW, 500, 'EUR', ChargeKind.SERVICE_FEE),
      chargeOf(ChargeTerms.ADDED_LATER, 1_000, 'EUR', ChargeKind.CITY_TAX),
      chargeOf(ChargeTerms.OPTIONAL_NOW, 3_000, 'EUR', ChargeKind.EXTRA),
    ];
    const { total, dueLater, quotes } = quoted(viewOf({ shown: 'GBP' }), { charges });
    expect([total, dueLater]).toEqual([9_200, 800]); // 115.00 × 0.8, 10.00 × 0.8
    expect(minors(quotes.chargesMinor)).toEqual([1_334, 400, 800, 2_400]);
    expect([0, 1, 2, 3].map((at) => bitGet(quotes.chargesInTotal, at))).toEqual([true, true, true, false]);
  });

  test('holds a city tax in the currency of the place, converted by itself', () => {
    const charges = [chargeOf(ChargeTerms.ADDED_LATER, 5_001, 'CZK', ChargeKind.CITY_TAX)];
    const { total, dueLater, quotes } = quoted(viewOf({ rules: [MARGIN] }), { charges });
    expect([total, dueLater]).toEqual([10_455, 200]); // 100.00 and 2.0004, with 2.5 %
    expect(minors(quotes.chargesMinor)).toEqual([200]);
    expect(told(explain(viewOf({ rules: [MARGIN] }), batchOf([{ charges }])))).toEqual([
      '100.00 Total of harbour, some taxes included',
      '2.0004 City tax, due at the place, 50.01 CZK, CZK to EUR at 0.04 (CZK 25 for EUR 1, 2026-11-20)',
      '2.55001 Margin: 2.5 % (margin)',
      '-0.00041 Rounding to the minor unit of EUR',
    ]);
  });

  test('leaves what is due at the place on top where the market has it so, and tells of it', () => {
    const charges = [
      chargeOf(ChargeTerms.ADDED_LATER, 1_000, 'EUR', ChargeKind.CITY_TAX),
      chargeOf(ChargeTerms.ADDED_LATER, 5_000, 'CZK', ChargeKind.CITY_TAX),
      chargeOf(ChargeTerms.ADDED_NOW, 500, 'EUR', ChargeKind.SERVICE_FEE),
    ];
    const view = viewOf({ laterOnTop: true });
    const { total, dueLater, quotes } = quoted(view, { dueLater: 1_200, charges });
    expect([total, dueLater]).toEqual([10_500, 1_400]);
    expect([0, 1, 2].map((at) => bitGet(quotes.chargesInTotal, at))).toEqual([false, false, true]);
    expect(told(explain(view, batchOf([{ dueLater: 1_200, charges }])))).toContain(
      '0.00 City tax 10.00 EUR, due at the place on top of the total',
    );
    // Also more than the headline, which it is no part of.
    expect(quoted(view, { total: 100, dueLater: 5_000, charges: [] })).toMatchObject({ total: 100, dueLater: 5_000 });
  });

  test('is as much higher at both ends of a range', () => {
    const charges = [
      chargeOf(ChargeTerms.ADDED_NOW, 500, 'EUR', ChargeKind.SURCHARGE),
      chargeOf(ChargeTerms.ADDED_LATER, 2_500, 'CZK'),
    ];
    const { total, quotes } = quoted(viewOf(), { totalMax: 12_000, charges });
    expect([total, minors(quotes.totalMaxMinor)[0]]).toEqual([10_600, 12_600]);
  });

  test('has the taxes that are added to it in its tax', () => {
    const charges = [chargeOf(ChargeTerms.ADDED_NOW, 700), chargeOf(ChargeTerms.ADDED_NOW, 2_500, 'CZK')];
    expect(quoted(viewOf(), { tax: 1_000, charges }).tax).toBe(1_800);
    expect(quoted(viewOf(), { charges }).tax).toBe(800);
    expect(quoted(viewOf(), { charges: [chargeOf(ChargeTerms.INCLUDED, 300)] }).tax).toBe(-1);
  });
});

describe('a ledger', () => {
  test('tells what is inside the total and what was not added, and of what is due later but for charges', () => {
    const charges = [
      chargeOf(ChargeTerms.INCLUDED, 1_200),
      chargeOf(ChargeTerms.ADDED_LATER, 440, 'EUR', ChargeKind.CITY_TAX),
      { ...chargeOf(ChargeTerms.OPTIONAL_LATER, 30_000, 'CZK', ChargeKind.EXTRA), name: 'Parking' },
    ];
    const explained = explain(viewOf(), batchOf([{ dueLater: 500, charges }]));
    expect(told(explained)).toEqual([
      '100.00 Total of harbour, some taxes included',
      '0.00 of which City tax 12.00 EUR',
      '4.40 City tax, due at the place',
      '0.00 Parking 300.00 CZK, optional at the place, not added',
      '0.60 Mandatory charges due at the place',
    ]);
    expect(explained.lines[1]!.inputs).toEqual([
      { name: 'kind', value: 'TAX' },
      { name: 'terms', value: 'INCLUDED' },
      { name: 'amount', value: '12.00 EUR' },
    ]);
  });
});

describe('bad input', () => {
  test.each<[string, Row, string]>([
    [
      'more due later than is stated',
      { dueLater: 100, charges: [chargeOf(ChargeTerms.ADDED_LATER, 101)] },
      'INVALID_CHARGE',
    ],
    [
      'a sum beyond all numbers',
      { charges: [chargeOf(ChargeTerms.ADDED_NOW, Number.MAX_SAFE_INTEGER)] },
      'INVALID_CHARGE',
    ],
    ['a currency that nobody has', { charges: [chargeOf(ChargeTerms.ADDED_NOW, 1, 'XQZ')] }, 'INVALID_CHARGE'],
    ['a currency without a rate', { charges: [chargeOf(ChargeTerms.ADDED_NOW, 1, 'KWD')] }, 'NO_RATE'],
  ])('%s has no price', (_, row, reason) => {
    const { totalMinor, unpriced } = priceBatch(viewOf(), batchOf([row, { charges: [] }]));
    expect(minors(totalMinor)).toEqual([-1, 10_000]);
    expect(unpriced).toMatchObject([{ row: 0, reason }]);
    expect(() => explain(viewOf(), batchOf([row]))).toThrow(EntrepotError);
  });

  test('a detail that no rate leads to has no amount, and its row a price all the same', () => {
    const { total, quotes } = quoted(viewOf(), { charges: [chargeOf(ChargeTerms.OPTIONAL_NOW, 1, 'KWD')] });
    expect([total, minors(quotes.chargesMinor)]).toEqual([10_000, [-1]]);
  });

  test('offsets that lead nowhere are refused', () => {
    const batch = batchOf([{ charges: [chargeOf(ChargeTerms.ADDED_NOW, 1)] }]);
    const offsets = Buffer.from(new Uint32Array([0, 2]).buffer);
    expect(() => priceBatch(viewOf(), withCharges(batch, { offsets }))).toThrow(/offsets/);
    expect(() => priceBatch(viewOf(), withCharges(batch, { currencies: [] }))).toThrow(/currencyCodes/);
  });
});

function withPrices(batch: PriceBatch, part: Partial<NonNullable<PriceBatch['prices']>>): PriceBatch {
  return { ...batch, prices: { ...batch.prices!, ...part } };
}

function withCharges(
  batch: PriceBatch,
  part: Partial<NonNullable<NonNullable<PriceBatch['prices']>['charges']>>,
): PriceBatch {
  return withPrices(batch, { charges: { ...batch.prices!.charges!, ...part } });
}
