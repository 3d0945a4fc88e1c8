import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baselineText, fieldsOf, shapeOf } from './baseline.ts';
import { type AnswerFormat, gatherCodes, isName, observe, Shape } from './shape.ts';

/** The fields of some answers, as a baseline has them. */
function fields(bodies: readonly unknown[], format: AnswerFormat = 'json') {
  const shape = new Shape();
  for (const body of bodies) for (const _ of observe(shape, body, format));
  gatherCodes(shape);
  return fieldsOf(shape);
}

/** Types and presence by path: "string 2/3". */
function brief(bodies: readonly unknown[], format: AnswerFormat = 'json'): Record<string, string> {
  const all = Object.entries(fields(bodies, format)).filter(([path]) => path !== '$');
  return Object.fromEntries(all.map(([path, { types, in: there, of }]) => [path, `${types} ${there}/${of}`]));
}

describe('a shape', () => {
  it('says of each field what it is and in how many of its parents it is', () => {
    expect(
      brief([
        {
          rows: [
            { id: 1, tags: ['a'] },
            { id: '2', tags: [] },
            { id: 3, more: { x: true } },
          ],
        },
      ]),
    ).toEqual({
      rows: 'list 1/1',
      'rows[]': 'object 3/3',
      'rows[].id': 'number | string 3/3',
      'rows[].more': 'object 1/3',
      'rows[].more.x': 'boolean 1/1',
      'rows[].tags': 'list 2/3',
      'rows[].tags[]': 'string 1/1',
    });
    expect(fields([[1]]).$).toEqual({ types: 'list', of: 1, in: 1, mapped: false });
  });

  it('takes null for absent', () => {
    expect(brief([{ a: null, b: [null, 1] }, { a: 'x' }])).toEqual({
      a: 'string 1/2',
      b: 'list 1/2',
      'b[]': 'number 1/2',
    });
  });

  it('is the same of an XML element that occurs once and of one that occurs several times, and empty is absent', () => {
    const one = { Rows: { Row: { '@Key': '1', Note: '' } } };
    const several = { Rows: { Row: [{ '@Key': '1', Note: 'x' }, { '@Key': '2' }] } };
    expect(brief([one], 'xml')).toEqual({
      Rows: 'object 1/1',
      'Rows.Row': 'object 1/1',
      'Rows.Row.@Key': 'string 1/1',
      'Rows.Row.Note': 'nothing 0/1',
    });
    expect(brief([several], 'xml')).toEqual({
      Rows: 'object 1/1',
      'Rows.Row': 'object 1/1',
      'Rows.Row.@Key': 'string 2/2',
      'Rows.Row.Note': 'string 1/2',
    });
  });

  it('has keys that are data under one name', () => {
    const byId = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`off_0000A${at}xyz`, { price: at }]));
    expect(brief([{ byId }])).toEqual({
      byId: 'object 1/1',
      'byId.*': 'object 500/500',
      'byId.*.price': 'number 500/500',
    });
    expect(brief([{ rates: { GBP: 1, EUR: 2 } }, { rates: { USD: '3' } }])).toEqual({
      rates: 'object 2/2',
      'rates.*': 'number | string 3/3',
    });
    const many = Object.fromEntries(
      Array.from({ length: 101 }, (_, at) => [`name${String.fromCharCode(97 + (at % 26))}${'x'.repeat(at / 26)}`, at]),
    );
    expect(brief([many])).toEqual({ '*': 'number 101/101' });
    for (const data of ['someone@example.com', 'Jane Doe', '2027-01-11', '8b1f0c3e-5d1c', '12', 'a'.repeat(49), '']) {
      expect(isName(data)).toBe(false);
    }
    for (const name of ['total_amount', '@Key', '#text', 'addressLine1', 'größe', '$ref'])
      expect(isName(name)).toBe(true);
  });

  it('never holds a value', () => {
    // With more digits than names have: as a key it is data.
    const secret = fc.string({ minLength: 8 }).map((text) => `value-12345-${text}`);
    const body = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        secret,
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.oneof(fc.constantFrom('id', 'rows', 'price'), secret), tie('tree'), { maxKeys: 4 }),
      ),
    })).tree;
    fc.assert(
      fc.property(body, (value) => {
        expect(baselineText({ manifest: '', answers: { search: fields([value]) } })).not.toContain('value-');
      }),
    );
  });

  it('written down and read is the same', () => {
    const known = fields([{ rows: [{ id: 1, at: null, rates: { GBP: [1] } }, { id: 'x' }], more: [[{ a: 1 }]] }]);
    expect(fieldsOf(shapeOf(known))).toEqual(known);
    expect(JSON.parse(baselineText({ manifest: 'd', answers: { search: known } }))).toEqual({
      manifest: 'd',
      answers: { search: known },
    });
  });
});

describe('a hostile answer', () => {
  const known = shapeOf(fields([{ rows: [{ id: 1, price: '1' }] }]));
  const looked = (body: unknown) => {
    const shape = new Shape();
    let steps = 0;
    for (const _ of observe(shape, body, 'json', known)) steps++;
    return { shape, steps, size: [...shape.fields()].length };
  };

  it('with 100,000 distinct keys in each place makes no large shape, and says nothing of what its objects lack', () => {
    const keys = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`k${at.toString(36)}`, { at }]));
    const { size, shape } = looked({ rows: [keys, { id: 1, price: '1', ...keys }], ...keys });
    expect(size).toBeLessThan(150);
    expect(shape.objects).toBe(0);
    expect([...looked({ rows: [{ id: 1, price: '1' }], other: keys }).shape.fields()].map(({ path }) => path)).toEqual([
      'rows',
      'rows[]',
      'rows[].id',
      'rows[].price',
      'other',
    ]);
  });

  it('that is nested deeply is looked at to some level', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = { rows: [deep] };
    const shape = new Shape();
    for (const _ of observe(shape, deep, 'json'));
    expect([...shape.fields()].length).toBeLessThan(100);
  });

  it('of millions of values is looked at in part, a bounded piece at a time', () => {
    const row = { id: 1, price: '1' };
    const { shape, steps } = looked({ rows: Array.from({ length: 1_000_000 }, () => row) });
    expect(shape.at('rows')?.elements).toBe(10_000);
    expect(steps).toBeGreaterThan(100);
    expect(shape.at('rows[].id')?.seen).toBe(10_000);
    expect(shape.at('rows[]')?.objects).toBe(10_000);
  });
});
