import { describe, expect, it } from 'vitest';
import { vertical } from '../../../libs/vertical/index.ts';
import { appliedBy, constraintsIn, wireConstraints } from '../filters.ts';
import { filtered } from '../partners/testing.ts';
import { acmeContext, adapterFrom, asked, changed } from '../testing/acme.ts';

/** Acme with filters, all of which its search's query reads. */
async function filtering(filters: string, query: string) {
  return adapterFrom(
    changed(['search:\n  path: /rides\n', `filters: ${filters}\nsearch:\n  path: /rides\n  query: ${query}\n`]),
  );
}

type Acme = Awaited<ReturnType<typeof filtering>>;

function queryOf(adapter: Acme, filter: string): Record<string, string> {
  const { path } = asked(adapter, filtered(adapter, acmeContext(), filter));
  return Object.fromEntries(new URL(path, 'http://acme.example').searchParams);
}

function appliedOf(adapter: Acme, filter: string): string[] {
  return filtered(adapter, acmeContext(), filter).filters.map(({ text }) => text);
}

describe('filters of a manifest', () => {
  it('reach the request where the search has them, and leave their parameters out where it has not', async () => {
    const adapter = await filtering(
      '{ capacity: [at_least], wheelchair_accessible: [is_true], ride_class: [any_of], vehicle_tags: [contains] }',
      '{ seats: filters.capacity.at_least, wheelchair: filters.wheelchair_accessible.is_true, class: filters.ride_class.any_of, tag: filters.vehicle_tags.contains.join("+") }',
    );
    expect(queryOf(adapter, '')).toEqual({});
    expect(queryOf(adapter, 'capacity > 3 && wheelchair_accessible && "pets" in vehicle_tags')).toEqual({
      seats: '4',
      wheelchair: 'true',
      tag: 'pets',
    });
    expect(queryOf(adapter, '"pets" in vehicle_tags && "child-seat" in vehicle_tags')).toEqual({
      tag: 'pets+child-seat',
    });
    expect(queryOf(adapter, 'ride_class == "VAN"')).toEqual({ class: 'VAN' });
    expect(queryOf(adapter, '!wheelchair_accessible && capacity <= 3 && ride_class.startsWith("V")')).toEqual({});
  });

  it('are applied as they are, or as the narrowest that follows from them', async () => {
    const adapter = await filtering(
      '{ capacity: [at_least, equals] }',
      '{ a: filters.capacity.at_least, b: filters.capacity.equals }',
    );
    expect(appliedOf(adapter, 'capacity == 4')).toEqual(['capacity == 4']);
    expect(appliedOf(adapter, 'capacity in [4, 6]')).toEqual(['capacity >= 4']);
    expect(appliedOf(adapter, 'capacity >= 2 && capacity > 3 && capacity >= 1')).toEqual(['capacity >= 4']);
    expect(appliedOf(adapter, 'capacity <= 4')).toEqual([]);
    expect(appliedOf(adapter, 'luggage_capacity >= 4')).toEqual([]);
  });

  it('are asked for only where the partner can apply the value', async () => {
    const adapter = await filtering(
      '{ capacity: { at_least: "value in [4, 6, 8]" } }',
      '{ a: filters.capacity.at_least }',
    );
    expect(queryOf(adapter, 'capacity >= 6')).toEqual({ a: '6' });
    expect(queryOf(adapter, 'capacity >= 5')).toEqual({});
    expect(appliedOf(adapter, 'capacity >= 5')).toEqual([]);
    expect(await filtering('{ capacity: { at_least: false } }', '{ a: filters.capacity.at_least }')).toMatchObject({
      filters: new Map(),
    });
  });

  it('never hand on a name that the enum does not have', async () => {
    const adapter = await filtering('{ ride_class: [any_of] }', '{ class: filters.ride_class.any_of }');
    expect(appliedOf(adapter, 'ride_class in ["VAN", "TANK"]')).toEqual([]);
    expect(appliedOf(adapter, 'ride_class in ["VAN", "TAXI"]')).toEqual(['ride_class in ["TAXI", "VAN"]']);
  });

  it('give times as moments, and bounds of doubles as they stand', async () => {
    const adapter = await filtering(
      '{ free_cancellation_until: [at_least], surge_multiplier: [below, at_most] }',
      '{ until: string(filters.free_cancellation_until.at_least), surge: filters.surge_multiplier.below, most: filters.surge_multiplier.at_most }',
    );
    expect(queryOf(adapter, 'free_cancellation_until >= timestamp("2027-01-12T09:00:00Z")')).toEqual({
      until: '2027-01-12T09:00:00Z',
    });
    expect(queryOf(adapter, 'surge_multiplier < 1.5')).toEqual({ surge: '1.5' });
  });

  it('may be read by a mapping for what the partner does not report', async () => {
    const adapter = await adapterFrom(
      changed(
        [
          'search:\n  path: /rides\n',
          'filters: { free_cancellation: [is_true] }\nsearch:\n  path: /rides\n  query: { free: filters.free_cancellation.is_true }\n',
        ],
        [
          '    capacity: row.seats',
          '    capacity: row.seats\n    free_cancellation: filters.free_cancellation.is_true',
        ],
      ),
    );
    const body = { rides: [{ id: 'a', price: '1', currency: 'GBP', name: 'x', kind: 'A', seats: 4 }] };
    const reported = (filter: string) => {
      const context = filtered(adapter, acmeContext(), filter);
      const result = adapter.read(body, context);
      if ('failure' in result) throw new Error(result.detail);
      return adapter.columns.free_cancellation?.(result.rows[0]!, context);
    };
    expect(reported('free_cancellation')).toBe(true);
    expect(reported('')).toBeUndefined();
  });
});

describe('a filter', () => {
  const ride = vertical('ride');

  it('is refused where it is none of the vertical', () => {
    expect(() => constraintsIn('stops <= 1', ride)).toThrow(/line 1, column 1: unknown variable "stops"/);
    expect(() => constraintsIn('price < 5.0', ride)).toThrow(/unknown variable "price"/);
    expect(constraintsIn(' ', ride)).toEqual([]);
  });

  it('asks nothing of a partner that declares nothing', () => {
    expect(appliedBy(undefined, constraintsIn('capacity >= 4', ride), ride, acmeContext())).toEqual([]);
  });

  it('reaches a remote adapter condition by condition, in texts', () => {
    const filter =
      'capacity >= 4 && ride_class in ["VAN", "TAXI"] && shared == false && free_cancellation_until > timestamp(0)';
    expect(wireConstraints(constraintsIn(filter, ride), ride)).toEqual([
      { text: 'capacity >= 4', attribute: 'capacity', operator: 'at_least', values: ['4'] },
      { text: 'ride_class in ["TAXI", "VAN"]', attribute: 'ride_class', operator: 'any_of', values: ['TAXI', 'VAN'] },
      { text: '!shared', attribute: 'shared', operator: 'is_false', values: [] },
      {
        text: 'free_cancellation_until > timestamp("1970-01-01T00:00:00.000Z")',
        attribute: 'free_cancellation_until',
        operator: 'above',
        values: ['1970-01-01T00:00:00.000Z'],
      },
    ]);
  });
});
