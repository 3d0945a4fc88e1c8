import type { Column, ColumnBatch } from '../contracts/gen/entrepot/type/v1/column.ts';
import { invalidField } from '../errors/index.ts';
import { bitGet } from './bitmap.ts';
import { decodeInt64s, readDoubles, readInt32s, readUint32s } from './packed.ts';
import type { AnyColumnView } from './types.ts';
import { BoolView, NumberView, StringListView, StringView } from './views.ts';

/**
 * Reads columns that came from elsewhere: every length, code and offset is checked here once, so that nobody has to
 * check again per row.
 */

/**
 * A view over a column of `rowCount` rows. Nothing is copied where the bytes are aligned; 64-bit integers are decoded.
 * Throws EntrepotError INVALID_FIELD when a length, code or offset does not fit, a double is not finite, a 64-bit
 * integer is beyond ±(2^53 - 1), or a dictionary states a text twice.
 */
export function readColumn(column: Column, rowCount: number): AnyColumnView {
  return readColumnBy(column, rowCount, true);
}

/**
 * Views over all columns of a batch, by attribute.
 * Throws EntrepotError INVALID_FIELD as readColumn does, and when two columns are of one attribute.
 */
export function readColumns(batch: ColumnBatch): ReadonlyMap<string, AnyColumnView> {
  return readColumnsBy(batch, true);
}

/**
 * As readColumns, for who reads each row once and asks no dictionary for a text: that its texts are distinct is not checked,
 * which costs as much as all else.
 */
export function readColumnsOnce(batch: ColumnBatch): ReadonlyMap<string, AnyColumnView> {
  return readColumnsBy(batch, false);
}

/** As readColumns; a reader that merges dictionaries anyway leaves out the check that their texts are distinct. */
export function readColumnsBy(batch: ColumnBatch, distinct: boolean): Map<string, AnyColumnView> {
  const views = new Map<string, AnyColumnView>();
  for (const column of batch.columns) {
    if (views.has(column.attribute)) {
      throw invalidField(`columns.${column.attribute}`, 'the batch has two columns of this attribute; send one');
    }
    views.set(column.attribute, readColumnBy(column, batch.rowCount, distinct));
  }
  return views;
}

function readColumnBy(column: Column, rowCount: number, distinct: boolean): AnyColumnView {
  const { attribute, values } = column;
  if (attribute === '') throw invalidField('columns.attribute', 'is empty; name the attribute');
  if (values === undefined) {
    throw invalidField(`columns.${attribute}`, 'has no values; set the one layout that the attribute has');
  }
  const field = `columns.${attribute}.${values.$case}`;
  const presence = readPresence(column, rowCount);
  switch (values.$case) {
    case 'bools':
      requireBytes(values.value, (rowCount + 7) >>> 3, field, rowCount);
      return new BoolView(attribute, rowCount, presence, values.value);
    case 'int32s':
      requireBytes(values.value, rowCount * 4, field, rowCount);
      return new NumberView(attribute, 'int32', rowCount, presence, readInt32s(values.value));
    case 'int64s':
      requireBytes(values.value, rowCount * 8, field, rowCount);
      return new NumberView(attribute, 'int64', rowCount, presence, decodeInt64s(values.value, field));
    case 'doubles': {
      requireBytes(values.value, rowCount * 8, field, rowCount);
      const doubles = readDoubles(values.value);
      for (let row = 0; row < rowCount; row++) {
        if (!Number.isFinite(doubles[row])) throw invalidField(field, `row ${row} is not finite`);
      }
      return new NumberView(attribute, 'double', rowCount, presence, doubles);
    }
    case 'strings': {
      const { dictionary } = values.value;
      requireBytes(values.value.codes, rowCount * 4, `${field}.codes`, rowCount);
      const codes = readUint32s(values.value.codes);
      for (let row = 0; row < rowCount; row++) {
        if (codes[row]! >= dictionary.length && (presence === undefined || bitGet(presence, row))) {
          throw invalidField(`${field}.codes`, outside(`row ${row}`, codes[row]!, dictionary.length));
        }
      }
      if (distinct) requireDistinct(dictionary, field);
      return new StringView(attribute, rowCount, presence, dictionary, codes);
    }
    case 'stringLists': {
      const { dictionary } = values.value;
      requireBytes(values.value.offsets, (rowCount + 1) * 4, `${field}.offsets`, rowCount);
      const offsets = readUint32s(values.value.offsets);
      if (values.value.codes.byteLength % 4 !== 0) {
        throw invalidField(`${field}.codes`, `has ${values.value.codes.byteLength} bytes, which is no multiple of 4`);
      }
      const codes = readUint32s(values.value.codes);
      checkOffsets(offsets, codes.length, field);
      for (let i = 0; i < codes.length; i++) {
        if (codes[i]! >= dictionary.length) {
          throw invalidField(`${field}.codes`, outside(`position ${i}`, codes[i]!, dictionary.length));
        }
      }
      if (distinct) requireDistinct(dictionary, field);
      return new StringListView(attribute, rowCount, presence, dictionary, codes, offsets);
    }
  }
}

function readPresence(column: Column, rowCount: number): Uint8Array | undefined {
  if (column.presence.byteLength === 0) return undefined;
  requireBytes(column.presence, (rowCount + 7) >>> 3, `columns.${column.attribute}.presence`, rowCount);
  return column.presence;
}

function checkOffsets(offsets: Uint32Array, codeCount: number, field: string): void {
  if (offsets[0] !== 0) throw invalidField(`${field}.offsets`, `starts at ${offsets[0]} instead of 0`);
  for (let i = 1; i < offsets.length; i++) {
    if (offsets[i]! < offsets[i - 1]!) throw invalidField(`${field}.offsets`, `decreases at position ${i}`);
  }
  if (offsets[offsets.length - 1] !== codeCount) {
    throw invalidField(`${field}.offsets`, `ends at ${offsets[offsets.length - 1]}, but there are ${codeCount} codes`);
  }
}

function requireBytes(bytes: Uint8Array, expected: number, field: string, rowCount: number): void {
  if (bytes.byteLength !== expected) {
    throw invalidField(field, `has ${bytes.byteLength} bytes; ${rowCount} rows need ${expected}`);
  }
}

function requireDistinct(dictionary: readonly string[], field: string): void {
  if (new Set(dictionary).size !== dictionary.length) {
    throw invalidField(`${field}.dictionary`, 'states a text twice; each distinct text stands once');
  }
}

function outside(place: string, code: number, size: number): string {
  return `${place} has code ${code}; the dictionary has ${size} texts`;
}
