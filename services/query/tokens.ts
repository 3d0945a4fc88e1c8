import { crc32 } from 'node:zlib';
import { EntrepotError } from '../../libs/errors/index.ts';

/**
 * Page tokens and cursors: compact tuples with a checksum, opaque to clients. The checksum tells a token of ours from
 * garbage; it is no signature, and a forged token opens nothing that its search id does not open anyway.
 */

/** A moment of a result set, so that the set of any process can be looked at as it was then. */
export interface SetMoment {
  /** Names the set in whose process the revision counts. */
  readonly tag: string;
  /** Revision of its rows there. */
  readonly revision: number;
  /** Journal entries that had taken effect. */
  readonly position: number;
  /** Rows that had expired by then are not in it, epoch ms; 0 for none. */
  readonly swept: number;
}

/** What a page token says. */
export interface PageToken {
  readonly searchId: string;
  /** Key of the view: order, filter, grouping and page size. */
  readonly view: string;
  /** The moment whose order the page belongs to. */
  readonly moment: SetMoment;
  /** First entry of the page. */
  readonly offset: number;
}

/** What a cursor says. */
export interface Cursor {
  readonly searchId: string;
  /** Names the view and the screen that the updates show. */
  readonly view: string;
  /** Names the log that the position is of. */
  readonly tag: string;
  /** How much of it the client has seen; told 0 for nothing, which a snapshot follows. */
  readonly position: Position;
}

/** How far a reader of a log has come; the two differ in the middle of what comes in several updates. */
export interface Position {
  /** It was told all offers that last changed up to this publication. */
  readonly told: number;
  /** Of everything else, retractions too, it was told what happened up to this one. */
  readonly seen: number;
}

/** Writes a page token. */
export function encodePageToken(token: PageToken): string {
  const { tag, revision, position, swept } = token.moment;
  const numbers = [token.offset, revision, position, swept].map((one) => one.toString(36));
  return seal(['p', token.searchId, token.view, tag, ...numbers].join('.'));
}

/** Writes a cursor. */
export function encodeCursor(cursor: Cursor): string {
  const { searchId, view, tag, position } = cursor;
  return seal(`c.${searchId}.${view}.${tag}.${position.told.toString(36)}.${position.seen.toString(36)}`);
}

/** Where a page of a list of mismatches goes on: behind this one. */
export interface MismatchToken {
  /** The one partner that is listed; empty for all. */
  readonly partner: string;
  /** Epoch ms. */
  readonly at: number;
  readonly id: string;
}

/** Writes the token of a page of mismatches. */
export function encodeMismatchToken({ partner, at, id }: MismatchToken): string {
  return seal(`m.${Buffer.from(partner).toString('base64url')}.${at.toString(36)}.${id}`);
}

/**
 * Reads the token of a page of mismatches.
 * @throws EntrepotError INVALID_TOKEN for a text that is none, or the token of another list
 */
export function decodeMismatchToken(text: string, partner: string): MismatchToken {
  const [, of = '', at = '', id = ''] = open(text, 'm', 4, 'page token', 'pageToken');
  if (Buffer.from(of, 'base64url').toString() !== partner) throw invalidToken('pageToken', 'belongs to another list');
  return { partner, at: number(at), id };
}

/**
 * Reads a page token.
 * @throws EntrepotError INVALID_TOKEN for a text that is none, or the token of another search
 */
export function decodePageToken(text: string, searchId: string): PageToken {
  const parts = open(text, 'p', 8, 'page token', 'pageToken');
  const [offset, revision, position, swept] = parts.slice(4).map(number) as [number, number, number, number];
  const moment = { tag: parts[3]!, revision, position, swept };
  const token = { searchId: parts[1]!, view: parts[2]!, moment, offset };
  if (token.searchId !== searchId) throw invalidToken('pageToken', `belongs to another search than ${searchId}`);
  return token;
}

/**
 * Reads a cursor.
 * @throws EntrepotError INVALID_TOKEN for a text that is none, or the cursor of another search
 */
export function decodeCursor(text: string, searchId: string): Cursor {
  const parts = open(text, 'c', 6, 'cursor', 'cursor');
  const position = { told: number(parts[4]!), seen: number(parts[5]!) };
  const cursor = { searchId: parts[1]!, view: parts[2]!, tag: parts[3]!, position };
  if (cursor.searchId !== searchId) throw invalidToken('cursor', `belongs to another search than ${searchId}`);
  return cursor;
}

/** Writes a page token of a list that goes back in time: who reads on begins before the entry of that number. */
export function encodeListToken(list: string, of: string, number: number): string {
  return seal(`${list}.${of}.${number.toString(36)}`);
}

/**
 * Reads a page token of a list.
 * @param of what the list is of; a token of another list is refused
 * @throws EntrepotError INVALID_TOKEN
 */
export function decodeListToken(text: string, list: string, of: string): number {
  const parts = open(text, list, 3, 'page token', 'pageToken');
  if (parts[1] !== of) throw invalidToken('pageToken', 'belongs to a list of another partner');
  return number(parts[2]!);
}

function seal(text: string): string {
  return Buffer.from(`${text}.${crc32(text).toString(36)}`, 'latin1').toString('base64url');
}

function open(token: string, kind: string, length: number, what: string, field: string): string[] {
  const text = token.length <= 200 ? Buffer.from(token, 'base64url').toString('latin1') : '';
  const end = text.lastIndexOf('.');
  const body = text.slice(0, Math.max(end, 0));
  const parts = body.split('.');
  if (text.slice(end + 1) !== crc32(body).toString(36) || parts[0] !== kind || parts.length !== length) {
    throw invalidToken(field, `is no ${what} of this platform; pass on what a response carried, unchanged`);
  }
  return parts;
}

function number(text: string): number {
  return Number.parseInt(text, 36);
}

function invalidToken(field: string, description: string): EntrepotError {
  return new EntrepotError({
    reason: 'INVALID_TOKEN',
    message: `${field} ${description}.`,
    violations: [{ field, description }],
  });
}
