import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Item } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { Adapter } from '../adapter.ts';
import { wantedBy } from '../wanted.ts';
import type { KitRow } from './answer.ts';
import { asked, compiled } from './testing.ts';

const context = asked();

const flights = `format: json
search: {path: /}
rows: body.fares
mapping:
  id: row.id
  price: {total: row.price, currency: '"EUR"'}
  item:
    cabin: row.cabin
    fare_brand: row.brand
    slices:
      each: row.ways
      as: way
      give:
        duration_minutes: 300
        segments:
          each: way
          as: leg
          give:
            origin: leg.from
            destination: leg.to
            departure: {local: leg.off}
            arrival: {local: leg.on}
            marketing_carrier: leg.carrier
            marketing_flight_number: leg.number
            aircraft: leg.aircraft
            cabin: leg.cabin
            fare_basis: leg.basis
            booking_class: leg.class
            origin_terminal: leg.terminal
`;
const leg = {
  from: 'LIS',
  to: 'WAW',
  off: '2027-03-27T08:00:00',
  on: '2027-03-27T13:00:00',
  carrier: 'VK',
  number: '712',
  aircraft: '320',
  cabin: 'BUSINESS',
  basis: 'XYZ',
  class: 'J',
  terminal: '1',
};
const fare = {
  id: '1',
  price: '10.00',
  cabin: 'ECONOMY',
  brand: 'Basic',
  ways: [[leg, { ...leg, from: 'WAW', to: 'VIE' }]],
};

const stays = `format: json
search: {path: /}
rows: body.rates
mapping:
  id: row.id
  price: {total: row.price, currency: '"EUR"'}
  item:
    property_code: row.id
    property_name: row.name
    board: row.board
    cancellation_steps:
      each: row.steps
      as: step
      give:
        from: {local: step.from, zone: step.zone}
        amount: step.amount
    rooms:
      each: row.rooms
      as: room
      give: {code: room.code, name: room.name, count: room.count}
`;
const rate = {
  id: 'h1',
  name: 'Casa',
  price: '10.00',
  board: 'ROOM_ONLY',
  steps: [{ from: '2027-05-01T12:00:00', zone: 'Europe/Lisbon', amount: '5.00' }],
  rooms: [
    { code: 'a', name: 'Attic', count: 1 },
    { code: 'b', name: 'Basement', count: 2 },
  ],
};

/** The same data that notes by name what is read of it. */
function watched<T>(value: T, read: string[]): T {
  if (Array.isArray(value)) return value.map((one) => watched(one, read)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const copy = {};
  for (const [name, inner] of Object.entries(value)) {
    const kept = watched(inner, read);
    const get = () => {
      read.push(name);
      return kept;
    };
    Object.defineProperty(copy, name, { get, enumerable: true });
  }
  return copy as T;
}

interface Watch {
  readonly adapter: Adapter<KitRow>;
  readonly row: KitRow;
  /** What is read of the row while its item is made for a mask, each once. */
  reads(mask: readonly string[]): string[];
}

function watch(adapter: Adapter<KitRow>, body: unknown): Watch {
  const read: string[] = [];
  const result = adapter.read(watched(body, read), context);
  if ('failure' in result) throw new Error(result.detail);
  const [row] = result.rows;
  // As after a search: the columns were read, and what follows from several of them is known.
  for (const column of Object.values(adapter.columns)) column(row!, context);
  return {
    adapter,
    row: row!,
    reads(mask) {
      read.length = 0;
      adapter.item(row!, context, wantedBy(mask));
      return [...new Set(read)].sort();
    },
  };
}

/** A message as JSON with what a mask names of it alone. */
function pruned(json: unknown, paths: readonly (readonly string[])[]): unknown {
  if (Array.isArray(json)) return json.map((one) => pruned(one, paths));
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(json as Record<string, unknown>)) {
    const within = paths.filter(([first]) => first === name);
    if (within.length === 0) continue;
    const rest = within.map(([, ...behind]) => behind);
    kept[name] = rest.some((behind) => behind.length === 0) ? value : pruned(value, rest);
  }
  return kept;
}

