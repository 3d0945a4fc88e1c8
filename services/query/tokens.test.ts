import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newSearchId, offerId, parseOfferId } from './ids.ts';
import { decodeCursor, decodePageToken, encodeCursor, encodePageToken } from './tokens.ts';

const view = fc.stringMatching(/^[A-Za-z0-9_-]{12}$/);
const count = fc.nat({ max: 2 ** 31 });

describe('page tokens and cursors', () => {
  test('come back as they went', () => {
    fc.assert(
      fc.property(view, count, count, (key, revision, offset) => {
        const searchId = newSearchId();
        const moment = { tag: 'a1', revision, position: revision, swept: offset };
        const token = { searchId, view: key, moment, offset };
        expect(decodePageToken(encodePageToken(token), searchId)).toEqual(token);
        const cursor = { searchId, view: key, tag: 'a1', position: { told: offset, seen: revision } };
        expect(decodeCursor(encodeCursor(cursor), searchId)).toEqual(cursor);
      }),
    );
  });

  test('are refused when a character is changed, taken away or added', () => {
    const searchId = newSearchId();
    const token = encodePageToken({
      searchId,
      view: 'abcdefghijkl',
      moment: { tag: 'a1', revision: 7, position: 9, swept: 0 },
      offset: 20,
    });
    fc.assert(
      fc.property(fc.nat({ max: token.length - 1 }), fc.constantFrom('A', 'z', '0', '_', ''), (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        // The last character carries bits that base64 leaves unused.
        fc.pre(changed !== token && Buffer.from(changed, 'base64url').compare(Buffer.from(token, 'base64url')) !== 0);
        expect(() => decodePageToken(changed, searchId)).toThrow(/pageToken/);
      }),
    );
  });

  test('are refused when they are any text, another kind, or of another search', () => {
    const searchId = newSearchId();
    const cursor = encodeCursor({ searchId, view: 'abcdefghijkl', tag: 'a1', position: { told: 7, seen: 7 } });
    expect(() => decodePageToken(cursor, searchId)).toThrow(expect.objectContaining({ reason: 'INVALID_TOKEN' }));
    expect(() => decodeCursor(cursor, newSearchId())).toThrow(expect.objectContaining({ reason: 'INVALID_TOKEN' }));
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeCursor(text, searchId)).toThrow(expect.objectContaining({ reason: 'INVALID_TOKEN' }));
      }),
    );
  });
});

describe('offer ids', () => {
  test('name their search, partner and row', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_295 }), fc.nat({ max: 1_679_615 }), (partner, row) => {
        const searchId = newSearchId();
        expect(parseOfferId(offerId(searchId, partner, row))).toEqual({ searchId, partner, row });
      }),
    );
  });

  test('sort as partner and row do', () => {
    const place = fc.tuple(fc.nat({ max: 1_295 }), fc.nat({ max: 1_679_615 }));
    fc.assert(
      fc.property(place, place, ([partnerA, rowA], [partnerB, rowB]) => {
        const searchId = newSearchId();
        const byId = offerId(searchId, partnerA, rowA) < offerId(searchId, partnerB, rowB);
        expect(byId).toBe(partnerA < partnerB || (partnerA === partnerB && rowA < rowB));
      }),
    );
  });

  test('are undefined for any other text', () => {
    fc.assert(fc.property(fc.string(), (text) => parseOfferId(text) === undefined));
    expect(parseOfferId(`${newSearchId()}-00`)).toBeUndefined();
  });
});
