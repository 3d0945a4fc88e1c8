import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTelemetry } from '../../libs/telemetry/index.ts';
import { LiveConfiguration } from './live.ts';
import { createPricingService } from './service.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'live-'));
  cpSync(path.resolve('deploy/config/pricing'), path.join(directory, 'pricing'), { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const file = (name: string): string => path.join(directory, 'pricing', name);

test('a bad file never replaces a good one, and the refusal names it', async () => {
  const live = new LiveConfiguration({ configDirectory: directory, watch: false });
  const before = live.versions.current;
  writeFileSync(file('rules.yaml'), 'rules: [{ name: x }]\n');
  expect(await live.reload()).toBe('refused');
  expect(live.versions.current).toBe(before);
  expect(live.refused[0]).toContain('rules.yaml:1:');

  writeFileSync(file('rules.yaml'), 'rules: [{ name: x, description: X, apply: { percentage: "1" } }]\n');
  writeFileSync(file('rates/2026-11-20.yaml'), 'date: "2026-11-20"\nbase: EUR\nsource: test\nrates: { USD: "0" }\n');
  expect(await live.reload()).toBe('refused');
  expect(live.versions.current).toBe(before);
  expect(live.refused[0]).toContain('2026-11-20.yaml:4:');

  rmSync(file('rates'), { recursive: true });
  expect(await live.reload()).toBe('refused');
  expect(live.versions.current).toBe(before);
});

test('rules and rates change together or not at all, and a repaired file is taken', async () => {
  const live = new LiveConfiguration({ configDirectory: directory, watch: false });
  expect(await live.reload()).toBe('unchanged');
  writeFileSync(file('rules.yaml'), 'rules: [{ name: x, description: X, apply: { percentage: "x" } }]\n');
  expect(await live.reload()).toBe('refused');
  writeFileSync(file('rules.yaml'), 'rules: [{ name: x, description: X, apply: { percentage: "1" } }]\n');
  expect(await live.reload()).toBe('accepted');
  expect(live.refused).toEqual([]);
  expect(live.versions.current.ruleSet.declarations.map(({ name }) => name)).toEqual(['x']);
});

test('reads thousands of rules aside: prices are made meanwhile, and a problem is found at its place as well', async () => {
  const live = new LiveConfiguration({ configDirectory: directory, watch: false });
  const rule = (index: number): string =>
    `  - { name: r-${index}, description: R, vertical: flight, when: 'stops == ${index}', apply: { percentage: "1" } }\n`;
  const rules = `rules:\n${Array.from({ length: 800 }, (_, index) => rule(index)).join('')}`;
  writeFileSync(file('rules.yaml'), rules);
  const before = live.versions.current;
  const reloading = live.reload();
  await new Promise(setImmediate);
  expect(live.versions.current).toBe(before);
  expect(await reloading).toBe('accepted');
  expect(live.versions.current.ruleSet.declarations).toHaveLength(800);
  writeFileSync(file('rules.yaml'), rules.replace('stops == 799', 'stop == 799'));
  expect(await live.reload()).toBe('refused');
  expect(live.refused[0]).toMatch(/rules\.yaml:801:\d+: .*stop/);
}, 60_000);

test('keeps as many versions of the past as it was told, the latest of them', async () => {
  const live = new LiveConfiguration({ configDirectory: directory, watch: false, retiredVersions: 2 });
  const digests = [live.versions.current.ruleSet.digest];
  for (const percentage of ['1', '2', '3', '4']) {
    writeFileSync(file('rules.yaml'), `rules: [{ name: x, description: X, apply: { percentage: "${percentage}" } }]\n`);
    expect(await live.reload()).toBe('accepted');
    digests.push(live.versions.current.ruleSet.digest);
  }
  expect(digests.map((digest) => live.versions.ruleSet(digest) !== undefined)).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
});

test('shows refusals and the age of its rates in metrics', async () => {
  const telemetry = startTelemetry({ service: 'pricing-test' });
  const now = Date.parse('2026-11-22T12:00:00Z');
  const service = createPricingService({ configDirectory: directory, watch: false, now: () => now });
  const live = new LiveConfiguration({ configDirectory: directory, watch: false });
  writeFileSync(file('rules.yaml'), 'rules: 5\n');
  await live.reload();
  const text = await telemetry.metricsText();
  expect(text).toMatch(/entrepot_pricing_config_reloads\S*\{.*result="refused".*\} 1/);
  expect(text).toMatch(/entrepot_pricing_config_refused\S* 0/);
  expect(text).toMatch(/entrepot_pricing_rate_table_age\S* 2\.5/);
  await service.close();
  await telemetry.shutdown();
});
