// What a GraphQL request says, whatever it came by.
import { EntrepotError } from '../../../libs/errors/index.ts';

/** One operation that is asked for. */
export interface GraphqlParams {
  readonly query: string | undefined;
  /** Name or hash ("sha256:…") of a registered operation. */
  readonly documentId: string | undefined;
  /** SHA-256 of the query, where a client wants to send that alone. */
  readonly hash: string | undefined;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Reads what was sent as JSON.
 * @throws EntrepotError MALFORMED_BODY where it is not of the shape of a GraphQL request
 */
export function paramsOf(sent: unknown): GraphqlParams {
  if (!isObject(sent)) throw malformed('Send an object with "query" and "variables".');
  const { persistedQuery } = optionalObject(sent, 'extensions') ?? {};
  const hash = isObject(persistedQuery) ? persistedQuery.sha256Hash : undefined;
  if (hash !== undefined && (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash))) {
    throw malformed('extensions.persistedQuery.sha256Hash is 64 hexadecimal digits.');
  }
  const query = optionalText(sent, 'query');
  const documentId = optionalText(sent, 'documentId');
  if (query === undefined && documentId === undefined && hash === undefined) {
    throw malformed('Send the operation as "query", or name one by "documentId".');
  }
  return {
    query,
    documentId,
    hash,
    operationName: optionalText(sent, 'operationName'),
    variables: optionalObject(sent, 'variables') ?? {},
  };
}

/**
 * Reads what was sent in the query string, where objects are JSON texts.
 * @throws EntrepotError MALFORMED_BODY
 */
export function paramsOfQuery(query: Readonly<Record<string, unknown>>): GraphqlParams {
  const { variables, extensions } = query;
  return paramsOf({
    ...query,
    variables: parsed('variables', variables),
    extensions: parsed('extensions', extensions),
  });
}

function parsed(name: string, text: unknown): unknown {
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(String(text));
  } catch {
    throw malformed(`${name} is no JSON.`);
  }
}

function optionalText(sent: Record<string, unknown>, name: string): string | undefined {
  const { [name]: value } = sent;
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw malformed(`${name} is a text.`);
  return value;
}

function optionalObject(sent: Record<string, unknown>, name: string): Record<string, unknown> | undefined {
  const { [name]: value } = sent;
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw malformed(`${name} is an object.`);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(message: string): EntrepotError {
  return new EntrepotError({ reason: 'MALFORMED_BODY', message });
}
