import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ColumnBatch } from '../contracts/gen/entrepot/type/v1/column.ts';
import { EntrepotError } from '../errors/index.ts';
import { columnBuilder, GrowingTable, readColumn, readColumns, selectColumns, selectRows } from './index.ts';
import { batchOf, type Row, rows, rowsOf, TYPES } from './samples.ts';

const ATTRIBUTES = Object.keys(TYPES) as (keyof typeof TYPES)[];

describe('columns', () => {
  it('hold any values, absent ones too', () => {
    fc.assert(
      fc.property(rows, (content) => {
        expect(rowsOf(batchOf(content))).toEqual(content);
      }),
    );
  });

  it('survive the wire', () => {
    fc.assert(
      fc.property(rows, (content) => {
        const decoded = ColumnBatch.decode(ColumnBatch.encode(batchOf(content)).finish());
        expect(rowsOf(decoded)).toEqual(content);
      }),
    );
  });

  it('read bytes at any alignment', () => {
    const batch = batchOf([
      { count: -7, weight: 1.5, at: 1_700_000_000_000, name: 'a', tags: ['x', 'y'] },
      { count: 9, weight: -2.25, at: -5, name: 'b', tags: [] },
    ]);
    const shift = (bytes: Buffer): Buffer => {
      const moved = Buffer.from(new ArrayBuffer(bytes.length + 1), 1);
      bytes.copy(moved);
      return moved;
    };
    for (const column of batch.columns) {
      const { values } = column;
      if (values?.$case === 'strings') values.value.codes = shift(values.value.codes);
      else if (values?.$case === 'stringLists') {
        values.value.codes = shift(values.value.codes);
        values.value.offsets = shift(values.value.offsets);
      } else if (values !== undefined) values.value = shift(values.value);
    }
    expect(rowsOf(batch).map(({ count, weight, at, name, tags }) => [count, weight, at, name, tags])).toEqual([
      [-7, 1.5, 1_700_000_000_000, 'a', ['x', 'y']],
      [9, -2.25, -5, 'b', []],
    ]);
  });

  it('map aligned bytes without copying them', () => {
    const column = columnBuilder('int');
    column.push(1);
    const built = column.build('count');
    const view = readColumn(built, 1);
    if (view.type !== 'int32' || built.values?.$case !== 'int32s') throw new Error('expected an int32 column');
    expect(view.values.buffer).toBe(built.values.value.buffer);
  });

  it('start anew after a build', () => {
    for (const type of Object.values(TYPES)) {
      const builder = columnBuilder(type, 1);
      for (let i = 0; i < 70; i++) builder.push(undefined);
      builder.build('first');
      builder.push(undefined);
      expect(builder.length).toBe(1);
      const view = readColumn(builder.build('second'), 1);
      expect(view.has(0)).toBe(false);
    }
  });

  it('refuse a value of another type and keep the row out', () => {
    const wrong: [keyof typeof TYPES, unknown][] = [
      ['flag', 1],
      ['count', 1.5],
      ['count', 2 ** 31],
      ['count', 'x'],
      ['weight', Number.NaN],
      ['weight', Number.POSITIVE_INFINITY],
      ['at', 2 ** 53],
      ['at', 0.5],
      ['name', 3],
      ['tags', 'text'],
      ['tags', ['a', 3]],
    ];
    for (const [attribute, value] of wrong) {
      const builder = columnBuilder(TYPES[attribute]);
      expect(() => builder.push(value as never), `${attribute} ${String(value)}`).toThrow(EntrepotError);
      expect(builder.length).toBe(0);
    }
  });
});

describe('selectRows', () => {
  it('equals a selection row by row', () => {
    fc.assert(
      fc.property(rows, fc.array(fc.nat()), (content, picks) => {
        const wanted = content.length === 0 ? [] : picks.map((pick) => pick % content.length);
        const selected = selectRows(batchOf(content), Uint32Array.from(wanted));
        expect(selected.rowCount).toBe(wanted.length);
        expect(rowsOf(selected)).toEqual(wanted.map((row) => content[row]));
      }),
    );
  });

  it('keeps only the texts that its rows use', () => {
    const batch = batchOf(
      [
        { name: 'a', tags: ['p', 'q'] },
        { name: 'b', tags: ['r'] },
      ],
      ['name', 'tags'],
    );
    const views = readColumns(selectRows(batch, [1]));
    expect(views.get('name')).toMatchObject({ dictionary: ['b'] });
    expect(views.get('tags')).toMatchObject({ dictionary: ['r'] });
  });

  it('refuses a row outside the batch', () => {
    for (const row of [2, -1, 0.5]) {
      expect(() => selectRows(batchOf([{}, {}]), [row])).toThrow(EntrepotError);
    }
  });
});

