import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shrink } from './shrink.ts';

const count = (length: number) => Array.from({ length }, (_, at) => at);

it('leaves one row of many, and of each list what it joins to', async () => {
  const rows = count(200).map((id) => ({ id, legs: [id % 50, (id + 7) % 50], odd: id === 137 }));
  const bodies = [{ legs: count(50).map((key) => ({ key })), rows, total: 200 }];
  let tries = 0;
  const [body] = (await shrink(bodies, async ([here]) => {
    tries++;
    const { legs, rows } = here as (typeof bodies)[0];
    const isWhole = rows.every(
      (row) => row.legs.length === 2 && row.legs.every((key) => legs.some((leg) => leg.key === key)),
    );
    return isWhole && rows.some(({ odd }) => odd);
  })) as typeof bodies;
  expect(body).toEqual({ legs: [{ key: 37 }, { key: 44 }], rows: [rows[137]], total: 200 });
  expect(tries).toBeLessThan(120);
  expect(bodies[0]!.rows).toHaveLength(200);
});

it('never leaves what does not hold, and cannot spare any element of what it leaves', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 30 }), fc.nat(30), async (list, needs) => {
      const needed = list.filter((one) => one % 7 === needs % 7);
      const [left] = (await shrink([list], async ([here]) =>
        needed.every((one) => (here as number[]).includes(one)),
      )) as [number[]];
      expect(needed.every((one) => left.includes(one))).toBe(true);
      expect(left.length).toBeLessThanOrEqual(Math.max(1, needed.length));
    }),
  );
});

it('tries no more often than it may', async () => {
  let tries = 0;
  const bodies = [{ rows: count(1_000).map((id) => ({ list: count(20), id })) }];
  const left = await shrink(
    bodies,
    async () => {
      tries++;
      return false;
    },
    { tries: 50 },
  );
  expect(tries).toBe(50);
  expect(left).toBe(bodies);
});
