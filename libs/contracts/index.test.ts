import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as contracts from './index.ts';

const generated = join(import.meta.dirname, 'gen/entrepot');
const namespaces: Record<string, Record<string, unknown>> = {
  edge: contracts.edge,
  normalization: contracts.normalization,
  offer: contracts.offer,
  pricing: contracts.pricing,
  query: contracts.query,
  supply: contracts.supply,
  telemetry: contracts.telemetry,
  type: contracts.types,
};

it('exports every message, enum and service of every area', async () => {
  const missing: string[] = [];
  const areas = readdirSync(generated);
  expect(areas.toSorted()).toEqual(Object.keys(namespaces));
  for (const area of areas) {
    for (const file of readdirSync(join(generated, area, 'v1'))) {
      // What replicas of one service tell each other, or a service keeps for itself, is nobody else's to build on.
      if (file === 'journal.ts' || file === 'pricing_sample.ts') continue;
      const module = (await import(join(generated, area, 'v1', file))) as Record<string, unknown>;
      for (const name of Object.keys(module)) {
        if (/^[A-Z]/.test(name) && namespaces[area]?.[name] !== module[name]) missing.push(`${area}.${name}`);
      }
    }
  }
  expect(missing).toEqual([]);
});
