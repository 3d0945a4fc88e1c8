import type { JSONSchema } from '../../../libs/config/index.ts';

/** An expression. */
export const cel = (description: string): JSONSchema => ({
  description: `${description}; CEL`,
  type: 'string',
  minLength: 1,
});
/** An expression, or a constant as it is. */
export const value = (description: string): JSONSchema => ({
  description: `${description}; CEL, or a number or flag as it is`,
  type: ['string', 'number', 'boolean'],
});
/** Values under names of the author's. */
export const named = (description: string, values: JSONSchema, names = '^[A-Za-z_][A-Za-z0-9_]*$'): JSONSchema => ({
  description,
  type: 'object',
  propertyNames: { description: 'a name of letters, digits and "_"', pattern: names },
  additionalProperties: values,
});
/** A mapping of known keys. */
export const object = (
  description: string,
  required: readonly string[],
  properties: Readonly<Record<string, JSONSchema>>,
): JSONSchema => ({ description, type: 'object', required, additionalProperties: false, properties });

/** How a list of rows may be written: one expression, or loops one in the other. */
export const rowForms: readonly JSONSchema[] = [
  { type: 'string', minLength: 1 },
  {
    type: 'array',
    minItems: 1,
    maxItems: 6,
    items: object('a loop', ['each', 'as'], {
      each: cel('the list'),
      as: { description: 'name of an element', type: 'string', pattern: '^[a-z][a-z0-9_]*$' },
      where: cel(
        'elements for which it does not hold are left out and not counted: such as are sold out; what is wrong is for mapping.reject',
      ),
    }),
  },
];

/** A list of rows, or loops one in the other. */
export const rows = (description: string): JSONSchema => ({ description, anyOf: rowForms });
