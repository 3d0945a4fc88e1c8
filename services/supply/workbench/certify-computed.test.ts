import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openOffline } from './bench.ts';
import { loadCase, resultOf } from './cases.ts';
import { moneyChecks } from './certify-money.ts';
import { exactness } from './grade.ts';
import { RowTrial } from './row-trial.ts';

const scratch = mkdtempSync(join(tmpdir(), 'entrepot-computed-'));
afterAll(() => rmSync(scratch, { recursive: true }));
let count = 0;

/** A partner of stays that states nights net with a tax in percent, and never a sum. */
const manifest = `name: inn
title: Inn
vertical: stay
format: json
defaults: { timeoutMs: 1000, maxPages: 1, maxBodyBytes: 65536, concurrency: 2, lifetimeSeconds: 600 }
search: { path: /inns }
rows: body.offers
mapping:
  id: row.id
  let:
    decimals: 'row.nights.map(n, size(first(n.net.split(".")[1], "")))'
    scale: 'decimals[0] == 0 ? 1 : (decimals[0] == 2 ? 100 : 1000)'
    net: row.nights.map(n, int(n.net.replace(".", "")))
    tax: row.nights.map(n, (int(n.net.replace(".", "")) * int(n.pct) + 50) / 100).sum()
    total: net.sum() + tax
  reject:
    - { when: "!decimals.all(d, d == decimals[0] && d in [0, 2, 3])", because: its amounts are written otherwise }
  price:
    total: double(total) / double(scale)
    currency: row.iso
    basis: '"INCLUDED"'
  item: { property_code: row.inn, property_name: row.inn, room_name: row.room }
verify: { request: { path: "/inns/{row.id}" }, single: true }
handoff: { token: row.id }
`;

const offer = (id: string, iso: string, nights: readonly (readonly [net: string, pct: number])[]) => ({
  id,
  iso,
  inn: 'I1',
  room: 'Double',
  nights: nights.map(([net, pct]) => ({ net, pct })),
});
const offers = [
  offer('euros', 'EUR', [
    ['81.35', 10],
    ['79.90', 7],
  ]),
  offer('yen', 'JPY', [['8135', 10]]),
  offer('dinars', 'KWD', [
    ['21.355', 5],
    ['21.355', 5],
  ]),
];

/** What the money checks find, by their names: failed ones with what was seen. */
async function found(replace: readonly (readonly [string, string])[] = [], rows: readonly object[] = offers) {
  const folder = join(scratch, String(++count), 'inn');
  const text = replace.reduce((made, [from, to]) => {
    if (!made.includes(from)) throw new Error(`the manifest has no ${from}`);
    return made.replace(from, () => to);
  }, manifest);
  const write = (file: string, content: string): string => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
    return join(folder, file);
  };
  write('manifest.yaml', text);
  const body = JSON.stringify({ offers: rows });
  write('cassettes/all.yaml', JSON.stringify({ exchanges: [{ answer: { status: 200, body } }] }));
  const file = write(
    'cases/all.yaml',
    'kind: exemplary\ncassette: ../cassettes/all.yaml\nnow: 2027-01-11T09:00:00Z\nmarket: AT\ncurrency: EUR\ncriteria: { stay: { place: INN } }\n',
  );
  const { partner } = await openOffline(folder);
  const { search } = await resultOf(loadCase(file), partner);
  const trials = search.answers.flatMap(({ rows: read, context, body: whole }) =>
    read.map((row, at) => new RowTrial(partner, row, context, { body: whole, at })),
  );
  const checks = moneyChecks(trials);
  const failed = checks.filter(({ result }) => result === 'failed');
  return {
    failed: Object.fromEntries(failed.map(({ name, detail = '' }) => [name, detail])),
    exact: checks.find(({ name }) => name === exactness)!,
    passed: checks.filter(({ result }) => result === 'passed').map(({ name }) => name),
  };
}

describe('a total that is worked out of nights and taxes in percent', () => {
  it('is exact where it is, without anybody knowing the formula', async () => {
    const { failed, exact, passed } = await found();
    expect(failed).toEqual({});
    expect(exact).toMatchObject({ result: 'passed', detail: '3 tried' });
    expect(passed).toEqual(
      expect.arrayContaining([
        'a total that is worked out doubles with its amounts',
        'one minor unit more in an amount moves a total that is worked out by its part of it, and never back',
        'more digits than the currency has never make another amount of a total that is worked out',
        'an amount below zero is refused',
        'without its amount or its currency a row is refused, not priced by assumption',
      ]),
    );
  });

  it('is not where every currency is taken for one with two digits', async () => {
    const { failed } = await found(
      [['decimals[0] == 0 ? 1 : (decimals[0] == 2 ? 100 : 1000)', '100']],
      offers.slice(0, 1),
    );
    expect(failed[exactness]).toMatch(/2520000 (JPY|KWD) in each amount became \d+ minor units, not \d+/);
  });

  it('is not where decimals go through floats', async () => {
    const floats = [['total: double(total) / double(scale)', 'total: row.nights.map(n, double(n.net)).sum()']] as const;
    const { failed } = await found(floats, [
      offer('euros', 'EUR', [
        ['81.35', 0],
        ['79.90', 0],
        ['10.00', 0],
      ]),
    ]);
    expect(failed[exactness]).toContain('went through floats, see steady()');
  });

  it('is not where one digit more is read as an amount ten times as large', async () => {
    const blind = [['total: double(total) / double(scale)', 'total: total\n    unit: minor']] as const;
    const { failed } = await found(blind, offers.slice(0, 1));
    expect(failed).toEqual({
      'more digits than the currency has never make another amount of a total that is worked out':
        '1234.565 EUR in each amount became 2679007 minor units, not about 267901',
    });
  });

  it('is not where the tax is forgotten as soon as an amount is missing, or an amount below zero passes', async () => {
    const lax = [['total: net.sum() + tax', 'total: first(net.sum() + tax, 0)']] as const;
    const { failed } = await found(lax, offers.slice(0, 1));
    expect(failed['without its amount or its currency a row is refused, not priced by assumption']).toBe(
      'without row.nights[0].net the total was 0 minor units',
    );
    const { failed: turned } = await found(
      [['total: net.sum() + tax', 'total: math.greatest(net.sum() + tax, 0 - net.sum() - tax)']],
      offers.slice(0, 1),
    );
    expect(turned['an amount below zero is refused']).toBe('-2520000 EUR in each amount became 546839998 minor units');
  });

  it('cannot be tried where a part of it stands nowhere in the answer, and that says so', async () => {
    const { failed, exact } = await found(
      [['total: net.sum() + tax', 'total: net.sum() + tax + 500']],
      offers.slice(0, 1),
    );
    expect(failed).toEqual({});
    expect(exact).toMatchObject({
      result: 'not applicable',
      detail: expect.stringContaining(
        'doubling none of row.nights[].net, row.nights[].pct, alone or together, doubles its total: a part of it is no amount of the answer',
      ),
    });
  });

  it('is exact with a currency of its own that stands nowhere, in that currency alone', async () => {
    const { failed, exact } = await found([['currency: row.iso', 'currency: \'"EUR"\'']], offers.slice(0, 1));
    expect(failed).toEqual({});
    expect(exact.result).toBe('passed');
  });

  it('holds where a least fee bends it at small amounts', async () => {
    const bent = [['total: net.sum() + tax', 'total: net.sum() + math.greatest(tax, 300)']] as const;
    expect((await found(bent)).failed).toEqual({});
  });
});
