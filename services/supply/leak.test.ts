import { afterAll, expect, it } from 'vitest';
import { readColumns } from '../../libs/columns/index.ts';
import { OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { OfferHandle } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { startTelemetry } from '../../libs/telemetry/index.ts';
import { json, startPartner } from './testing/partner-server.ts';
import { handlesOf, type Rig, row, search, start, startRig } from './testing/rig.ts';

const telemetry = startTelemetry({ service: 'test' });
const BUDGET = 400_000;

/** A partner that misbehaves in turn. */
let turn = 0;
let misbehaving = true;
const partner = await startPartner((_, response) => {
  turn++;
  switch (misbehaving ? turn % 8 : 7) {
    case 0:
      return json(response, { error: 'no' }, 500);
    case 1:
      return json(response, '{"rows":[');
    case 2:
      return response.destroy();
    case 3:
      return undefined;
    default:
      return json(response, { rows: Array.from({ length: 100 }, (_, i) => row(turn * 100 + i)) });
  }
});
const partners = Object.fromEntries(
  ['a', 'b', 'c', 'd'].map((name) => [name, { adapter: 'plain', endpoint: partner.url, concurrency: 100 }]),
);
const rig: Rig = await startRig(partners, { answers: { budgetBytes: BUDGET } });
afterAll(async () => {
  await rig.close();
  await partner.close();
  await telemetry.shutdown();
});

async function gauge(name: string): Promise<number> {
  const lines = (await telemetry.metricsText()).split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
}

it('stays within its budget and finishes every search, whatever partners and callers do', async () => {
  let finished = 0;
  const one = async (i: number) => {
    const abort = new AbortController();
    if (i % 5 === 0) setTimeout(() => abort.abort(), i % 50);
    try {
      const { plan, batches, outcome } = await search(rig, start(), { timeoutMs: 250, signal: abort.signal });
      for (const name of plan.asked) expect(outcome(name).status).not.toBe(OutcomeStatus.UNSPECIFIED);
      for (const batch of batches) readColumns(batch.columns!);
    } catch (error) {
      expect(error).toMatchObject({ reason: expect.stringMatching(/^(CANCELLED|DEADLINE_EXCEEDED|OVERLOADED)$/) });
    }
    finished++;
    expect(await gauge('entrepot_supply_answers_bytes')).toBeLessThanOrEqual(BUDGET);
  };
  const pending = Array.from({ length: 120 }, (_, i) => i);
  const worker = async () => {
    for (let i = pending.pop(); i !== undefined; i = pending.pop()) await one(i);
  };
  await Promise.all(Array.from({ length: 12 }, worker));
  expect(finished).toBe(120);

  misbehaving = false;
  let handles: OfferHandle[] = [];
  for (let i = 0; i < 20; i++) {
    const { plan, outcome, batches } = await search(rig);
    for (const name of plan.asked) expect(outcome(name).status).toBe(OutcomeStatus.OK);
    handles = batches.map((batch) => handlesOf(batch)[0]!);
  }
  expect(await gauge('entrepot_supply_answers_bytes')).toBeLessThanOrEqual(BUDGET);
  // Nothing that is gone takes up room still: of what came last, offers can be made. How many, goes by what is compressed by now.
  const { offers } = await rig.client.getOffers({ handles, readMask: undefined });
  expect(offers.filter(({ missing }) => !missing)).not.toEqual([]);
  expect(await gauge('entrepot_supply_answers_dropped')).toBeGreaterThan(0);
});
