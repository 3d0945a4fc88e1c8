import { describe, expect, it } from 'vitest';
import { RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { verticals } from '../../../libs/vertical/index.ts';
import type { Adapter } from '../adapter.ts';
import { mapRows, planColumns } from '../map-rows.ts';
import { Rejections } from '../rejections.ts';
import { SeenOffers } from '../seen-offers.ts';
import { acme, acmeContext, adapterFrom, answered, changed, rejectionOf } from '../testing/acme.ts';

const ride = (id: string, other: object = {}) => ({
  id,
  name: 'Ride',
  kind: 'A',
  seats: 4,
  price: '10.00',
  currency: 'GBP',
  ...other,
});

/** The rows of an answer, as the adapter reads and supply takes them. */
async function mapped(manifest: string, body: object) {
  const adapter = await adapterFrom(manifest);
  const { rows } = answered(adapter, body, undefined);
  const plan = planColumns(adapter as Adapter, verticals().get('ride')!);
  const rejections = new Rejections();
  const found = mapRows(plan, adapter as Adapter, rows, acmeContext(), new SeenOffers(), rejections);
  const item = (at: number) => {
    const made = adapter.item(rows[at]!, acmeContext(), () => true);
    if (made?.$case !== 'ride') throw new Error('no ride');
    return made.value;
  };
  return { adapter, rows, found, rejections: rejections.toCounts(), item };
}

describe('a price that is worked out', () => {
  it('says which expression has no value, and why, where an amount is missing', async () => {
    const manifest = changed(
      ['mapping:\n', 'mapping:\n  let: { net: int(row.price), gross: net * 1000000 / 840336 }\n'],
      ['total: row.price', 'total: gross'],
    );
    const body = { rides: [ride('a', { price: 84 }), ride('b', { price: '90071992547' })] };
    expect((await mapped(manifest, body)).rejections).toEqual([
      {
        reason: RejectionReason.INVALID_AMOUNT,
        count: 1,
        example:
          'total of b: no amount: "gross" is absent: 90071992547 * 1000000 overflows: whole numbers go to 2^53 - 1',
      },
    ]);
    const without = await mapped(manifest, { rides: [ride('c', { price: undefined })] });
    expect(without.rejections[0]?.example).toBe('total of c: no amount: "net" is absent: there is no "price"');
  });
});

describe('a row with a wrong leaf', () => {
  it.each([
    ['seats that are text', { seats: 'many' }, 'capacity: "many" is no int'],
    ['seats that are half', { seats: 2.5 }, 'capacity: "2.5" is no int'],
    ['seats that are a list', { seats: [4] }, 'capacity: a list is no int'],
    ['no name of the enum', { kind: 'C' }, 'ride_class: "BUS" is no enum'],
  ])('is rejected alone for %s, with a reason', async (_what, other, example) => {
    const manifest = changed(['ride_class: classes[row.kind]', 'ride_class: \'row.kind == "C" ? "BUS" : "VAN"\'']);
    const { found, rejections } = await mapped(manifest, { rides: [ride('a'), ride('b', other), ride('c')] });
    expect(found.rows).toEqual([0, 2]);
    expect(rejections).toEqual([{ reason: RejectionReason.MISSING_FIELD, count: 1, example }]);
  });

  it.each([
    [{ id: undefined }, RejectionReason.MISSING_FIELD],
    [{ price: undefined }, RejectionReason.INVALID_AMOUNT],
    [{ price: 'ten' }, RejectionReason.INVALID_AMOUNT],
    [{ price: '-1.00' }, RejectionReason.NEGATIVE_AMOUNT],
    [{ price: '1.234' }, RejectionReason.INVALID_PRECISION],
    [{ currency: undefined }, RejectionReason.INVALID_CURRENCY],
    [{ currency: null }, RejectionReason.INVALID_CURRENCY],
    [{ currency: 'QQQ' }, RejectionReason.INVALID_CURRENCY],
    [{ currency: 'gbp' }, RejectionReason.INVALID_CURRENCY],
  ])('%j is rejected alone', async (other, reason) => {
    const { found, rejections } = await mapped(acme, { rides: [ride('a'), ride('b', other)] });
    expect(found.rows).toEqual([0]);
    expect(rejections.map((one) => [one.reason, one.count])).toEqual([[reason, 1]]);
  });
});

describe('joins, tables, names', () => {
  const manifest = changed(
    [
      'rows: body.rides',
      'joins:\n  owner: { each: body.owners, key: it.id }\n  car: { each: body.cars, key: "string(it.number) + owner[it.owner].mark" }\n' +
        'rows: body.rides',
    ],
    ['  id: row.id', '  let:\n    found: car[row.car]\n    owned: owner[found.owner].name\n  id: row.id'],
    ['product_name: row.name', 'product_name: owned'],
    ['capacity: row.seats', 'capacity: found.seats'],
  );
  const body = {
    owners: [{ id: 'o', name: 'Ann', mark: '!' }, { name: 'nobody' }, null],
    cars: [{ number: 7, owner: 'o', seats: 6 }],
  };

  it('lead from one part of the answer to another, and to nothing where there is nothing', async () => {
    const { adapter, rows, found } = await mapped(manifest, {
      ...body,
      rides: [
        ride('a', { car: '7!' }),
        ride('b', { car: '8!' }),
        ride('c', { car: 'constructor', kind: 'constructor' }),
      ],
    });
    expect(found.rows).toEqual([0, 1, 2]);
    const read = (name: string) => rows.map((row) => adapter.columns[name]!(row, acmeContext()));
    expect(read('product_name')).toEqual(['Ann', undefined, undefined]);
    expect(read('capacity')).toEqual([6, undefined, undefined]);
    // A code is never what objects inherit.
    expect(read('ride_class')).toEqual(['STANDARD', 'STANDARD', undefined]);
  });

  it('are those of each row, in whatever order rows are read', async () => {
    const { adapter, rows } = await mapped(manifest, {
      ...body,
      cars: [...body.cars, { number: 9, owner: 'o', seats: 2 }],
      rides: [ride('a', { car: '7!' }), ride('b', { car: '9!' })],
    });
    const seats = (at: number) => adapter.columns.capacity!(rows[at]!, acmeContext());
    expect([seats(1), seats(0), seats(1), seats(0)]).toEqual([2, 6, 2, 6]);
  });

  it('are empty where the answer lacks the list', async () => {
    const { found, item } = await mapped(manifest, { rides: [ride('a', { car: '7!' })] });
    expect(found.rows).toEqual([0]);
    expect(item(0)).toMatchObject({ productName: '', capacity: undefined });
  });

  it('work in loops, one in the other, whose elements may be left out', async () => {
    const loops = changed(
      [
        'rows: body.rides',
        'rows:\n  - { each: body.fleets, as: fleet }\n  - { each: fleet.rides, as: row, where: row.kind != "X" }',
      ],
      ['product_name: row.name', 'product_name: fleet.name'],
    );
    const { adapter, rows } = await mapped(loops, {
      fleets: [
        { name: 'A', rides: [ride('a'), ride('x', { kind: 'X' })] },
        { name: 'B' },
        { name: 'C', rides: [ride('c')] },
      ],
    });
    expect(rows.map((row) => adapter.columns.product_name!(row, acmeContext()))).toEqual(['A', 'C']);
  });

  it('give every element of a key where the join says so, in their order', async () => {
    const several = changed(
      ['rows: body.rides', 'joins:\n  drivers: { each: body.drivers, key: it.car, all: true }\nrows: body.rides'],
      ['product_name: row.name', 'product_name: "drivers[row.car].map(d, d.name).join(\' and \')"'],
    );
    const drivers = [
      { car: 'x', name: 'Ann' },
      { car: 'y', name: 'Ben' },
      { car: 'x', name: 'Cid' },
    ];
    const { adapter, rows } = await mapped(several, {
      drivers,
      rides: [ride('a', { car: 'x' }), ride('b', { car: 'y' }), ride('c', { car: 'z' })],
    });
    const names = rows.map((row) => adapter.columns.product_name!(row, acmeContext()));
    expect(names).toEqual(['Ann and Cid', 'Ben', undefined]);
  });

  it('may read the answer alone, a row, or names of both kinds, whichever row is read first', async () => {
    const mixed = changed(
      [
        '  id: row.id',
        '  let:\n    house: body.house + "/"\n    own: house + row.id\n    twice: house + house\n    both: own + twice\n  id: row.id',
      ],
      ['product_name: row.name', 'product_name: both'],
    );
    const { adapter, rows } = await mapped(mixed, { house: 'h', rides: [ride('a', {}), ride('b', {})] });
    const names = rows.toReversed().map((row) => adapter.columns.product_name!(row, acmeContext()));
    expect(names).toEqual(['h/bh/h/', 'h/ah/h/']);
  });

  it('are read of the right row, in whatever order columns of several rows are asked for', async () => {
    const { adapter, rows } = await mapped(changed(), {
      rides: [ride('a', { name: 'A', seats: 2 }), ride('b', { name: 'B', seats: 3 })],
    });
    const [a, b] = rows as [never, never];
    const { product_name: name, capacity } = adapter.columns as Record<
      string,
      (row: never, context: unknown) => unknown
    >;
    const context = acmeContext();
    expect([
      name!(a, context),
      name!(b, context),
      capacity!(a, context),
      capacity!(b, context),
      name!(a, context),
    ]).toEqual(['A', 'B', 2, 3, 'A']);
  });
});

describe('reject', () => {
  it('takes rows that are no offers, and says why', async () => {
    const manifest = changed([
      '  price:\n',
      '  reject:\n    - { when: row.seats < criteria.passengers, because: too few seats }\n    - { when: row.test, because: a test }\n  price:\n',
    ]);
    const { found, rejections } = await mapped(manifest, {
      rides: [ride('a', { seats: 0 }), ride('b', { test: true }), ride('c', { test: 'yes' })],
    });
    expect(found.rows).toEqual([2]);
    expect(rejections).toEqual([{ reason: RejectionReason.MISSING_FIELD, count: 2, example: 'a: too few seats' }]);
  });
});

describe('a price', () => {
  const priced = (keys: string) => changed(['    total: row.price\n', `    total: row.price\n${keys}`]);

  it('is a range where its upper end is another one', async () => {
    const manifest = priced('    totalMax: row.most\n');
    const { found, rejections } = await mapped(manifest, {
      rides: [ride('a', { most: '12.00' }), ride('b', { most: '10.00' }), ride('c'), ride('d', { most: '9.00' })],
    });
    expect(found.prices.map(({ totalMinor, totalMaxMinor }) => [totalMinor, totalMaxMinor])).toEqual([
      [1000, 1200],
      [1000, undefined],
      [1000, undefined],
    ]);
    expect(rejections).toMatchObject([{ reason: RejectionReason.INVALID_AMOUNT, count: 1 }]);
  });

  it('in minor units is a whole number', async () => {
    const { found, rejections } = await mapped(priced('    unit: minor\n'), {
      rides: [
        ride('a', { price: 1234 }),
        ride('b', { price: '99' }),
        ride('c', { price: 12.5 }),
        ride('d', { price: '1.00' }),
      ],
    });
    expect(found.prices.map(({ totalMinor }) => totalMinor)).toEqual([1234, 99]);
    expect(rejections).toMatchObject([{ reason: RejectionReason.INVALID_AMOUNT, count: 2 }]);
  });

  it('says its tax basis where the row does, with tax and what is due later', async () => {
    const manifest = priced('    basis: row.basis\n    tax: row.tax\n    dueLater: row.later\n');
    const { found, rejections } = await mapped(manifest, {
      rides: [ride('a', { basis: 'EXCLUDED', tax: '1.50', later: 2 }), ride('b'), ride('c', { basis: 'SOME' })],
    });
    expect(found.prices).toMatchObject([
      { basis: 2, taxMinor: 150, dueLaterMinor: 200 },
      { basis: 1, taxMinor: -1, dueLaterMinor: 0 },
    ]);
    expect(rejections).toMatchObject([{ reason: RejectionReason.UNKNOWN_TAX_BASIS }]);
  });

  it('of a meter is none', async () => {
    const { rejections } = await mapped(priced('    metered: row.meter\n'), { rides: [ride('a', { meter: true })] });
    expect(rejections).toMatchObject([{ reason: RejectionReason.METERED, count: 1 }]);
  });
});

describe('an expiry', () => {
  it('is the earliest of what is stated, else what the manifest says', async () => {
    const manifest = changed(['  item:\n', '  expires: { at: row.until, afterSeconds: row.seconds }\n  item:\n']);
    const { adapter, rows } = await mapped(manifest, {
      rides: [
        ride('a'),
        ride('b', { until: '2027-01-11T09:05:00Z' }),
        ride('c', { until: '2027-01-11T09:05:00Z', seconds: 30 }),
        ride('d', { seconds: '90' }),
        ride('e', { until: '2027-01-11T09:05:00' }),
        ride('f', { seconds: 'soon' }),
      ],
    });
    const { fetchedAt } = acmeContext();
    const ends = rows.slice(0, 4).map((row) => (adapter.expiresAt(row, acmeContext()) - fetchedAt) / 1_000);
    expect(ends).toEqual([60, 300, 30, 90]);
    expect(rejectionOf(adapter, rows[4]!)).toMatch(/no moment with an offset/);
    expect(rejectionOf(adapter, rows[5]!)).toMatch(/no number of seconds/);
  });
});

describe('a time', () => {
  const manifest = (zone: string) =>
    changed([
      '    capacity: row.seats\n',
      `    capacity: row.seats\n    free_cancellation_until: { instant: row.until, zone: ${zone} }\n`,
    ]);

  it('that is a moment is shown on the clock of its zone', async () => {
    const { item } = await mapped(manifest('\'"Europe/Paris"\''), {
      rides: [ride('a', { until: '2027-07-01T10:00:00Z' }), ride('b')],
    });
    expect(item(0).freeCancellationUntil).toEqual({
      dateTime: '2027-07-01T12:00:00',
      timeZone: 'Europe/Paris',
      utcOffsetMinutes: 120,
    });
    expect(item(1).freeCancellationUntil).toBeUndefined();
  });

  it('in a zone that there is not, or that no calendar has, rejects its row', async () => {
    const { adapter, rows } = await mapped(manifest('row.zone'), {
      rides: [
        ride('a', { until: '2027-07-01T10:00:00Z', zone: 'Mars/Olympus' }),
        ride('b', { until: 9e15, zone: 'UTC' }),
        ride('c', { until: 'tomorrow', zone: 'UTC' }),
      ],
    });
    for (const row of rows) expect(rejectionOf(adapter, row)).toMatch(/free_cancellation_until: no/);
  });

  it('on the wall of a place becomes a moment by local_instant', async () => {
    const { adapter, rows } = await mapped(
      manifest('\'"UTC"\'').replace('instant: row.until', "instant: 'local_instant(row.until, row.zone)'"),
      {
        rides: [
          ride('a', { until: '2027-07-01T10:00', zone: 'Europe/Paris' }),
          ride('b', { until: '2027-07-01T10:00', zone: 'Mars/Olympus' }),
        ],
      },
    );
    const read = adapter.columns.free_cancellation_until!;
    expect(read(rows[0]!, acmeContext())).toBe(Date.parse('2027-07-01T08:00:00Z'));
    expect(read(rows[1]!, acmeContext())).toBeUndefined();
  });
});

describe('a row that is asked for again', () => {
  const found = async (manifest: string, body: object) => {
    const { adapter, rows } = await mapped(manifest, { rides: [ride('a')] });
    const request = adapter.verify(rows[0]!, acmeContext());
    const context = acmeContext({ progress: request.progress! });
    const said = adapter.readVerified(body, context, rows[0]!);
    const held = 'row' in said ? adapter.rowOfVerified(body, context).values : undefined;
    return { path: request.path, said: 'row' in said ? (said.row.values as readonly unknown[])[0] : said, held };
  };

  it('counts also under another id where the answer is about it alone', async () => {
    const { path, said, held } = await found(acme, { ride: ride('z', { price: '11.00' }) });
    expect(path).toBe('/rides/a');
    expect(said).toMatchObject({ id: 'z', price: '11.00' });
    expect(held).toEqual([said]);
  });

  it('is found by its id among others, and is gone where it is not there', async () => {
    const many = changed(['  rows: list(body.ride)\n  single: true\n', '']);
    expect((await found(many, { rides: [ride('b'), ride('a', { price: '9.00' })] })).said).toMatchObject({
      price: '9.00',
    });
    expect((await found(many, { rides: [ride('b')] })).said).toHaveProperty('gone');
    expect((await found(acme, { ride: [ride('b'), ride('c')] })).said).toHaveProperty('gone');
    expect((await found(acme, {})).said).toHaveProperty('gone');
  });
});

describe('a hand-off', () => {
  const way = async (handoff: string, other = {}) => {
    const { adapter, rows } = await mapped(changed(['handoff:\n  token: row.id\n', handoff]), {
      rides: [ride('a', other)],
    });
    return adapter.handoff(rows[0]!, acmeContext(), 'click/1');
  };

  it('is a link where there is one, else a token', async () => {
    const both = 'handoff:\n  url: row.link + "?c=" + url_encode(click)\n  token: row.id\n';
    expect(await way(both, { link: 'https://acme.example/a' })).toEqual({ url: 'https://acme.example/a?c=click%2F1' });
    expect(await way(both)).toEqual({ token: 'a' });
    await expect(way('handoff:\n  url: row.link\n')).rejects.toThrow(/has no link to go on with/);
  });
});
