// Query parameters as requests: read by what the fields of a message are, so that a field that is added is a parameter at once.
import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { type FieldViolation, invalidFields } from '../../../libs/errors/index.ts';
import { checkShape } from '../../../libs/vertical/index.ts';

/** A query string as Fastify reads it: a parameter that stands there several times is a list. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** One query parameter. */
export interface Parameter {
  /** As documents name it: "pageSize". */
  readonly name: string;
  /** Every name that is understood: of a field of a nested message its dotted path too, "options.pageSize". */
  readonly names: readonly string[];
  /** The field that it sets, through messages: JSON names, outermost first. */
  readonly path: readonly string[];
  readonly field: DescField;
}

/** Reads query strings as a message. */
export interface ParameterReader {
  readonly parameters: readonly Parameter[];
  /**
   * The message's JSON.
   * @throws EntrepotError INVALID_FIELD with every parameter that does not exist, is not of its type, or stands there twice
   */
  read(query: Query): Record<string, unknown>;
}

/** Messages that are one text in JSON, and so one parameter. */
const texts: ReadonlySet<string> = new Set([
  'google.protobuf.FieldMask',
  'google.protobuf.Timestamp',
  'google.protobuf.Duration',
]);

/** Messages in messages, at most; what lies deeper is asked for by POST. */
const deepest = 4;

/** More mistakes than this help nobody. */
const mostMistakes = 20;

/** Credentials may stand in any query string (see credentialsOf). */
const credentials = 'access_token';

/**
 * The reader of a message's parameters: its fields by their JSON names, those of a nested message by their path ("options.pageSize").
 * Where a nested message has nothing but plain values, and no other field goes by the name, the name alone is enough ("pageSize").
 * Lists of messages and maps are no parameters.
 * @param leftOut fields that come from elsewhere, by their proto names
 */
export function parameterReader(message: DescMessage, leftOut: readonly string[] = []): ParameterReader {
  const parameters = parametersOf(message, leftOut);
  const byName = new Map(parameters.flatMap((parameter) => parameter.names.map((name) => [name, parameter])));
  const known = parameters.map(({ name }) => name).join(', ');
  const token = parameters.find(({ name, path }) => name === 'pageToken' && path.length === 1);
  return {
    parameters,
    read(query) {
      const mistakes: FieldViolation[] = [];
      const read = new Map<Parameter, unknown>();
      for (const [name, given] of Object.entries(query)) {
        if (name === credentials || given === undefined) continue;
        if (mistakes.length >= mostMistakes) break;
        const parameter = byName.get(name);
        if (parameter === undefined) {
          const description =
            known === '' ? 'There are no parameters here.' : `There is no such parameter; there are ${known}.`;
          mistakes.push({ field: name, description });
          continue;
        }
        const mistake = read.has(parameter) ? 'Give this parameter once.' : set(read, parameter, given);
        if (mistake !== undefined) mistakes.push({ field: name, description: mistake });
      }
      if (token !== undefined && read.get(token) && [...read.keys()].some(({ path }) => path.length > 1)) {
        const description = 'A page token already says everything about its page; send it alone.';
        mistakes.push({ field: token.name, description });
      }
      if (mistakes.length > 0) throw invalidFields(mistakes);
      const json = nested(read);
      // What single parameters cannot tell: two fields of which there may be one.
      checkShape(message, json);
      return json;
    },
  };
}

function set(
  read: Map<Parameter, unknown>,
  parameter: Parameter,
  given: string | readonly string[],
): string | undefined {
  const { field } = parameter;
  const reader = valueReader(field);
  if (field.fieldKind !== 'list') {
    if (typeof given !== 'string') return 'Give this parameter once.';
    const value = reader.read(given);
    if (value === undefined) return `Expected ${reader.expected}, not ${shown(given)}.`;
    read.set(parameter, value);
    return undefined;
  }
  const values: unknown[] = [];
  for (const part of typeof given === 'string' ? given.split(',') : given.flatMap((one) => one.split(','))) {
    const text = part.trim();
    if (text === '') continue;
    const value = reader.read(text);
    if (value === undefined) return `Expected ${reader.expected} in every place, not ${shown(text)}.`;
    values.push(value);
  }
  read.set(parameter, values);
  return undefined;
}

