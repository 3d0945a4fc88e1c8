// What of a message has to be there, as keywords of JSON Schema.
import type { DescMessage } from '@bufbuild/protobuf';
import { inputOf } from '../../../libs/vertical/index.ts';

/** The fields that have to be there, by JSON name; of a oneof one of several. */
interface Requirements {
  readonly fields: string[];
  readonly choices: Map<string, string[]>;
}

/** What of a message has to be there, as keywords of JSON Schema. */
export function requirementsOf(message: DescMessage): Readonly<Record<string, unknown>> {
  const groups = new Map<string | undefined, Requirements>();
  for (const field of message.fields) {
    const input = inputOf(field);
    if (input?.required !== true) continue;
    const group: Requirements = groups.get(input.unless) ?? { fields: [], choices: new Map() };
    groups.set(input.unless, group);
    if (field.oneof === undefined) group.fields.push(field.jsonName);
    else group.choices.set(field.oneof.name, [...(group.choices.get(field.oneof.name) ?? []), field.jsonName]);
  }
  const always = groups.get(undefined);
  const conditions = [...groups].flatMap(([unless, group]) => {
    if (unless !== undefined) return [{ anyOf: [{ required: [unless] }, keywordsOf(group)] }];
    const { required: _, ...choices } = keywordsOf(group);
    return Object.keys(choices).length === 0 ? [] : [choices];
  });
  return {
    ...(always !== undefined && always.fields.length > 0 && { required: always.fields }),
    ...(conditions.length > 0 && { allOf: conditions }),
  };
}

function keywordsOf({ fields, choices }: Requirements): Readonly<Record<string, unknown>> {
  const alternatives = [...choices.values()].map((names) => ({ oneOf: names.map((name) => ({ required: [name] })) }));
  return {
    ...(fields.length > 0 && { required: fields }),
    ...(alternatives.length === 1 && alternatives[0]),
    ...(alternatives.length > 1 && { allOf: alternatives }),
  };
}
