import { parseJson } from './body.ts';

/** A run of digits that may stand for a number which a double cannot hold. */
const LONG_NUMBER = /\d{16}/;

/**
 * JSON as a value, where whole numbers beyond ±(2^53 - 1) are texts of their digits: ids that a double would round. Throws
 * PartnerFailure MALFORMED as `parseJson` does.
 */
export function parseExactJson(body: Buffer): unknown {
  const value = parseJson(body);
  const text = body.toString('utf8');
  return LONG_NUMBER.test(text) ? JSON.parse(text, keepDigits) : value;
}

function keepDigits(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return context?.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value;
}
