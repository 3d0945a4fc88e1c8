import { expect, test } from 'vitest';
import { FieldUsages } from './usage.ts';

test('fields are counted by client and view, whichever names they were written by', () => {
  let now = 1_000;
  const usages = new FieldUsages(() => now);
  usages.count(['price.total', 'partner'], 'app', 'list@1');
  now = 2_000;
  usages.count(['price.total'], 'app', 'list@1');
  usages.count(['otherOffers', 'other_offers'], 'web', '');
  const { since, usages: found } = usages.list('');
  expect(since?.epochMilliseconds).toBe(1_000);
  expect(
    found.map(({ field, client, view, requests, lastAt }) => [
      field,
      client,
      view,
      requests,
      lastAt?.epochMilliseconds,
    ]),
  ).toEqual([
    ['price.total', 'app', 'list@1', 2, 2_000],
    ['other_offers', 'web', '', 1, 2_000],
    ['partner', 'app', 'list@1', 1, 1_000],
  ]);
  expect([usages.usesOf('list@1'), usages.usesOf('list@2')]).toEqual([2, 0]);
  expect(usages.list('web').usages).toHaveLength(1);
});

test('a field is unused as long as nobody asks for it, for what it is in, or for everything', () => {
  const usages = new FieldUsages();
  usages.count(['price', 'item.flight.stops'], 'app', '');
  const { unused } = usages.list('');
  expect(unused).toContain('item.flight.carriers');
  expect(unused).toContain('stale');
  expect(
    unused.filter((path) => path.startsWith('price') || path === 'item.flight.stops' || path === 'offer_id'),
  ).toEqual([]);
  usages.count(undefined, 'web', '');
  expect(usages.list('').unused).toEqual([]);
  expect(usages.list('app').unused).toContain('stale');
  expect(usages.list('web').usages).toMatchObject([{ field: '*', requests: 1 }]);
});

test('however many combinations come, few are kept, and no field that is read is lost', () => {
  const usages = new FieldUsages(Date.now, 3);
  for (let client = 0; client < 50; client++) usages.count(['partner'], `client${client}`, '');
  usages.count(['stale'], 'late', '');
  const { usages: found, unused } = usages.list('');
  expect(found).toHaveLength(5);
  expect(found).toContainEqual(expect.objectContaining({ field: 'partner', client: '(other)', requests: 47 }));
  expect(found).toContainEqual(expect.objectContaining({ field: 'stale', client: '(other)', requests: 1 }));
  expect(unused).not.toContain('stale');
  for (const field of ['product_id', 'expires_at', 'demoted_because']) usages.count([field], 'late', '');
  // From here on it can no longer be said which; and then none is called unused.
  expect(usages.list('').unused).toEqual([]);
});
