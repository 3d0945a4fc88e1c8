import { expect, test } from 'vitest';
import { finalOf, flightSearch, type Rig, reader, startRig } from './testing/rig.ts';

async function search(rig: Rig, rows: number): Promise<string> {
  const answered = finalOf(rig);
  const running = await rig.supply.next();
  running.plan(['a']);
  running.answer(
    'a',
    Array.from({ length: rows }, (_, row) => ({ total: 100 + row })),
  );
  return (await answered).searchId;
}
async function held(rig: Rig, ids: readonly string[]): Promise<boolean[]> {
  const answers = ids.map((searchId) =>
    rig.query.getPage({ readMask: undefined, searchId, pageToken: '', options: undefined }),
  );
  return (await Promise.allSettled(answers)).map(({ status }) => status === 'fulfilled');
}

test('no more searches are held than configured; the one that was used longest ago goes first', async () => {
  const rig = await startRig('{ hold: { searches: 2 } }');
  const [first, second] = [await search(rig, 1), await search(rig, 1)];
  expect(await held(rig, [first])).toEqual([true]);
  const third = await search(rig, 1);
  expect(await held(rig, [first, second, third])).toEqual([true, false, true]);
  await rig.close();
});

test('held searches stay within their byte budget, whatever their number', async () => {
  const rig = await startRig('{ hold: { megabytes: 1, searches: 1000 } }');
  const ids: string[] = [];
  for (let count = 0; count < 8; count++) ids.push(await search(rig, 2_000));
  const kept = await held(rig, ids);
  // 2,000 rows take some 300 KB.
  expect(kept.filter(Boolean).length).toBeLessThan(6);
  expect(kept.at(-1)).toBe(true);
  await rig.close();
});

test('a search that failed is not held', async () => {
  const rig = await startRig();
  const updates = reader(rig.query.search(flightSearch()));
  const running = await rig.supply.next();
  running.plan(['a']);
  const { searchId } = await updates.next();
  expect(await held(rig, [searchId])).toEqual([true]);
  await rig.kill('pricing');
  await expect(updates.next()).rejects.toMatchObject({ reason: 'PRICING_UNAVAILABLE' });
  expect(await held(rig, [searchId])).toEqual([false]);
  await rig.close();
});
