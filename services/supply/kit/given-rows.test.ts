import { describe, expect, it } from 'vitest';
import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Door } from './door.ts';
import { asked, compiled } from './testing.ts';

const manifest = `format: json
search: {path: /}
let: {adults: 'criteria.rooms[0].adults'}
answer: {offers: body.offers, first_name: 'offers[0].name'}
joins: {hotels: {each: body.hotels, key: it.id}}
warning: [body.note, 'body.late ? "late" : ""']
rows: {given: [hotel, price]}
verify: {request: {path: /again}, single: true}
mapping:
  id: hotel.id
  price: {total: price, currency: '"EUR"'}
  item: {property_code: hotel.id, property_name: hotel.name}
`;

interface Names {
  readonly offers?: readonly { hotel: string; price: string }[];
  readonly hotels: Readonly<Record<string, object>>;
}

const door: Door = {
  rows: (_body, _context, names) => {
    const { offers, hotels } = names as unknown as Names;
    if (offers === undefined) return undefined;
    const rows = offers.map(({ hotel, price }) => ({ hotel: hotels[hotel], price }));
    return { rows, warning: rows.length > 1 ? 'more than one' : undefined };
  },
};

const body = {
  hotels: [
    { id: 'a', name: 'Alba' },
    { id: 'b', name: 'Boa' },
  ],
  offers: [
    { hotel: 'b', price: '12.50' },
    { hotel: 'a', price: '9.00' },
  ],
  note: 'cached',
  late: true,
};

describe('rows that map.ts makes', () => {
  const adapter = compiled(manifest, door);
  const context = asked();

  it('are mapped by the manifest, with what it names at hand, and every warning said', () => {
    const result = adapter.read(body, context);
    if ('failure' in result) throw new Error(result.detail);
    expect(result.rows.map((row) => adapter.columns.property_name!(row, context))).toEqual(['Boa', 'Alba']);
    expect(result.rows.map((row) => adapter.price(row, context).totalMinor)).toEqual([1250, 900]);
    expect(result.warning).toBe('cached; late; more than one');
  });

  it('are none, and that a fault, where the answer is none', () => {
    expect(adapter.read({ hotels: [] }, context)).toMatchObject({ failure: FailureKind.MALFORMED });
    const result = adapter.read(body, context);
    const row = 'rows' in result ? result.rows[0]! : undefined!;
    expect(adapter.readVerified({}, context, row)).toMatchObject({ failure: FailureKind.MALFORMED });
    expect(adapter.readVerified({ offers: [] }, context, row)).toHaveProperty('gone');
    const renamed = { hotels: [{ id: 'c', name: 'Casa' }], offers: [{ hotel: 'c', price: '1.00' }] };
    const found = adapter.readVerified(renamed, context, row);
    expect('row' in found && adapter.columns.property_name!(found.row, context)).toBe('Casa');
  });

  it('need the function and the names both', () => {
    expect(() => compiled(manifest)).toThrow(/no function "rows"/);
    expect(() => compiled(manifest.replace('{given: [hotel, price]}', 'body.offers'), door)).toThrow(/expected {given/);
    expect(() => compiled(manifest.replace('[hotel, price]', '[hotel, price, market]'), door)).toThrow(/is taken/);
  });

  it('leave their own price to the manifest where they say nothing, and their fields out where nobody wants them', () => {
    const own = compiled(manifest, {
      ...door,
      price: ({ hotel }: { hotel: { id: string } }) =>
        hotel.id === 'a' ? { currency: 'EUR', totalMinor: 1, taxMinor: -1, dueLaterMinor: 0, basis: 1 } : undefined,
      fields: { room_name: () => 'Suite' },
    });
    const result = own.read(body, context);
    const rows = 'rows' in result ? result.rows : [];
    expect(rows.map((row) => own.price(row, context).totalMinor)).toEqual([1250, 1]);
    expect(own.item(rows[0]!, context, () => true)).toMatchObject({ value: { roomName: 'Suite' } });
    expect(own.item(rows[0]!, context, () => false)).toMatchObject({ value: { roomName: '' } });
  });
});

describe('an option that is required', () => {
  const adapter = compiled(
    `options: {branch: {type: string, description: the branch, required: true}}\n${manifest.replace('search: {path: /}', 'search: {path: "/{options.branch}"}')}`,
    door,
  );

  it('is used, and named where it is missing', () => {
    expect(adapter.ask(asked({ branch: 'P7' }))).toMatchObject({ path: '/P7' });
    expect(() => adapter.ask(asked({ branch: '' }))).toThrow(/options.branch/);
    expect(() => adapter.ask(asked())).toThrow(/the branch/);
  });
});

describe('a loop of a request', () => {
  it('knows the position of its element', () => {
    const adapter = compiled(
      manifest.replace(
        'search: {path: /}',
        'search: {path: /, body: {guests: {each: "criteria.rooms[0].child_ages", as: age, at: no, where: no > 0, give: {no: no, age: age}}}}',
      ),
      door,
    );
    const request = adapter.ask(asked());
    expect('body' in request && JSON.parse(request.body ?? '')).toEqual({ guests: [{ no: 1, age: 4 }] });
  });
});
