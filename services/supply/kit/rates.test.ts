import { describe, expect, it } from 'vitest';
import { verticals } from '../../../libs/vertical/index.ts';
import type { Adapter } from '../adapter.ts';
import { buildBatches } from '../batches.ts';
import { type MappedRows, mapRows, planColumns } from '../map-rows.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { Rejections } from '../rejections.ts';
import { SeenOffers } from '../seen-offers.ts';
import type { KitRow } from './answer.ts';
import { asked, compiled } from './testing.ts';

const manifest = (rates: string): string =>
  `format: json\nsearch: {path: /}\njoins: {ends: {each: body.ends, key: it.name}}\nrows: body.hotels\n${rates}` +
  'mapping:\n  id: row.id\n  price: {total: row.total, currency: row.currency}\n' +
  '  item: {property_code: row.id, property_name: row.name}\n';
const RATES = 'rates: {each: body.rates, from: it.of, to: it.into, rate: it.at, date: it.day}\n';
const hotel = (id: string, currency: string): object => ({ id, name: `Hotel ${id}`, total: '100.00', currency });

function mapped(text: string, body: object): { adapter: Adapter<KitRow>; rows: MappedRows } {
  const adapter = compiled(text);
  const read = adapter.read(body, asked());
  if ('failure' in read) throw new Error(read.detail);
  const plan = planColumns(adapter as Adapter, verticals().get('stay')!);
  const rows = mapRows(plan, adapter as Adapter, read.rows, asked(), new SeenOffers(), new Rejections());
  return { adapter, rows };
}

describe("a partner's own rates", () => {
  it('are read of the answer, once, for the currencies of its prices', () => {
    const body = {
      hotels: [hotel('a', 'USD'), hotel('b', 'EUR')],
      rates: [
        { of: 'USD', into: 'GBP', at: '0.79', day: '2027-01-10T08:00:00Z' },
        { of: 'EUR', into: 'GBP', at: 0.86, day: '2027-01-11' },
        { of: 'CHF', into: 'GBP', at: '0.9', day: '2027-01-11' },
        { into: 'GBP', at: '0.9', day: '2027-01-11' },
      ],
    };
    const { rows } = mapped(manifest(RATES), body);
    expect(rows.prices.map(({ currency }) => currency)).toEqual(['USD', 'EUR']);
    expect(rows.rates).toEqual([
      { fromCurrency: 'USD', toCurrency: 'GBP', rate: '0.79', date: '2027-01-10' },
      { fromCurrency: 'EUR', toCurrency: 'GBP', rate: '0.86', date: '2027-01-11' },
    ]);
  });

  it('go with every batch of the page', () => {
    const { adapter, rows } = mapped(manifest(RATES), {
      hotels: Array.from({ length: 250 }, (_, at) => hotel(`h${at}`, 'USD')),
      rates: [{ of: 'USD', into: 'GBP', at: '0.79', day: '2027-01-10' }],
    });
    const plan = planColumns(adapter as Adapter, verticals().get('stay')!);
    const partner = { name: 'tried', plan, adapter } as unknown as ConfiguredPartner;
    const batches = buildBatches({ partner, answer: 'a', manifest: 'm', fetchedAt: 0, mapped: rows });
    expect(batches.map(({ partnerRates }) => partnerRates.map(({ rate }) => rate))).toEqual([['0.79'], ['0.79']]);
  });

  it('are of the day of the answer where the manifest does not say where theirs stands', () => {
    const body = { hotels: [hotel('a', 'USD')], rates: [{ of: 'USD', into: 'GBP', at: '0.79' }] };
    expect(mapped(manifest(RATES.replace(', date: it.day', '')), body).rows.rates[0]?.date).toBe('2027-01-11');
    // Where it does, and there is none, nobody guesses.
    expect(mapped(manifest(RATES), body).rows.rates[0]?.date).toBe('');
  });

  it('that are none go on as they are written, and none are read where there are no rows', () => {
    const rates = [
      { of: 'USD', into: 'GBP', at: '-1', day: '2027-01-10' },
      { of: 'USD', into: 'EUR', day: '2027-01-10' },
    ];
    expect(mapped(manifest(RATES), { hotels: [hotel('a', 'USD')], rates }).rows.rates.map(({ rate }) => rate)).toEqual([
      '-1',
      '',
    ]);
    expect(mapped(manifest(RATES), { hotels: [], rates }).rows.rates).toEqual([]);
    expect(mapped(manifest(RATES), { hotels: [hotel('a', 'USD')] }).rows.rates).toEqual([]);
  });

  it('leave the values of rows alone', () => {
    const body = { hotels: [hotel('a', 'USD')], rates: [{ of: 'USD', into: 'GBP', at: '0.79', day: '2027-01-10' }] };
    const adapter = compiled(manifest(RATES));
    const read = adapter.read(body, asked());
    if ('failure' in read) throw new Error(read.detail);
    const [row] = read.rows;
    expect(adapter.rates!(row!, asked())).toHaveLength(1);
    expect(adapter.price(row!, asked())).toMatchObject({ totalMinor: 10_000, currency: 'USD' });
    expect(adapter.nameOf!(row!)).toBe('a');
  });

  it.each([
    [
      'no list',
      'rates: {each: size(body.rates), from: it.of, to: it.into, rate: it.at}\n',
      /expected an expression of type list/,
    ],
    ['no rate', 'rates: {each: body.rates, from: it.of, to: it.into}\n', /missing key "rate"/],
    ['a row', 'rates: {each: body.rates, from: row.of, to: it.into, rate: it.at}\n', /row/],
  ])('are refused with %s', (_, rates, expected) => {
    expect(() => compiled(manifest(rates))).toThrow(expected);
  });
});