function nested(read: ReadonlyMap<Parameter, unknown>): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const [{ path }, value] of read) {
    let at = json;
    for (const name of path.slice(0, -1)) {
      at[name] ??= {};
      at = at[name] as Record<string, unknown>;
    }
    at[path.at(-1) as string] = value;
  }
  return json;
}

function parametersOf(message: DescMessage, leftOut: readonly string[]): Parameter[] {
  const found = collect(message, [], leftOut, [message]);
  const short = new Map<string, number>();
  for (const { path } of found) {
    const name = path.at(-1) as string;
    short.set(name, (short.get(name) ?? 0) + 1);
  }
  return found.map(({ path, field }) => {
    const [dotted, alone] = [path.join('.'), path.at(-1) as string];
    const shortened = path.length > 1 && isFlat(field.parent) && short.get(alone) === 1 ? alone : undefined;
    return { name: shortened ?? dotted, names: shortened === undefined ? [dotted] : [shortened, dotted], path, field };
  });
}

function collect(
  message: DescMessage,
  above: readonly string[],
  leftOut: readonly string[],
  within: readonly DescMessage[],
): { readonly path: readonly string[]; readonly field: DescField }[] {
  return message.fields.flatMap((field) => {
    if (leftOut.includes(field.name)) return [];
    const path = [...above, field.jsonName];
    if (isPlain(field)) return [{ path, field }];
    if (field.fieldKind !== 'message' || within.includes(field.message) || path.length >= deepest) return [];
    return collect(field.message, path, [], [...within, field.message]);
  });
}

/** Whether a field is one value, or a list of such, that a text can say. */
function isPlain(field: DescField): boolean {
  if (field.fieldKind === 'map') return false;
  if (field.message !== undefined) return field.fieldKind === 'message' && texts.has(field.message.typeName);
  return field.scalar !== ScalarType.BYTES;
}

function isFlat(message: DescMessage): boolean {
  return message.fields.every(isPlain);
}

/** How a text becomes a value; undefined for a text that is none. */
interface ValueReader {
  readonly expected: string;
  readonly read: (text: string) => unknown;
}

const anyText: ValueReader = { expected: 'a text', read: (text) => text };
const flag: ValueReader = {
  expected: 'true or false',
  read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
};
const number: ValueReader = {
  expected: 'a number',
  read: (text) => (/^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : undefined),
};
const whole: ValueReader = {
  expected: 'a whole number',
  read: (text) => (/^-?\d{1,9}$/.test(text) ? Number(text) : undefined),
};
const time: ValueReader = {
  expected: 'an RFC 3339 time: "2027-01-22T08:00:00Z"',
  read: (text) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))
      ? text
      : undefined,
};
const duration: ValueReader = {
  expected: 'a duration in seconds: "1.5s"',
  read: (text) => (/^-?\d{1,12}(\.\d{1,9})?s$/.test(text) ? text : undefined),
};

const readers = new WeakMap<DescField, ValueReader>();

function valueReader(field: DescField): ValueReader {
  let reader = readers.get(field);
  if (reader === undefined) {
    reader = readerOf(field);
    readers.set(field, reader);
  }
  return reader;
}

function readerOf(field: DescField): ValueReader {
  if (field.enum !== undefined) return enumReader(field.enum);
  switch (field.message?.typeName) {
    case 'google.protobuf.Timestamp':
      return time;
    case 'google.protobuf.Duration':
      return duration;
  }
  switch (field.scalar) {
    case undefined:
    case ScalarType.STRING:
      return anyText;
    case ScalarType.BOOL:
      return flag;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return number;
    default:
      return whole;
  }
}

/** The values of an enum by their names, with or without its prefix: SCREEN_ALL, ALL. */
function enumReader({ values, sharedPrefix = '' }: DescEnum): ValueReader {
  const names = values.map(({ name }) => name);
  const byName = new Map(
    names.flatMap((name) => [[name, name] as const, [name.slice(sharedPrefix.length), name] as const]),
  );
  return { expected: `one of ${names.slice(1).join(', ')}`, read: (text) => byName.get(text) };
}

/** A text without repeating a long one. */
function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
