import { randomBytes } from 'node:crypto';

/**
 * Ids of searches, offers and clicks. An offer's id is its search, its partner and its row there, each of fixed width,
 * so that ids sort as (partner, row) does and nothing has to be looked up to find the row again.
 */

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const searchIdLength = 16;

/** A random id of 16 characters out of 62: 95 bits, so that nobody guesses another one's search. */
export function newSearchId(): string {
  return randomText(searchIdLength);
}

/** A random id for a click. */
export function newClickId(): string {
  return `c${randomText(21)}`;
}

/** Random characters of the alphabet, without the bias that a plain remainder would have. */
function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length + 8)) {
      if (byte < 248 && text.length < length) text += alphabet[byte % 62];
    }
  }
  return text;
}

/** The id of a partner's row in a search. */
export function offerId(searchId: string, partner: number, row: number): string {
  return `${searchId}-${partner.toString(36).padStart(2, '0')}-${row.toString(36).padStart(4, '0')}`;
}

/** What an offer id names. */
export interface OfferPlace {
  /** The search. */
  readonly searchId: string;
  /** The partner's position among the search's partners in order of name. */
  readonly partner: number;
  /** The row's position among all rows that the partner sent in the search. */
  readonly row: number;
}

const offerIdShape = /^([0-9A-Za-z]{16})-([0-9a-z]{2,4})-([0-9a-z]{4,6})$/;

/** Reads an offer id; undefined for a text that is none. */
export function parseOfferId(text: string): OfferPlace | undefined {
  const match = offerIdShape.exec(text);
  if (match === null) return undefined;
  return {
    searchId: match[1]!,
    partner: Number.parseInt(match[2]!, 36),
    row: Number.parseInt(match[3]!, 36),
  };
}
