import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SearchUpdate } from './gen/types.ts';
import { updatesByChance } from './testing/updates.ts';
import { SearchFold, type SearchView } from './view.ts';

/** What a view shows, without what tells it from the one before. */
function shown({ changed, ...view }: SearchView): unknown {
  return view;
}

/** The view by the words of the contract, read backwards: of each part, what was said of it last since the latest snapshot. */
function byTheWords(updates: readonly SearchUpdate[]): unknown {
  const start = Math.max(
    0,
    updates.findLastIndex(({ snapshot }) => snapshot === true),
  );
  const since = updates.slice(start);
  const lastWith = (has: (update: SearchUpdate) => boolean): SearchUpdate | undefined => since.findLast(has);
  const offerOf = (id: string) => {
    const last = lastWith(
      ({ upserts = [], retractedOfferIds = [] }) =>
        retractedOfferIds.includes(id) || upserts.some(({ offerId }) => offerId === id),
    );
    return last?.upserts?.findLast(({ offerId }) => offerId === id);
  };
  const page = lastWith((update) => update.page !== undefined)?.page;
  const seen = [...new Set(since.flatMap(({ upserts = [] }) => upserts.map(({ offerId = '' }) => offerId)))];
  const held = seen.filter((id) => offerOf(id) !== undefined);
  const told = since.flatMap(({ outcomes = [] }) => outcomes);
  const partners = [...new Set(told.map(({ partner }) => partner))];
  const last = updates.at(-1);
  return {
    offers: page === undefined ? new Set(held.map(offerOf)) : (page.offerIds ?? []).flatMap((id) => offerOf(id) ?? []),
    outcomes: partners.map((partner) => told.findLast((outcome) => outcome.partner === partner)),
    progress: last?.progress,
    facets: lastWith(({ facets = [] }) => facets.length > 0)?.facets ?? [],
    totalSize: page === undefined ? held.length : (page.totalSize ?? 0),
    nextPageToken: page?.nextPageToken ?? '',
    complete: last?.complete === true,
    searchId: last?.searchId,
    revision: last?.revision,
    cursor: last?.cursor,
    connection: 'open',
  };
}

it('shows what the contract says of updates, whatever comes', () => {
  fc.assert(
    fc.property(updatesByChance, (updates) => {
      const { offers, ...view } = shown(new SearchFold().apply(...updates)) as SearchView;
      const paged = updates
        .slice(
          Math.max(
            0,
            updates.findLastIndex(({ snapshot }) => snapshot),
          ),
        )
        .some(({ page }) => page);
      expect({ ...view, offers: paged ? offers : new Set(offers) }).toEqual(byTheWords(updates));
    }),
    { numRuns: 500 },
  );
});

it('ends in the same view however updates are taken together, and however often each comes', () => {
  const repeats = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(updatesByChance, repeats, fc.integer({ min: 1, max: 4 }), (updates, times, together) => {
      const expected = shown(new SearchFold().apply(...updates));
      const often = updates.flatMap((update, index) => Array.from({ length: times[index] ?? 1 }, () => update));
      const fold = new SearchFold();
      let view: SearchView = fold.apply();
      for (let at = 0; at < often.length; at += together) view = fold.apply(...often.slice(at, at + together));
      expect(shown(view)).toEqual(expected);
    }),
  );
});

it('tells what changed: applied to the offers before, it gives the offers after', () => {
  fc.assert(
    fc.property(updatesByChance, fc.integer({ min: 1, max: 4 }), (updates, together) => {
      // Without pages every offer is shown, so that the view is the whole set.
      const pageless = updates.map(({ page, ...update }): SearchUpdate => update);
      const fold = new SearchFold();
      let before = new Set<string>();
      for (let at = 0; at < pageless.length; at += together) {
        const { offers, changed } = fold.apply(...pageless.slice(at, at + together));
        const after = new Set(changed.snapshot ? [] : before);
        for (const id of changed.upserted) after.add(id);
        for (const id of changed.retracted) after.delete(id);
        expect(new Set(offers.map(({ offerId }) => offerId))).toEqual(after);
        before = after;
      }
    }),
  );
});

it('does not change a view that was handed over', () => {
  fc.assert(
    fc.property(updatesByChance, (updates) => {
      const fold = new SearchFold();
      const views = updates.map((update) => fold.apply(update));
      const copies = structuredClone(views);
      fold.apply(...updates);
      expect(views).toEqual(copies);
    }),
  );
});

it('hands on an offer that did not change as the same object', () => {
  const fold = new SearchFold();
  const [first] = fold.apply({ upserts: [{ offerId: 'a' }], page: { offerIds: ['a'] } }).offers;
  const later = fold.apply({ upserts: [{ offerId: 'b' }], page: { offerIds: ['b', 'a'] } });
  expect(later.offers[1]).toBe(first);
});

it('says that a connection is made again, and shows what it showed', () => {
  const fold = new SearchFold();
  const view = fold.apply({ upserts: [{ offerId: 'a' }], page: { offerIds: ['a'] } });
  const meanwhile = fold.reconnecting();
  expect(meanwhile).toMatchObject({
    connection: 'reconnecting',
    offers: view.offers,
    changed: { page: false, upserted: [] },
  });
  expect(fold.apply({}).connection).toBe('open');
});
