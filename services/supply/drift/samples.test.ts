import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { GoodCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import { answerContext } from '../partners/testing.ts';
import { baselineOf } from '../workbench/baseline.ts';
import { openOffline } from '../workbench/bench.ts';
import { PartnerDrift } from './partner-drift.ts';
import { observe, Shape } from './shape.ts';

/** Two answers to different searches that others recorded from eBay, whose optional fields come and go. */
const samples = path.join(import.meta.dirname, '../../../../shared/partner-samples/goods/ebay-browse');
const files = ['sample_response_100.json', 'sample_response_100_best_match.json'].map((file) =>
  path.join(samples, file),
);
const isPresent = files.every((file) => existsSync(file));
if (!isPresent) console.warn(`no recorded answers of eBay beside the repository (${samples}): their test is skipped`);

interface Body {
  readonly itemSummaries: readonly object[];
}

it.skipIf(!isPresent)('whatever comes and goes in the answers that eBay really gave is no alarm', async () => {
  const { partner } = await openOffline('ebay-browse');
  const bodies = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Body);
  const criteria = { vertical: { $case: 'good' as const, value: GoodCriteria.fromPartial({ query: 'drone' }) } };
  const context = { ...answerContext('ebay-browse', criteria, '2023-07-10T12:00:00Z'), account: partner.account };
  const parts = (body: Body, size: number) =>
    Array.from({ length: 100 / size }, (_, at) => ({
      ...body,
      itemSummaries: body.itemSummaries.slice(at * size, (at + 1) * size),
    }));
  for (const [own, other] of [bodies, bodies.toReversed()] as [Body, Body][]) {
    for (const known of [own, ...parts(own, 10)]) {
      const drift = new PartnerDrift(baselineOf('d', [{ partner, answers: [{ body: known, context }] }]));
      expect(drift.baseline('search')?.at('itemSummaries[].price.value')).toMatchObject({ mapped: true });
      for (const body of [...parts(other, 10), other, own]) {
        const shape = new Shape();
        for (const _ of observe(shape, body, 'json', drift.baseline('search')));
        expect(drift.judge([{ answer: 'search', shape, isBarren: false }], 0).raised).toEqual([]);
      }
    }
  }
});
