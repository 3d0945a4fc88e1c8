import type { AttributeValueType } from '../columns/index.ts';
import type { Vertical } from '../vertical/index.ts';
import type { ExpressionType, Scope } from './types.ts';

/** Expressions' names for attribute types: enums are compared by name, as strings. */
const TYPES: Readonly<Record<AttributeValueType, ExpressionType>> = {
  bool: 'bool',
  int: 'int',
  double: 'double',
  string: 'string',
  enum: 'string',
  time: 'timestamp',
  string_list: 'list_string',
};

const scopes = new WeakMap<Vertical, Map<string, Scope>>();

/**
 * The scope of a vertical: its filterable attributes, and what the caller adds (price, partner). The same vertical and
 * additions give the same object, so that compiled expressions are found again.
 * @param extra variables to add; one of an attribute's name takes its place.
 */
export function verticalScope(vertical: Vertical, extra: Readonly<Record<string, ExpressionType>> = {}): Scope {
  let known = scopes.get(vertical);
  if (known === undefined) {
    known = new Map();
    scopes.set(vertical, known);
  }
  const key = JSON.stringify(extra);
  let scope = known.get(key);
  if (scope === undefined) {
    const variables = new Map<string, ExpressionType>();
    for (const attribute of vertical.attributes) {
      if (attribute.filterable) variables.set(attribute.name, TYPES[attribute.type]);
    }
    for (const [name, type] of Object.entries(extra)) variables.set(name, type);
    scope = { variables };
    known.set(key, scope);
  }
  return scope;
}
