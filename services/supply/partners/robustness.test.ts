import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlightCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import type { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { StayCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { type Adapter, Rejection } from '../adapter.ts';
import { parseXml } from '../body.ts';

import { adapterOf, answerContext } from './testing.ts';

const duffel = await adapterOf('duffel');
const travelport = await adapterOf('travelport');
const hotelbeds = await adapterOf('hotelbeds');
const flights: Criteria = { vertical: { $case: 'flight', value: FlightCriteria.fromPartial({ adults: 1 }) } };
const stays = (...rooms: { adults: number; childAges?: number[] }[]): Criteria => ({
  vertical: { $case: 'stay', value: StayCriteria.fromPartial({ where: { $case: 'place', value: 'LIS' }, rooms }) },
});

const text = (file: string): string => readFileSync(new URL(`./${file}`, import.meta.url), 'utf8');
const answers: { name: string; file: string; adapter: Adapter; criteria: Criteria; rowsAt: string[] }[] = [
  {
    name: 'duffel',
    file: 'offer-request.json',
    adapter: duffel as Adapter,
    criteria: flights,
    rowsAt: ['data', 'offers'],
  },
  {
    name: 'travelport',
    file: 'price-points.xml',
    adapter: travelport as Adapter,
    criteria: flights,
    rowsAt: ['Envelope', 'Body', 'LowFareSearchRsp'],
  },
  {
    name: 'travelport',
    file: 'solutions.xml',
    adapter: travelport as Adapter,
    criteria: flights,
    rowsAt: ['Envelope', 'Body', 'LowFareSearchRsp'],
  },
  {
    name: 'hotelbeds',
    file: 'availability.json',
    adapter: hotelbeds as Adapter,
    criteria: stays({ adults: 2 }, { adults: 2 }),
    rowsAt: ['hotels', 'hotels'],
  },
  {
    name: 'hotelbeds',
    file: 'mixed-rooms.json',
    adapter: hotelbeds as Adapter,
    criteria: stays({ adults: 2 }, { adults: 1, childAges: [4, 9] }),
    rowsAt: ['hotels', 'hotels'],
  },
];

/** What the XML parser can make, and no documentation allows where it stands. */
const xmlJunk = fc.constantFrom<unknown>(
  '',
  'NaN',
  'EUR-1',
  'XYZ12.5',
  '-1',
  {},
  [],
  ['', ''],
  { '#text': 'x', '@Key': '' },
  ['x', { '@Key': 'x' }],
  '2027-02-30T10:00:00+01:00',
  'P1Y',
);

/** What no documentation of any partner allows where it stands. */
const jsonJunk = fc.constantFrom<unknown>(
  null,
  undefined,
  '',
  'NaN',
  '-1',
  '1e400',
  0,
  -7.5,
  Number.MAX_SAFE_INTEGER,
  true,
  [],
  [null],
  {},
  { '#text': 'x' },
  '2027-02-30T10:00:00',
  'P1Y',
  '\u0000',
);

/** Replaces the value that `steps` lead to, each step choosing among the members there. */
function broken(root: unknown, steps: readonly number[], value: unknown): void {
  let at = root as Record<string, unknown>;
  for (const [depth, step] of steps.entries()) {
    const keys = Object.keys(at);
    const key = keys[step % keys.length];
    if (key === undefined) return;
    // Attributes and texts are strings whatever the XML is.
    if ((key.startsWith('@') || key.startsWith('#')) && typeof value !== 'string') return;
    const next = at[key];
    if (depth === steps.length - 1 || typeof next !== 'object' || next === null) {
      at[key] = value;
      return;
    }
    at = next as Record<string, unknown>;
  }
}

describe.each(answers)('$name, $file', ({ name, file, adapter, criteria, rowsAt }) => {
  const parse = (raw: string): unknown => (file.endsWith('.xml') ? parseXml(raw) : JSON.parse(raw));
  const raw = text(`${name}/fixtures/${file}`);
  const context = answerContext(name, criteria, '2027-01-11T09:00:00Z', { targetBranch: 'P7000001' });

  it('with anything broken in its rows is still read, and what becomes an offer becomes a whole one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(40), { minLength: 1, maxLength: 12 }),
        file.endsWith('.xml') ? xmlJunk : jsonJunk,
        (steps, value) => {
          const body = parse(raw);
          const rowsNode = rowsAt.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], body);
          broken(rowsNode, steps, value);
          const result = adapter.read(body, context);
          if ('failure' in result) throw new Error(result.detail);
          for (const row of result.rows) {
            try {
              const price = adapter.price(row, context);
              expect(price.currency).toMatch(/^[A-Z]{3}$/);
              expect(Number.isSafeInteger(price.totalMinor) && price.totalMinor >= 0).toBe(true);
              expect(adapter.expiresAt(row, context)).toBeTypeOf('number');
              for (const column of Object.values(adapter.columns)) column(row, context);
              adapter.item(row, context, () => true);
            } catch (error) {
              if (!(error instanceof Rejection)) throw error;
            }
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});
