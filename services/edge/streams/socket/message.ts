// What a client says on a socket.
import { EntrepotError, type FieldViolation, invalidFields } from '../../../../libs/errors/index.ts';

/** Begins an operation. */
export interface Begin {
  readonly kind: 'begin';
  readonly id: string;
  /** "Search", or "entrepot.query.v1.QueryService/Search". */
  readonly method: string;
  /** The method's request as JSON. */
  readonly request: unknown;
  /** How long the client will wait, in milliseconds; undefined where it does not say. */
  readonly timeoutMs: number | undefined;
  /** The client's trace, W3C; undefined for a new one. */
  readonly traceparent: string | undefined;
}

/** One message of a client. */
export type ClientMessage =
  | Begin
  | { readonly kind: 'cancel'; readonly id: string }
  | { readonly kind: 'hello'; readonly key: string };

/** A message that is none. Names the operation that it would have been, where that much can be read. */
export class RefusedMessage extends Error {
  readonly id: string | undefined;
  readonly error: EntrepotError;

  constructor(error: EntrepotError, id?: string) {
    super(error.message);
    this.error = error;
    this.id = id;
  }
}

const maxIdLength = 128;

/** The fields of each kind of message, but for its id. */
const fields = {
  begin: ['id', 'method', 'request', 'timeoutMs', 'traceparent'],
  cancel: ['id', 'cancel'],
  hello: ['hello'],
} as const;

/**
 * Reads a message.
 * @throws RefusedMessage with everything that is wrong with it
 */
export function readMessage(text: string): ClientMessage {
  const message = parse(text);
  const kind = 'hello' in message ? 'hello' : 'cancel' in message ? 'cancel' : 'begin';
  const mistakes: FieldViolation[] = Object.keys(message)
    .filter((name) => !(fields[kind] as readonly string[]).includes(name))
    .map((field) => ({ field, description: `There is no such field here; there are ${fields[kind].join(', ')}.` }));
  const expect = (holds: boolean, field: string, description: string): void => {
    if (!holds) mistakes.push({ field, description });
  };
  const { id, method, request = {}, timeoutMs, traceparent, cancel, hello } = message;
  const usable = typeof id === 'string' && id !== '' && id.length <= maxIdLength;
  if (kind === 'hello') {
    const key = isObject(hello) && Object.keys(hello).length === 1 ? hello.key : undefined;
    expect(typeof key === 'string' && key !== '', 'hello', 'Expected {"key": "…"} with a key or token.');
    if (mistakes.length === 0) return { kind, key: key as string };
  } else {
    expect(usable, 'id', `Expected a text of 1 to ${maxIdLength} characters that names the operation.`);
    if (kind === 'cancel') {
      expect(cancel === true, 'cancel', 'Expected true.');
      if (mistakes.length === 0) return { kind, id: id as string };
    } else {
      expect(typeof method === 'string', 'method', 'Expected the name of a method: "Search".');
      expect(isObject(request), 'request', 'Expected an object: the request of the method.');
      expect(timeoutMs === undefined || typeof timeoutMs === 'number', 'timeoutMs', 'Expected whole milliseconds.');
      expect(
        traceparent === undefined || typeof traceparent === 'string',
        'traceparent',
        'Expected a text as W3C Trace Context has it.',
      );
      if (mistakes.length === 0) return { kind, id, method, request, timeoutMs, traceparent } as Begin;
    }
  }
  throw new RefusedMessage(invalidFields(mistakes), usable ? id : undefined);
}

function parse(text: string): Readonly<Record<string, unknown>> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    throw malformed(`The message is not JSON: ${(error as Error).message}.`);
  }
  if (!isObject(message)) throw malformed('A message is a JSON object.');
  return message;
}

function malformed(message: string): RefusedMessage {
  return new RefusedMessage(new EntrepotError({ reason: 'MALFORMED_BODY', message }));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
