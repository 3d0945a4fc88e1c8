// Rows to quote, one JSON object a line.

import { TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import type { AttributeValue, RowToPrice } from '../../../libs/contracts/price-batch.ts';
import { parseAmount } from '../../../libs/money/index.ts';
import type { AttributeSpec, Vertical } from '../../../libs/vertical/index.ts';

/** A row with whose it is, and where it stands. */
export interface NamedRow {
  readonly partner: string;
  readonly row: RowToPrice;
  /** Of the file, from 1. */
  readonly line: number;
}

/** Something is wrong with a row, for a person. */
export class WrongRow extends Error {
  override readonly name = 'WrongRow';
}

const KEYS = ['partner', 'total', 'totalMax', 'currency', 'taxBasis', 'tax', 'dueLater', 'attributes'];

/**
 * Reads rows: {"partner", "total", "currency", "taxBasis", and where there are "totalMax", "tax", "dueLater", "attributes"}, amounts as
 * plain decimals in major units. Empty lines are passed over.
 *
 * @throws WrongRow with file, line and key
 */
export function readRows(text: string, file: string, vertical: Vertical): NamedRow[] {
  return text.split('\n').flatMap((written, at) => {
    if (written.trim() === '') return [];
    const refuse = (reason: string): never => {
      throw new WrongRow(`${file}:${at + 1}: ${reason}`);
    };
    return [{ ...readRow(written, vertical, refuse), line: at + 1 }];
  });
}

type Refuse = (reason: string) => never;

function readRow(written: string, vertical: Vertical, refuse: Refuse): Omit<NamedRow, 'line'> {
  const stated = parse(written, refuse);
  const unknown = Object.keys(stated).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) refuse(`unknown key "${unknown}"; there are ${KEYS.join(', ')}`);
  const { partner, currency, taxBasis, attributes = {} } = stated;
  if (typeof partner !== 'string' || partner === '') refuse('partner: expected a name');
  const amount = (key: string): number => {
    const read = parseAmount(stated[key], currency);
    return 'minor' in read ? read.minor : refuse(`${key}: ${read.example}`);
  };
  const optional = (key: string): number | undefined => (stated[key] === undefined ? undefined : amount(key));
  if (stated.total === undefined) refuse('total: is missing; expected a plain decimal in major units ("125.00")');
  if (taxBasis !== 'INCLUDED' && taxBasis !== 'EXCLUDED' && taxBasis !== 'PARTLY_INCLUDED') {
    refuse('taxBasis: expected INCLUDED, EXCLUDED or PARTLY_INCLUDED');
  }
  if (!isObject(attributes)) return refuse('attributes: expected an object');
  const [taxMinor, dueLaterMinor, totalMaxMinor] = [optional('tax'), optional('dueLater'), optional('totalMax')];
  const totalMinor = amount('total');
  if (totalMaxMinor !== undefined && totalMaxMinor < totalMinor) refuse('totalMax: is below the total');
  return {
    partner: partner as string,
    row: {
      currency: currency as string,
      totalMinor,
      taxBasis: TaxBasis[taxBasis as 'INCLUDED' | 'EXCLUDED' | 'PARTLY_INCLUDED'],
      attributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, readAttribute(vertical, name, value, refuse)]),
      ),
      ...(taxMinor !== undefined && { taxMinor }),
      ...(dueLaterMinor !== undefined && { dueLaterMinor }),
      ...(totalMaxMinor !== undefined && { totalMaxMinor }),
    },
  };
}

function parse(written: string, refuse: Refuse): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(written);
    if (isObject(value)) return value;
  } catch {
    // Told below.
  }
  return refuse('expected one JSON object a line');
}

function readAttribute(vertical: Vertical, name: string, value: unknown, refuse: Refuse): AttributeValue {
  const spec = vertical.attribute(name);
  if (spec === undefined) return refuse(`attributes.${name}: ${vertical.name} has no such attribute`);
  return attributeOf(spec, value) ?? refuse(`attributes.${name}: expected ${WORDS[spec.type]}`);
}

const WORDS: Readonly<Record<AttributeSpec['type'], string>> = {
  bool: 'true or false',
  int: 'a whole number',
  double: 'a number',
  string: 'a text',
  enum: 'the name of one of its values',
  time: 'an RFC 3339 instant ("2026-12-01T10:00:00Z")',
  string_list: 'a list of texts',
};

function attributeOf({ type, enumValues }: AttributeSpec, value: unknown): AttributeValue | undefined {
  switch (type) {
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'int':
      return typeof value === 'number' && (value | 0) === value ? value : undefined;
    case 'double':
      return typeof value === 'number' ? value : undefined;
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'enum':
      return typeof value === 'string' && enumValues.includes(value) ? value : undefined;
    case 'time':
      return typeof value === 'string' ? instantOf(value) : undefined;
    case 'string_list':
      return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
  }
}

function instantOf(text: string): Temporal.Instant | undefined {
  try {
    return Temporal.Instant.from(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
