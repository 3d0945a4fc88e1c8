import { describe, expect, test } from 'vitest';
import { Offer } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
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

describe('a log of many offers', () => {
  const offer = (id: string): Offer => Offer.fromPartial({ offerId: id });
  const batchOf = (from: number, count: number): string[] =>
    Array.from({ length: count }, (_, at) => `o${String(from + at).padStart(4, '0')}`);

  /** Publishes what is shown from now on, the same offers as the same objects. */
  class Many {
    readonly log = new UpdateLog('0123456789abcdef', { shows: 'view*', retractions: 3, mostUpserts: 10 });
    readonly offers = new Map<string, Offer>();
    #revision = 0;

    publish(come: readonly string[], go: readonly string[] = [], complete = false): void {
      for (const id of come) this.offers.set(id, offer(id));
      for (const id of go) this.offers.delete(id);
      const revision = ++this.#revision;
      const { offers } = this;
      this.log.publish({ revision, page: undefined, offers, outcomes: [], progress, facets: [], complete });
    }

    /** What a reader is told from a position on, until there is nothing left. */
    read(from: Position | undefined): SearchUpdate[] {
      const updates: SearchUpdate[] = [];
      for (let position = from; !this.log.upToDate(position); ) {
        const read = this.log.since(position);
        updates.push(read.update);
        position = read.position;
      }
      return updates;
    }
  }

  const sizes = (updates: readonly SearchUpdate[]): number[] => updates.map(({ upserts }) => upserts.length);

  test('tells it in as few updates as its limit allows, a publication as a whole', () => {
    const many = new Many();
    for (const [from, count] of [
      [0, 6],
      [10, 3],
      [20, 7],
      [30, 10],
      [50, 1],
    ] as const) {
      many.publish(batchOf(from, count), [], from === 50);
    }
    const updates = many.read(undefined);
    expect(sizes(updates)).toEqual([9, 7, 10, 1]);
    expect(updates.map(({ snapshot }) => snapshot)).toEqual([true, false, false, false]);
    expect(updates.map(({ complete }) => complete)).toEqual([false, false, false, true]);
  });

  test('tells the pieces of a snapshot to the end, however much left the screen before', () => {
    const many = new Many();
    for (let from = 0; from < 100; from += 10) many.publish(batchOf(from, 10));
    // More than is remembered one by one.
    many.publish([], batchOf(0, 8));
    const updates = many.read(undefined);
    expect(sizes(updates)).toEqual([2, 10, 10, 10, 10, 10, 10, 10, 10, 10]);
    expect(updates.filter(({ snapshot }) => snapshot)).toHaveLength(1);
  });

  test('takes back in the middle of a snapshot what went meanwhile, and begins anew where it no longer knows what', () => {
    const many = new Many();
    for (let from = 0; from < 40; from += 10) many.publish(batchOf(from, 10));
    const first = many.log.since(undefined);
    many.publish([], ['o0003', 'o0025']);
    const [second, ...rest] = many.read(first.position);
    expect(second).toMatchObject({ snapshot: false, retractedOfferIds: ['o0003', 'o0025'] });
    expect(sizes([second!, ...rest])).toEqual([10, 9, 10]);
    many.publish([], batchOf(30, 5));
    expect(many.read(first.position)[0]).toMatchObject({ snapshot: true });
  });
});

test('readers at the same revision share one message', () => {
  const log = published(10, ['a', 'b']);
  expect(log.since(at(1)).update).toBe(log.since(at(1)).update);
});
