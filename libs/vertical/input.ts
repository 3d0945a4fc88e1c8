// What a client has to know to fill a message in, as the options `input` and `example` of entrepot.type.v1 say it.
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { readOption, readText } from './option.ts';

/** What holds for a field that a client fills in; what is not said is not bounded. */
export interface Input {
  readonly required: boolean;
  /** JSON name of the field that may stand in its place. */
  readonly unless: string | undefined;
  readonly format: string | undefined;
  readonly pattern: string | undefined;
  readonly minimum: number | undefined;
  /** The value stays above it. */
  readonly above: number | undefined;
  readonly maximum: number | undefined;
  readonly maxLength: number | undefined;
  readonly minItems: number | undefined;
  readonly maxItems: number | undefined;
  /** As UCUM writes it. */
  readonly unit: string | undefined;
}

/** What holds for a field; undefined where nothing is said. */
export function inputOf(field: DescField): Input | undefined {
  const option = readOption(field, 'entrepot.type.v1.input');
  if (option === undefined) return undefined;
  const text = (name: string): string | undefined => (option(name) as string) || undefined;
  const count = (name: string): number | undefined => (option(name) as number) || undefined;
  const bound = (name: string): number | undefined => option(name) as number | undefined;
  return {
    required: option('required') === true,
    unless: jsonNameOf(field.parent, text('unless')),
    format: text('format'),
    pattern: text('pattern'),
    minimum: bound('minimum'),
    above: bound('above'),
    maximum: bound('maximum'),
    maxLength: count('max_length'),
    minItems: count('min_items'),
    maxItems: count('max_items'),
    unit: text('unit'),
  };
}

function jsonNameOf(message: DescMessage, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const field = message.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`${message.typeName} has no ${name} that a field could be left out for.`);
  return field.jsonName;
}

/** The example that a field states; undefined where it states none. */
export function exampleOf(field: DescField): unknown {
  const text = readText(field, 'entrepot.type.v1.example');
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${field.toString()}: its example is no JSON: ${text}`);
  }
}
