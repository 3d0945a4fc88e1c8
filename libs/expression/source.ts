import type { AnyColumnView } from '../columns/index.ts';
import { invalidField } from '../errors/index.ts';
import type { ExpressionType } from './types.ts';

/**
 * Where a variable's values come from: a column, one value for all rows (undefined: absent), or any object with a
 * `get` (undefined or null: absent).
 */
export type VariableSource = AnyColumnView | { readonly constant: unknown } | { get(row: number): unknown };

/** Gives each variable its source; undefined for one that is absent in every row. */
export type RowSource = (variable: string) => VariableSource | undefined;

/**
 * How code reads a variable. A "?" marks columns in which rows may lack a value. Code is generated for a combination
 * of shapes, and shared by all that have it.
 */
export type Shape =
  /** A JavaScript variable holds the value. */
  | 'value'
  | 'absent'
  | 'constant'
  | 'rows'
  | 'values'
  | 'values?'
  | 'bits'
  | 'bits?'
  | 'codes'
  | 'codes?'
  | 'lists'
  | 'lists?';

/** A variable's source with the shape in which code reads it. */
export interface BoundSource {
  readonly shape: Shape;
  /** What generated code takes its arrays, constant or getter from. */
  readonly from: object;
}

const COLUMN_TYPES: Readonly<Record<ExpressionType, readonly AnyColumnView['type'][]>> = {
  bool: ['bool'],
  int: ['int32', 'int64'],
  double: ['double', 'int32', 'int64'],
  string: ['string'],
  timestamp: ['int64'],
  list_string: ['string_list'],
};

const ABSENT: BoundSource = { shape: 'absent', from: {} };

/**
 * Binds a variable. Throws EntrepotError INVALID_FIELD when a column is of another type than the scope says (it may
 * have come over the wire), TypeError when a constant is (that is a defect of the caller).
 */
export function bindSource(variable: string, type: ExpressionType, source: VariableSource | undefined): BoundSource {
  if (source === undefined) return ABSENT;
  if ('attribute' in source) return bindColumn(variable, type, source);
  if ('constant' in source) return bindConstant(variable, type, source.constant);
  return { shape: 'rows', from: source };
}

function bindColumn(variable: string, type: ExpressionType, view: AnyColumnView): BoundSource {
  if (!COLUMN_TYPES[type].includes(view.type)) {
    throw invalidField(
      `columns.${variable}`,
      `is a ${view.type} column; the expression needs ${COLUMN_TYPES[type][0]}`,
    );
  }
  const sparse = view.presence !== undefined;
  switch (view.type) {
    case 'bool':
      return { shape: sparse ? 'bits?' : 'bits', from: view };
    case 'string':
      return { shape: sparse ? 'codes?' : 'codes', from: view };
    case 'string_list':
      return { shape: sparse ? 'lists?' : 'lists', from: view };
    default:
      return { shape: sparse ? 'values?' : 'values', from: view };
  }
}

function bindConstant(variable: string, type: ExpressionType, constant: unknown): BoundSource {
  if (constant === undefined || constant === null) return ABSENT;
  if (!isOfType(constant, type)) {
    throw new TypeError(`The constant for ${JSON.stringify(variable)} is no ${type} but ${typeof constant}.`);
  }
  return { shape: 'constant', from: { constant } };
}

function isOfType(value: unknown, type: ExpressionType): boolean {
  switch (type) {
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
    case 'timestamp':
      return Number.isSafeInteger(value);
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'list_string':
      return Array.isArray(value) && value.every((element) => typeof element === 'string');
  }
}
