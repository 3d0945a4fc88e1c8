// Holds a JSON body against its message before it is read, so that a mistake is answered with where it is and what
// would be right. The generated fromJSON forgives (an unknown field is dropped, a wrong type becomes a default), which
// is right between our own programs and wrong at a door, be it the API's or a command's.
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { EntrepotError, type FieldViolation } from '../errors/index.ts';

/** One mistake: where, what is wrong, and whether the field itself is unknown. */
interface Mistake extends FieldViolation {
  readonly unknown: boolean;
}

/**
 * Checks a parsed JSON body against a message.
 *
 * @param message the request's descriptor
 * @param body any JSON value
 * @throws EntrepotError MALFORMED_BODY when the body is no object, UNKNOWN_FIELD when every mistake is a field that the
 *   message does not have, INVALID_FIELD otherwise; every mistake is a field violation with its JSON path
 */
export function checkShape(message: DescMessage, body: unknown): void {
  if (!isObject(body)) {
    throw new EntrepotError({
      reason: 'MALFORMED_BODY',
      message: `The body must be a JSON object with the fields of ${message.name}, not ${kindOf(body)}.`,
    });
  }
  const mistakes: Mistake[] = [];
  checkMessage(message, body, '', mistakes);
  if (mistakes.length === 0) return;
  const unknownOnly = mistakes.every((mistake) => mistake.unknown);
  throw new EntrepotError({
    reason: unknownOnly ? 'UNKNOWN_FIELD' : 'INVALID_FIELD',
    message: mistakes.map((mistake) => `${mistake.field}: ${mistake.description}`).join(' '),
    violations: mistakes.map(({ field, description }) => ({ field, description })),
  });
}

/** More mistakes than this help nobody, and bound the work that a hostile body can cause. */
const maxMistakes = 20;

function checkMessage(message: DescMessage, body: Record<string, unknown>, path: string, mistakes: Mistake[]): void {
  const oneofs = new Map<string, string>();
  for (const [key, value] of Object.entries(body)) {
    if (mistakes.length >= maxMistakes) return;
    const at = path === '' ? key : `${path}.${key}`;
    const field = fieldByJsonKey(message, key);
    if (field === undefined) {
      mistakes.push({ field: at, unknown: true, description: unknownField(message, key) });
      continue;
    }
    if (value === null) continue; // JSON null is "not set" in the protobuf mapping.
    if (field.oneof !== undefined) {
      const other = oneofs.get(field.oneof.name);
      if (other !== undefined) {
        mistakes.push({ field: at, unknown: false, description: `Set either this or ${other}, not both.` });
        continue;
      }
      oneofs.set(field.oneof.name, at);
    }
    checkField(field, value, at, mistakes);
  }
}

function checkField(field: DescField, value: unknown, at: string, mistakes: Mistake[]): void {
  if (field.fieldKind === 'list') {
    if (!Array.isArray(value)) {
      mistakes.push(wrong(at, 'a list', value));
      return;
    }
    for (const [index, element] of value.entries()) {
      if (mistakes.length >= maxMistakes) return;
      checkValue(field, element, `${at}[${index}]`, mistakes);
    }
    return;
  }
  checkValue(field, value, at, mistakes);
}

function checkValue(field: DescField, value: unknown, at: string, mistakes: Mistake[]): void {
  if (field.message !== undefined) {
    if (wellKnownText.has(field.message.typeName)) {
      if (typeof value !== 'string')
        mistakes.push(wrong(at, wellKnownText.get(field.message.typeName) ?? 'a text', value));
    } else if (!isObject(value)) {
      mistakes.push(wrong(at, `an object with the fields of ${field.message.name}`, value));
    } else {
      checkMessage(field.message, value, at, mistakes);
    }
    return;
  }
  if (field.enum !== undefined) {
    const names = field.enum.values.map((one) => one.name);
    if (typeof value !== 'string' || !names.includes(value)) {
      mistakes.push(wrong(at, `one of ${names.slice(1).join(', ')}`, value));
    }
    return;
  }
  const expected = scalarExpectation(field.scalar);
  if (expected !== undefined && !expected.accepts(value)) mistakes.push(wrong(at, expected.text, value));
}

const wellKnownText: ReadonlyMap<string, string> = new Map([
  ['google.protobuf.FieldMask', 'a text of comma-separated paths ("price,item.flight.slices")'],
  ['google.protobuf.Timestamp', 'an RFC 3339 time as text'],
  ['google.protobuf.Duration', 'a duration in seconds as text ("1.5s")'],
]);

interface Expectation {
  readonly text: string;
  accepts(value: unknown): boolean;
}

const text: Expectation = { text: 'a text', accepts: (value) => typeof value === 'string' };
const flag: Expectation = { text: 'true or false', accepts: (value) => typeof value === 'boolean' };
const number: Expectation = {
  text: 'a number',
  accepts: (value) => typeof value === 'number' && Number.isFinite(value),
};
const int32: Expectation = {
  text: 'a whole number',
  accepts: (value) => typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 0x7fffffff,
};
const count: Expectation = {
  text: 'a whole number of 0 or more',
  accepts: (value) => int32.accepts(value) && (value as number) >= 0,
};

function scalarExpectation(scalar: ScalarType | undefined): Expectation | undefined {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return text;
    case ScalarType.BOOL:
      return flag;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return number;
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return count;
    case undefined:
      return undefined;
    default:
      return int32;
  }
}

function fieldByJsonKey(message: DescMessage, key: string): DescField | undefined {
  return message.fields.find((field) => field.jsonName === key || field.name === key);
}

function unknownField(message: DescMessage, key: string): string {
  const names = message.fields.map((field) => field.jsonName);
  const near = names.find((name) => name.toLowerCase() === key.toLowerCase().replaceAll(/[_-]/g, ''));
  return near === undefined
    ? `There is no such field; ${message.name} has ${names.join(', ')}.`
    : `There is no such field; did you mean ${near}?`;
}

function wrong(field: string, expected: string, value: unknown): Mistake {
  return { field, unknown: false, description: `Expected ${expected}, not ${kindOf(value)}.` };
}

/** Says what a value is without repeating a large one. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return String(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
