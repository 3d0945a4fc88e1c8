import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { logger } from '../../libs/telemetry/index.ts';
import { verticals } from '../../libs/vertical/index.ts';
import { checkQueryConfig, loadQueryConfig } from './config.ts';
import { LiveConfig } from './live-config.ts';
import { loadRankings } from './ranking-file.ts';

const shipped = path.join(import.meta.dirname, '../../deploy/config');
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'query-config-'));
  for (const name of ['query.yaml', 'ranking.yaml']) cpSync(path.join(shipped, name), path.join(directory, name));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));
const write = (name: string, text: string): void => writeFileSync(path.join(directory, name), text);

describe('the configuration', () => {
  test('as shipped states the defaults and ranks every vertical', () => {
    expect(checkQueryConfig(shipped)).toEqual([]);
    const stated = loadQueryConfig(shipped);
    write('query.yaml', '{}');
    expect(loadQueryConfig(directory)).toEqual(stated);
    expect([...loadRankings(shipped).keys()].sort()).toEqual([...verticals().keys()].sort());
  });

  test('is refused with file, line and reason', () => {
    write('query.yaml', 'deadlineMs: 8000\nsupplyMarginMs: soon\n');
    write('ranking.yaml', 'flight:\n  best:\n    - { name: stops, value: stops, weight: 0 }\n');
    write('clients.yaml', 'clients:\n  shop: { tier: gold }\n');
    const problems = checkQueryConfig(directory);
    expect(problems.find(({ file }) => file.endsWith('clients.yaml'))).toMatchObject({ line: 2 });
    expect(problems.find(({ file }) => file.endsWith('query.yaml'))).toMatchObject({ line: 2 });
    expect(problems.find(({ file }) => file.endsWith('ranking.yaml'))).toMatchObject({ line: 3 });
  });

  test('is refused for rankings that do not type-check, of an unknown vertical, without best, or of none', () => {
    const price = '{ name: price, value: price, weight: 1 }';
    write(
      'ranking.yaml',
      `flight:
  best:
    - { name: price, value: price, weight: 1 }
    - { name: price, value: stops, weight: 1 }
    - name: time
      weight: 1
      value: |
        double(stops) +
          duration_minuts
    - { name: cabin, value: cabin, weight: 1 }
    - { name: mixed, value: duration_minutes - duration_minutes_min, weight: 1 }
  stops: [${price}]
  price: [${price}]
  2nd: [${price}]
train: { best: [${price}] }
`,
    );
    const found = checkQueryConfig(directory).map(({ line, column, reason }) => [line, column, reason]);
    const any = expect.any(Number);
    const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
    expect(found).toEqual([
      [4, any, matching(/"price" stands above/)],
      [9, 11, matching(/unknown variable "duration_minuts"; there are .*duration_minutes_median/)],
      [10, any, matching(/type double, found string/)],
      [11, any, matching(/int.*double/)],
      [12, any, matching(/"stops" means the stops/)],
      [13, any, matching(/"price" means/)],
      [14, any, matching(/"2nd" is no name/)],
      [15, any, matching(/no vertical "train"/)],
      ...[...verticals().keys()]
        .filter((name) => name !== 'flight')
        .map((name) => [any, any, matching(new RegExp(`"${name}" has no rankings`))]),
    ]);
    write('ranking.yaml', `flight: { fastest: [${price}] }`);
    expect(checkQueryConfig(directory)[0]?.reason).toMatch(/best/);
  });

  test('is refused for completion policies that do not type-check, each with its place in the expression', () => {
    write(
      'clients.yaml',
      `default: { completion: offers + 1 }
clients:
  shop:
    completion: |
      offers > 20 &&
        partner_open == 0
  report: { completion: 'elapsed_ms > 3000' }
  app: { completion: 'gain < "0.1"' }
`,
    );
    const found = checkQueryConfig(directory).map(({ file, line, column, reason }) => [
      path.basename(file),
      line,
      column,
      reason,
    ]);
    expect(found).toEqual([
      ['clients.yaml', 1, expect.any(Number), expect.stringMatching(/bool.*int/)],
      ['clients.yaml', 6, 9, expect.stringMatching(/"partner_open"; there are .*partners_open/)],
      ['clients.yaml', 8, expect.any(Number), expect.stringMatching(/double.*string/)],
    ]);
    expect(() => new LiveConfig(directory, logger('test'))).toThrow(/partner_open/);
  });

  test('gives each client its completion policy from the next search on', () => {
    write('clients.yaml', 'clients: { shop: { completion: offers > 20 } }');
    const live = new LiveConfig(directory, logger('test'));
    const { version } = live;
    expect(live.policies('shop')?.source).toBe('offers > 20');
    expect(live.policies('another')).toBeUndefined();
    write('clients.yaml', 'clients: { shop: { completion: ofers > 20 } }');
    live.reload();
    expect([live.refused, live.version, live.policies('shop')?.source]).toEqual([true, version, 'offers > 20']);
    write('clients.yaml', 'default: { completion: offers > 30 }');
    live.reload();
    expect([live.refused, live.policies('shop')?.source]).toEqual([false, 'offers > 30']);
    expect(live.version).toBeGreaterThan(version);
    live.close();
  });

  test('is refused when a search would complete before supply could report', () => {
    write('query.yaml', '{ completionMarginMs: 200, supplyMarginMs: 100 }');
    expect(checkQueryConfig(directory)).toMatchObject([{ reason: expect.stringMatching(/supplyMarginMs/) }]);
  });

  test('that becomes bad while running never replaces a good one', () => {
    const live = new LiveConfig(directory, logger('test'));
    write('query.yaml', 'deadlineMs: never');
    live.reload();
    expect(live.refused).toBe(true);
    expect(live.config.deadlineMs).toBe(8_000);
    write('query.yaml', 'deadlineMs: 9000');
    live.reload();
    expect(live.refused).toBe(false);
    expect(live.config.deadlineMs).toBe(9_000);
    write(
      'ranking.yaml',
      readFileSync(path.join(shipped, 'ranking.yaml'), 'utf8').replace('weight: 0.35', 'weight: 0.4'),
    );
    live.reload();
    expect(live.rankings.get('flight')?.get('best')?.features[1]?.weight).toBe(0.4);
    live.close();
  });
});
