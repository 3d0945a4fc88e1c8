import { expect, test } from 'vitest';
import { Offer } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { decodeCursor, type Position } from './tokens.ts';
import { UpdateLog } from './updates.ts';

const progress = {
  partnersAsked: 1,
  partnersDone: 0,
  offers: 1,
  offersMatching: 1,
  products: 1,
  productsProvisional: false,
  elapsedMs: 1,
};

/** Where a reader stands that has read everything up to a publication. */
const at = (publication: number): Position => ({ told: publication, seen: publication });

/** A log to which pages of one offer each are published. */
function published(limit: number, ids: readonly string[]): UpdateLog {
  const log = new UpdateLog('0123456789abcdef', { shows: 'view', retractions: limit });
  for (const [index, id] of ids.entries()) {
    log.publish({
      revision: index + 1,
      page: { offerIds: [id], nextPageToken: '', totalSize: 1 },
      offers: new Map([[id, Offer.fromPartial({ offerId: id })]]),
      outcomes: [],
      progress,
      facets: [],
      complete: false,
    });
  }
  return log;
}

test('a reader gets the net change since its revision', () => {
  const update = published(10, ['a', 'b', 'c']).since(at(1)).update;
  expect(update.snapshot).toBe(false);
  expect(update.upserts.map(({ offerId }) => offerId)).toEqual(['c']);
  // Taking back what it never had does no harm.
  expect(update.retractedOfferIds).toEqual(['a', 'b']);
  expect(decodeCursor(update.cursor, '0123456789abcdef').position).toEqual(at(3));
});

test('an offer that left and came back is not taken back', () => {
  const update = published(10, ['a', 'b', 'a']).since(at(2)).update;
  expect(update.upserts.map(({ offerId }) => offerId)).toEqual(['a']);
  expect(update.retractedOfferIds).toEqual(['b']);
});

test('a reader from before what is remembered gets a snapshot', () => {
  const log = published(2, ['a', 'b', 'c', 'd', 'e']);
  // Remembered: that c and d left, at revisions 4 and 5. That b left at 3 is forgotten.
  expect(log.since(at(3)).update.retractedOfferIds).toEqual(['c', 'd']);
  expect(log.since(at(2)).update).toMatchObject({ snapshot: true, retractedOfferIds: [] });
});

test('a reader of a revision that was never published gets a snapshot', () => {
  const log = published(10, ['a']);
  expect(log.since(at(7)).update.snapshot).toBe(true);
  expect(log.since(at(0)).update.snapshot).toBe(true);
});

test('readers at the same revision share one message', () => {
  const log = published(10, ['a', 'b']);
  expect(log.since(at(1)).update).toBe(log.since(at(1)).update);
});