describe('selectColumns', () => {
  it('keeps the named columns', () => {
    const selected = selectColumns(batchOf([{ name: 'a' }]), ['name', 'nothing']);
    expect(rowsOf(selected)).toEqual([{ name: 'a' }]);
  });
});

describe('GrowingTable', () => {
  const parts = fc.array(fc.tuple(rows, fc.subarray(ATTRIBUTES)), { maxLength: 6 });

  it('equals the concatenation of its batches, attributes that a batch lacks being absent', () => {
    fc.assert(
      fc.property(parts, fc.nat(40), (batches, foreseen) => {
        const table = new GrowingTable();
        const expected: Row[] = [];
        for (const [content, attributes] of batches) {
          expect(table.append(batchOf(content, attributes), foreseen)).toBe(expected.length);
          for (const row of content) {
            expected.push(Object.fromEntries(ATTRIBUTES.map((a) => [a, attributes.includes(a) ? row[a] : undefined])));
          }
        }
        expect(table.rowCount).toBe(expected.length);
        expect(tableRows(table)).toEqual(expected);
      }),
    );
  });

  it('keeps earlier views true while it grows', () => {
    fc.assert(
      fc.property(rows, parts, fc.nat(40), (content, later, foreseen) => {
        const table = new GrowingTable();
        table.append(batchOf(content), foreseen);
        const views = ATTRIBUTES.map((attribute) => table.column(attribute)!);
        for (const [more, attributes] of later) {
          table.append(batchOf(more, attributes));
          for (const attribute of ATTRIBUTES) table.column(attribute);
        }
        const seen = content.map((_, row) =>
          Object.fromEntries(views.map((view) => [view.attribute, view.has(row) ? view.get(row) : undefined])),
        );
        expect(seen).toEqual(content);
        expect(views.every((view) => view.length === content.length && !view.has(content.length))).toBe(true);
      }),
    );
  });

  it('finds the code of a text in every row, and none for a text that never came', () => {
    const table = new GrowingTable();
    table.append(batchOf([{ name: 'a', tags: ['x'] }, { name: 'b' }]));
    table.append(batchOf([{ name: 'b', tags: ['y', 'x'] }, { name: 'c' }]));
    const name = table.column('name');
    const tags = table.column('tags');
    if (name?.type !== 'string' || tags?.type !== 'string_list') throw new Error('expected text columns');
    expect([0, 1, 2, 3].map((row) => name.code(row))).toEqual(['a', 'b', 'b', 'c'].map((text) => name.codeOf(text)));
    expect(name.codeOf('d')).toBe(-1);
    expect(tags.code(tags.start(2) + 1)).toBe(tags.codeOf('x'));
  });

  it('takes nothing of a batch that does not fit', () => {
    const table = new GrowingTable();
    table.append(batchOf([{ count: 1, name: 'a' }], ['count', 'name']));
    const texts = columnBuilder('string');
    texts.push('many');
    const numbers = columnBuilder('int');
    numbers.push(3);
    const misfit: ColumnBatch = { rowCount: 1, columns: [texts.build('fresh'), numbers.build('name')] };
    expect(() => table.append(misfit)).toThrow(/columns.name.*string/);
    expect(table.rowCount).toBe(1);
    expect(table.attributes).toEqual(['count', 'name']);
  });

  it('answers undefined for an attribute that no batch had', () => {
    expect(new GrowingTable().column('count')).toBeUndefined();
  });

  it('holds little more than the raw arrays', () => {
    const table = new GrowingTable();
    const batch = batchOf(
      Array.from({ length: 1000 }, (_, i) => ({ count: i, weight: i / 2, name: `n${i % 10}` })),
      ['count', 'weight', 'name'],
    );
    for (let i = 0; i < 20; i++) table.append(batch);
    const raw = 20_000 * (4 + 8 + 4);
    expect(table.memoryBytes()).toBeGreaterThanOrEqual(raw);
    expect(table.memoryBytes()).toBeLessThan(2 * raw + 2048);
  });

  it('makes room once for as many rows as are expected', () => {
    const table = new GrowingTable();
    const batch = batchOf([{ count: 1, flag: true, name: 'a', tags: ['x', 'y'] }], ['count', 'flag', 'name', 'tags']);
    table.append(batch, 1_000);
    const held = table.memoryBytes();
    for (let i = 1; i < 1_000; i++) table.append(batch, 1_000);
    expect(table.memoryBytes()).toBe(held);
  });

  function tableRows(table: GrowingTable): Row[] {
    const views = ATTRIBUTES.map((attribute) => [attribute, table.column(attribute)] as const);
    return Array.from({ length: table.rowCount }, (_, row) =>
      Object.fromEntries(views.map(([attribute, view]) => [attribute, view?.has(row) ? view.get(row) : undefined])),
    );
  }
});
