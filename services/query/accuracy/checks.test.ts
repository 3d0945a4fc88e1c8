import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Checks, type Result } from './checks.ts';
import type { Sample } from './sample.ts';

const sample = (partner: string) => ({ partner }) as Sample;
const bounds = { perMinute: 3, atOnce: 2 };

/** Checks that end when the test says so. */
function rig() {
  const state = {
    now: 0,
    results: [] as [string, Result][],
    open: [] as ((result: Result) => void)[],
    begun: [] as number[],
  };
  const checks = new Checks(
    () => {
      state.begun.push(state.now);
      return new Promise((resolve) => state.open.push(resolve));
    },
    ({ partner }, result) => state.results.push([partner, result]),
    () => state.now,
  );
  return { state, checks };
}

test('a check waits for its time and for a place', async () => {
  const { state, checks } = rig();
  for (const dueAt of [10, 20, 30]) checks.add(sample('a'), dueAt);
  checks.add(sample('b'), 20);
  checks.begin(bounds);
  expect([state.open.length, checks.waiting]).toEqual([0, 4]);
  state.now = 30;
  checks.begin(bounds);
  expect([state.open.length, checks.waiting]).toEqual([2, 2]);
  state.open[0]!('accurate');
  state.open[1]!('dearer');
  await checks.settled();
  checks.begin(bounds);
  expect([state.open.length, checks.waiting]).toEqual([4, 0]);
  state.open[2]!('expired');
  state.open[3]!('gone');
  await checks.settled();
  expect(state.results).toEqual([
    ['a', 'accurate'],
    ['a', 'dearer'],
    ['a', 'expired'],
    ['b', 'gone'],
  ]);
});

test('a partner is not asked more than so often in any minute; what is too much is left out for good', async () => {
  const { state, checks } = rig();
  const ask = async (count: number) => {
    for (let time = 0; time < count; time++) checks.add(sample('a'), state.now);
    checks.begin({ perMinute: 3, atOnce: 100 });
    for (const end of state.open.splice(0)) end('accurate');
    await checks.settled();
  };
  await ask(2);
  state.now = 59_999;
  await ask(3);
  expect(state.results.filter(([, result]) => result === 'skipped')).toHaveLength(2);
  state.now = 60_000;
  await ask(3);
  expect(state.begun).toEqual([0, 0, 59_999, 60_000, 60_000]);
  expect(checks.waiting).toBe(0);
});

test('whatever comes, no minute sees more checks of a partner, and no moment more at once, than is allowed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(
        fc.record({
          partner: fc.constantFrom('a', 'b'),
          dueIn: fc.nat({ max: 90_000 }),
          pass: fc.nat({ max: 40_000 }),
          ends: fc.boolean(),
        }),
        { maxLength: 60 },
      ),
      async (perMinute, atOnce, steps) => {
        let now = 0;
        let done = 0;
        let open: (() => void)[] = [];
        const begun: { partner: string; at: number }[] = [];
        const checks = new Checks(
          ({ partner }) => {
            begun.push({ partner, at: now });
            return new Promise((resolve) => open.push(() => resolve('accurate')));
          },
          () => done++,
          () => now,
        );
        const endAll = async () => {
          for (const end of open) end();
          open = [];
          await checks.settled();
        };
        for (const { partner, dueIn, pass, ends } of steps) {
          checks.add(sample(partner), now + dueIn);
          now += pass;
          checks.begin({ perMinute, atOnce });
          expect(open.length).toBeLessThanOrEqual(atOnce);
          if (ends) await endAll();
        }
        for (const { partner, at } of begun) {
          const within = begun.filter((one) => one.partner === partner && one.at > at - 60_000 && one.at <= at);
          expect(within.length).toBeLessThanOrEqual(perMinute);
        }
        await endAll();
        // Each is asked at most once, or left out: nothing is made up for.
        expect(done + checks.waiting).toBe(steps.length);
        expect(begun.length).toBeLessThanOrEqual(steps.length);
      },
    ),
    { numRuns: 200 },
  );
});