/** The paths of every field in a message as JSON, those of times aside. */
function pathsIn(json: unknown, at = ''): string[] {
  if (Array.isArray(json)) return json.flatMap((one) => pathsIn(one, at));
  if (typeof json !== 'object' || json === null || 'dateTime' in json) return [];
  return Object.entries(json).flatMap(([name, value]) => {
    const path = at === '' ? name : `${at}.${name}`;
    return [path, ...pathsIn(value, path)];
  });
}

const samples = [
  ['flight', compiled(flights, {}, 'flight'), { fares: [fare] }],
  ['stay', compiled(stays), { rates: [rate] }],
] as const;

describe('a field that nobody asks for', () => {
  it('is not made: nothing of the row is read for it', () => {
    const { reads } = watch(samples[0][1], { fares: [fare] });
    expect(reads(['cabin'])).toEqual(['cabin']);
    expect(reads(['fare_brand', 'stops'])).toEqual(['brand']);
    expect(reads(['carriers', 'departure', 'duration_minutes'])).toEqual([]);
    expect(reads(['slices.segments.marketing_carrier', 'slices.segments.departure'])).toEqual([]);
    expect(reads(['slices.segments.aircraft'])).toEqual(['aircraft', 'ways']);
    expect(reads(['slices.segments.aircraft', 'slices.segments.bookingClass'])).toEqual(['aircraft', 'class', 'ways']);
    const all = ['aircraft', 'basis', 'brand', 'cabin', 'class', 'terminal', 'ways'];
    expect(reads([])).toEqual(all);
    expect(reads(['slices'])).toEqual(all.filter((name) => name !== 'brand'));
  });

  it('is not made within lists and messages either', () => {
    const { reads } = watch(samples[1][1], { rates: [rate] });
    expect(reads(['rooms.name'])).toEqual(['name', 'rooms']);
    expect(reads(['rooms'])).toEqual(['code', 'count', 'name', 'rooms']);
    expect(reads(['cancellation_steps.amount'])).toEqual(['amount', 'steps']);
    expect(reads(['board'])).toEqual(['board']);
  });

  it('is not asked of map.ts, which is told what is asked for within one that is', () => {
    const called: string[] = [];
    const fields = {
      property_name: () => {
        called.push('property_name');
        return 'Casa';
      },
      rooms: (_values: never, _context: unknown, wanted: (field: string) => boolean) => {
        called.push(`rooms: ${['code', 'name', 'count'].filter(wanted).join(' ')}`);
        return [];
      },
    };
    const { reads } = watch(compiled(stays, { fields }), { rates: [rate] });
    const calledBy = (mask: readonly string[]): string[] => {
      called.length = 0;
      reads(mask);
      return [...called];
    };
    expect(calledBy(['board'])).toEqual([]);
    expect(calledBy(['rooms.name', 'rooms.count'])).toEqual(['rooms: name count']);
    expect(calledBy([])).toEqual(['property_name', 'rooms: code name count']);
  });

  it.each(samples)('leaves what is asked for as it is, for whatever mask: %s', (_, adapter, body) => {
    const { row } = watch(adapter, body);
    const made = (mask: readonly string[]): unknown =>
      Object.values(Item.toJSON({ vertical: adapter.item(row, context, wantedBy(mask)) }) as object)[0];
    const whole = made([]);
    const paths = [...new Set(pathsIn(whole))];
    expect(paths.length).toBeGreaterThanOrEqual(10);
    fc.assert(
      fc.property(fc.subarray(paths, { minLength: 1 }), (mask) => {
        const split = mask.map((path) => path.split('.'));
        expect(made(mask)).toEqual(pruned(whole, split));
      }),
    );
  });
});
