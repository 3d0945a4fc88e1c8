// A message filled up with what another one has and it has not.
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { inputOf } from '../../../libs/vertical/index.ts';
import { madeOnce } from '../api/made-once.ts';

type Fields = Readonly<Record<string, unknown>>;
interface Choice {
  readonly $case: string;
  readonly value: unknown;
}

/**
 * The message with what it leaves out from another one of its type, message by message. What it has, it keeps: lists as a whole, and of
 * alternatives (oneof, or fields that exclude each other) its own. A number, text, flag or enum without presence is left out where it has
 * its default value.
 */
export function filledUp(message: DescMessage, own: object, other: object): object {
  const [mine, theirs] = [own as Fields, other as Fields];
  const filled: Record<string, unknown> = { ...mine };
  const given = message.fields.filter((field) => isSet(field, mine));
  for (const field of message.fields) {
    if (field.oneof !== undefined || excluded(field, given)) continue;
    const [value, standIn] = [mine[field.localName], theirs[field.localName]];
    if (!isSet(field, mine)) filled[field.localName] = standIn;
    else if (isNested(field) && standIn !== undefined) {
      filled[field.localName] = filledUp(field.message, value as object, standIn as object);
    }
  }
  for (const { localName, fields } of message.oneofs) {
    const [value, standIn] = [mine[localName] as Choice | undefined, theirs[localName] as Choice | undefined];
    if (value === undefined) {
      const field = fields.find((one) => one.localName === standIn?.$case);
      if (field !== undefined && !excluded(field, given)) filled[localName] = standIn;
    } else if (value.$case === standIn?.$case) {
      const field = fields.find((one) => one.localName === value.$case);
      if (field !== undefined && isNested(field)) {
        const merged = filledUp(field.message, value.value as object, standIn.value as object);
        filled[localName] = { $case: value.$case, value: merged };
      }
    }
  }
  return filled;
}

/** Whether a message has something in a field. */
export function isSet(field: DescField, message: Fields): boolean {
  if (field.oneof !== undefined)
    return (message[field.oneof.localName] as Choice | undefined)?.$case === field.localName;
  const value = message[field.localName];
  if (value === undefined) return false;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0;
  if (field.proto.proto3Optional) return true;
  if (field.fieldKind === 'map') return Object.keys(value as object).length > 0;
  return value !== '' && value !== 0 && value !== false;
}

/** Something that was given stands in the field's place, or the field in its. */
function excluded(field: DescField, given: readonly DescField[]): boolean {
  const instead = insteadOf(field.parent);
  const unless = instead.get(field);
  return given.some((one) => (unless !== undefined && one.jsonName === unless) || instead.get(one) === field.jsonName);
}

/** What may stand in the place of a message's fields: reading options takes long. */
const insteadOf = madeOnce((message: DescMessage): ReadonlyMap<DescField, string | undefined> => {
  return new Map(message.fields.map((field) => [field, inputOf(field)?.unless]));
});

function isNested(field: DescField): field is DescField & { message: DescMessage } {
  return field.fieldKind === 'message' && !field.message.typeName.startsWith('google.');
}
