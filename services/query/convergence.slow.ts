import { afterAll, beforeAll, expect, test } from 'vitest';
import { convergenceRig, converges } from './testing/convergence.ts';
import type { Rig } from './testing/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await convergenceRig();
});
afterAll(async () => rig.close());

test('the view that a client ends with does not depend on what came first, or on when it was away', async () => {
  expect.hasAssertions();
  await converges(rig, 5_000);
});
