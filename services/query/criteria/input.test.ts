import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { SearchRequest } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { descriptors, exampleOf, inputOf, verticals } from '../../../libs/vertical/index.ts';
import { checkCriteria } from './index.ts';

type Json = Record<string, unknown>;

const now = Date.parse('2026-12-01T00:00:00Z');

function refused(vertical: string, criteria: Json): string[] {
  const { vertical: sought } = SearchRequest.fromJSON({ [vertical]: criteria });
  if (sought === undefined) throw new Error(`${vertical} is none`);
  return checkCriteria(sought, now).map(({ field }) => field.slice(vertical.length + 1));
}

/** What a form would be filled in with: everything that the contracts ask for, by their own examples. */
function filledIn(message: DescMessage): Json {
  const fields = message.fields.filter((field) => inputOf(field)?.required);
  const first = fields.filter(
    (field, index) => fields.findIndex(({ oneof }) => oneof && oneof === field.oneof) === index || !field.oneof,
  );
  return Object.fromEntries(
    first.map((field) => [field.jsonName, exampleOf(field) ?? (field.message ? filledIn(field.message) : undefined)]),
  );
}

describe.each([...verticals().values()])('what the contracts say of $name criteria', ({ name, criteriaMessage }) => {
  const message = descriptors().getMessage(criteriaMessage) as DescMessage;
  // Goods need words, a number, or brand and number: one of several that no single field says.
  const whole = name === 'good' ? { query: 'dewalt cordless drill' } : filledIn(message);
  const inputs = message.fields.flatMap((field) => {
    const input = inputOf(field);
    return input === undefined ? [] : [{ field, input, name: field.jsonName }];
  });
  const inList = (field: DescField, value: unknown): unknown => (field.fieldKind === 'list' ? [value] : value);

  it('is enough for a search', () => {
    expect(refused(name, whole)).toEqual([]);
  });

  it('is that query refuses it without what is required', () => {
    for (const { name: field } of inputs.filter((one) => one.input.required && one.name in whole)) {
      const { [field]: _, ...rest } = whole;
      expect(refused(name, rest).map((path) => path.split('.')[0])).toContain(field);
    }
  });

  it('is that query takes what lies within its bounds, and refuses what lies beyond', () => {
    for (const { field, input, name: at } of inputs) {
      const asked = (value: unknown): string[] =>
        refused(name, { ...whole, [at]: inList(field, value) }).filter((path) => path.startsWith(at));
      if (input.minimum !== undefined) expect(asked(input.minimum - 1), at).not.toEqual([]);
      if (input.above !== undefined) expect(asked(input.above), at).not.toEqual([]);
      if (input.maximum !== undefined) {
        expect(asked(input.maximum), at).toEqual([]);
        expect(asked(input.maximum + 1), at).not.toEqual([]);
      }
      if (input.maxLength !== undefined) {
        expect(asked('x'.repeat(input.maxLength)), at).toEqual([]);
        expect(asked('x'.repeat(input.maxLength + 1)), at).not.toEqual([]);
      }
      if (input.maxItems !== undefined && field.message !== undefined) {
        const one = (exampleOf(field) as unknown[] | undefined)?.[0] ?? filledIn(field.message);
        const many = refused(name, { ...whole, [at]: Array.from({ length: input.maxItems + 1 }, () => one) });
        expect(many, at).toContain(at);
      }
    }
  });

  it('gives examples that query takes', () => {
    for (const field of message.fields) {
      const example = exampleOf(field);
      if (example === undefined || field.oneof !== undefined) continue;
      expect(
        refused(name, { ...whole, [field.jsonName]: example }).filter((path) => path.startsWith(field.jsonName)),
        field.jsonName,
      ).toEqual([]);
    }
  });
});
