import { describe, expect, it } from 'vitest';
import { rowJson } from './told-row.ts';

describe('a row as JSON', () => {
  it('that is one element is that element', () => {
    expect(rowJson({ row: { id: 'a', price: 12.5, tags: [], none: null } })).toBe(
      '{"id":"a","price":12.5,"tags":[],"none":null}',
    );
    expect(rowJson({ row: 'text' })).toBe('"text"');
  });

  it('that loops made begins with the innermost element, and writes none of them twice', () => {
    const rate = { key: 'r2' };
    const room = { code: 'DBL', rates: [{ key: 'r1' }, rate, { key: 'r3' }] };
    const hotel = { name: 'Sol', rooms: { room } };
    expect(JSON.parse(rowJson({ hotel, room, rate }))).toEqual({
      rate: { key: 'r2' },
      room: { code: 'DBL', rates: '(rate and 2 more)' },
      hotel: { name: 'Sol', rooms: { room: '(room)' } },
    });
  });

  it('that map.ts made may hold whatever an object can', () => {
    const self: Record<string, unknown> = { big: 12n, call: () => 1, gone: undefined, map: new Map([['k', [1, 2]]]) };
    self.self = self;
    expect(JSON.parse(rowJson({ one: self, two: 2 }))).toEqual({
      two: 2,
      one: { big: '12', map: { k: [1, 2] }, self: '(what it stands in)' },
    });
  });

  it('ends early where it would be too long, with whole values', () => {
    const long = rowJson({ row: { list: Array.from({ length: 200_000 }, (_, at) => `value ${at}`) } });
    expect(long.length).toBeLessThan(201_000);
    expect((JSON.parse(long) as { list: string[] }).list.at(-1)).toMatch(/^value \d+$/);
  });
});
