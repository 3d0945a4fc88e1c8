// Requests by example, put together from the examples that the contracts state.
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { exampleOf, inputOf } from '../../../libs/vertical/index.ts';
import type { PublicMethod } from '../api/method.ts';

/**
 * Requests by example, by name: the one that the method states, and else one made of what is required; where one of several members of a
 * oneof is, one for each. None where nothing is required and nothing stated.
 */
export function examplesOf({ input, example, http }: PublicMethod): Readonly<Record<string, unknown>> {
  if (example !== undefined) return { example };
  const fields = requiredOf(input).filter(({ name }) => !http.pathFields.includes(name));
  if (fields.length === 0) return {};
  const choices = fields.filter(({ oneof }) => oneof !== undefined);
  const common = fields.filter(({ oneof }) => oneof === undefined);
  const variants = choices.length === 0 ? [undefined] : choices;
  return Object.fromEntries(
    variants.map((choice) => [
      choice?.jsonName ?? 'example',
      valuesOf(choice === undefined ? common : [choice, ...common]),
    ]),
  );
}

function valuesOf(fields: readonly DescField[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(fields.map((field) => [field.jsonName, exampleOf(field) ?? madeUp(field)]));
}

/** The value of a required field without an example: a message of its own required fields. */
function madeUp(field: DescField): unknown {
  if (field.message === undefined) throw new Error(`${field.toString()} is required, and has no example.`);
  const fields = requiredOf(field.message);
  const seen = new Set<string>();
  // Of a oneof, the first.
  const value = valuesOf(
    fields.filter(({ oneof }) => oneof === undefined || (!seen.has(oneof.name) && seen.add(oneof.name))),
  );
  return field.fieldKind === 'list' ? [value] : value;
}

function requiredOf(message: DescMessage): DescField[] {
  return message.fields.filter((field) => inputOf(field)?.required === true);
}
