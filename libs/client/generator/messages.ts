// Messages and enums as TypeScript, in the shape that they have in JSON at the edge.
import {
  type DescEnum,
  type DescEnumValue,
  type DescField,
  type DescMessage,
  type DescOneof,
  ScalarType,
} from '@bufbuild/protobuf';
import { docOf, readOption } from '../../vertical/index.ts';

/** Messages that JSON writes in a way of its own. */
const wellKnown: Readonly<Record<string, string>> = {
  'google.protobuf.Timestamp': 'string',
  'google.protobuf.Duration': 'string',
  'google.protobuf.Struct': 'Readonly<Record<string, unknown>>',
};

/** A message of which a caller names the fields that it wants. */
const maskedMessage = 'entrepot.offer.v1.Offer';

/**
 * Declares every message and enum that the given messages reach, each under its own name without package.
 *
 * @throws Error where two of them have the same name, or a field's type has no shape here
 */
export function declarationsOf(roots: readonly DescMessage[]): string {
  const declared = new Map<string, DescMessage | DescEnum>();
  const texts: string[] = [];
  const waiting: (DescMessage | DescEnum)[] = [...roots];
  for (let type = waiting.shift(); type !== undefined; type = waiting.shift()) {
    const before = declared.get(type.name);
    if (before?.typeName === type.typeName) continue;
    if (before !== undefined) throw new Error(`${before.typeName} and ${type.typeName} would have one name.`);
    declared.set(type.name, type);
    texts.push(type.kind === 'enum' ? enumText(type) : messageText(type));
    if (type.kind === 'message') waiting.push(...type.fields.flatMap(referencesOf));
  }
  const masked = [...declared.values()].find(({ typeName }) => typeName === maskedMessage);
  if (masked?.kind === 'message') texts.push(pathsText(masked));
  return texts.join('\n');
}

/** A comment before what it is about; several paragraphs where there are several. */
export function comment(paragraphs: readonly string[], indent = ''): string {
  const lines = paragraphs.filter((text) => text !== '').map((text) => text.replaceAll('*/', '*\\/'));
  if (lines.length === 0) return '';
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

/** The values of an enum without the prefix that they share. */
export function shortNames({ values, sharedPrefix }: DescEnum): readonly { name: string; value: DescEnumValue }[] {
  const prefix = (sharedPrefix ?? '').toUpperCase();
  return values.map((value) => ({ name: value.name.slice(prefix.length), value }));
}

function enumText(type: DescEnum): string {
  const members = type.values.map((value) => `${comment([docOf(value)], '  ')}  | '${value.name}'`);
  return `${comment([docOf(type)])}export type ${type.name} =\n${members.join('\n')};\n`;
}

function messageText(message: DescMessage): string {
  const head = comment([docOf(message)]);
  const fields = message.fields.filter(({ oneof }) => oneof === undefined);
  const body = `{\n${fields.map(fieldText).join('')}}`;
  if (message.oneofs.length === 0) return `${head}export interface ${message.name} ${body}\n`;
  const oneofs = message.oneofs.map((oneof) => ` & OneOf<{\n${oneof.fields.map(fieldText).join('')}}>`);
  return `${head}export type ${message.name} = ${body}${oneofs.join('')};\n`;
}

/** Every field may be absent: JSON leaves out what is zero, empty or not set. */
function fieldText(field: DescField): string {
  const doc = [docOf(field), oneofDoc(field.oneof), deprecationOf(field)];
  return `${comment(doc, '  ')}  readonly ${field.jsonName}?: ${typeOf(field)};\n`;
}

function oneofDoc(oneof: DescOneof | undefined): string {
  if (oneof === undefined) return '';
  return `At most one of ${oneof.fields.map(({ jsonName }) => jsonName).join(', ')} is there.`;
}

function deprecationOf(field: DescField): string {
  if (field.proto.options?.deprecated !== true) return '';
  const option = readOption(field, 'entrepot.type.v1.deprecation');
  if (option === undefined) return '@deprecated';
  return `@deprecated since ${String(option('since'))}; gone after ${String(option('sunset'))}. ${String(option('instead'))}`;
}

function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case 'list':
      return `readonly ${valueType(field)}[]`;
    case 'map':
      return `Readonly<Record<string, ${valueType(field)}>>`;
    default:
      return valueType(field);
  }
}

function valueType(field: DescField): string {
  if (field.message?.typeName === 'google.protobuf.FieldMask') {
    return field.name === 'read_mask' ? 'string | readonly OfferPath[]' : 'string';
  }
  if (field.message !== undefined) return wellKnown[field.message.typeName] ?? field.message.name;
  if (field.enum !== undefined) return field.enum.name;
  switch (field.scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return 'string';
    case ScalarType.BOOL:
      return 'boolean';
    case undefined:
      throw new Error('A field without a type has no shape in JSON.');
    default:
      // The edge writes 64 bits as a number too: none of its counts leaves what a double holds exactly.
      return 'number';
  }
}

function referencesOf({ message, enum: one }: DescField): (DescMessage | DescEnum)[] {
  if (one !== undefined) return [one];
  return message === undefined || message.typeName.startsWith('google.protobuf.') ? [] : [message];
}

/** Every path of a read mask. A message inside itself would have no end, and is not gone into again. */
function pathsText(message: DescMessage): string {
  const paths: string[] = [];
  const walk = (at: DescMessage, prefix: string, above: readonly string[]): void => {
    for (const field of at.fields) {
      paths.push(`${prefix}${field.name}`);
      const [inner] = referencesOf(field);
      if (inner?.kind !== 'message' || above.includes(inner.typeName) || field.fieldKind === 'map') continue;
      walk(inner, `${prefix}${field.name}.`, [...above, inner.typeName]);
    }
  };
  walk(message, '', [message.typeName]);
  const doc = `A field of ${message.name} as a read mask names it.`;
  return `${comment([doc])}export type ${message.name}Path =\n${paths.map((path) => `  | '${path}'`).join('\n')};\n`;
}
