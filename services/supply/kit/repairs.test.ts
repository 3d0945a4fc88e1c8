import { describe, expect, it } from 'vitest';
import { RepairReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { verticals } from '../../../libs/vertical/index.ts';
import type { Adapter } from '../adapter.ts';
import { mapRows, planColumns } from '../map-rows.ts';
import { Rejections } from '../rejections.ts';
import { Repairs } from '../repairs.ts';
import { SeenOffers } from '../seen-offers.ts';
import { acmeContext, adapterFrom, answered, changed } from '../testing/acme.ts';
import { lookupOf } from './lookup.ts';

/** What is put right in the rows of an answer. */
async function repairs(manifest: string, rides: readonly object[]) {
  const adapter = await adapterFrom(manifest);
  const { rows } = answered(adapter, { rides }, undefined);
  const plan = planColumns(adapter as Adapter, verticals().get('ride')!);
  const counted = new Repairs();
  const rejections = new Rejections();
  mapRows(plan, adapter as Adapter, rows, acmeContext(), new SeenOffers(), rejections, undefined, counted);
  expect(rejections.toCounts()).toEqual([]);
  return counted.toCounts();
}

const ride = (id: string, other: object = {}) => ({
  id,
  name: id,
  kind: 'A',
  seats: 4,
  price: '10.00',
  currency: 'GBP',
  ...other,
});

describe('what is put right in rows', () => {
  it('is a code that the table of a field does not have; a row without one has nothing to put right', async () => {
    const rows = [ride('a'), ride('b', { kind: 'Q' }), ride('c', { kind: 'R' }), ride('d', { kind: undefined })];
    expect(await repairs(changed(), rows)).toEqual([
      { reason: RepairReason.CODE_UNKNOWN, attribute: 'ride_class', count: 2, example: 'Q' },
    ]);
  });

  it('is an offset or "Z" behind a time of which the manifest knows that it is the clock of the place', async () => {
    const manifest = changed([
      'capacity: row.seats',
      'capacity: row.seats\n    wheelchair_accessible: now < local_instant(row.until, "Europe/Madrid")',
    ]);
    const rows = [
      ride('a', { until: '2028-01-01T10:00:00Z' }),
      ride('b', { until: '2028-01-01T10:00:00' }),
      ride('c', { until: '2028-01-01T10:00:00+01:00' }),
    ];
    expect(await repairs(manifest, rows)).toMatchObject([{ reason: RepairReason.FALSE_ZONE, count: 2 }]);
  });

  it('is a time that the clocks of the place skip, or show twice', async () => {
    const manifest = changed([
      'capacity: row.seats',
      'capacity: row.seats\n    wheelchair_accessible: now < local_instant(row.until, "Europe/Madrid")',
    ]);
    const rows = [
      ride('a', { until: '2028-03-26T02:30:00' }),
      ride('b', { until: '2028-10-29T02:30:00' }),
      ride('c', { until: '2028-10-29T04:30:00' }),
    ];
    expect(await repairs(manifest, rows)).toMatchObject([
      { reason: RepairReason.TIME_IN_GAP, count: 1, example: '2028-03-26T02:30:00 in Europe/Madrid' },
      { reason: RepairReason.TIME_TWICE, count: 1, example: '2028-10-29T02:30:00 in Europe/Madrid' },
    ]);
  });
});

it.each([
  ['boards[row.code]', { table: 'boards', code: 'row.code' }],
  [' t[a["x]"] + b[0]] ', { table: 't', code: 'a["x]"] + b[0]' }],
  ['boards[row.code] + "x"', undefined],
  ['row.code', undefined],
])('%s is told apart from other expressions', (source, lookup) => {
  expect(lookupOf(source)).toEqual(lookup);
});
