import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { logger } from '../../libs/telemetry/index.ts';
import { verticals } from '../../libs/vertical/index.ts';
import { checkQueryConfig, loadQueryConfig, loadRanking } from './config.ts';
import { LiveConfig } from './live-config.ts';

const shipped = path.join(import.meta.dirname, '../../deploy/config');
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'query-config-'));
  for (const name of ['query.yaml', 'ranking.yaml']) cpSync(path.join(shipped, name), path.join(directory, name));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));
const write = (name: string, text: string): void => writeFileSync(path.join(directory, name), text);

describe('the configuration', () => {
  test('as shipped states the defaults and weighs every vertical', () => {
    expect(checkQueryConfig(shipped)).toEqual([]);
    const stated = loadQueryConfig(shipped);
    write('query.yaml', '{}');
    expect(loadQueryConfig(directory)).toEqual(stated);
    expect([...loadRanking(shipped).keys()].sort()).toEqual([...verticals().keys()].sort());
  });

  test('is refused with file, line and reason', () => {
    write('query.yaml', 'deadlineMs: 8000\nsupplyMarginMs: soon\n');
    write(
      'ranking.yaml',
      'flight:\n  best:\n    - { attribute: stopps, weight: 1, better: low }\ntrain: { best: [] }\n',
    );
    write('clients.yaml', 'clients:\n  shop: { tier: gold }\n');
    const problems = checkQueryConfig(directory);
    expect(problems.find(({ file }) => file.endsWith('clients.yaml'))).toMatchObject({ line: 2 });
    expect(problems.find(({ file }) => file.endsWith('query.yaml'))).toMatchObject({ line: 2 });
    expect(problems.some(({ file }) => file.endsWith('ranking.yaml'))).toBe(true);
  });

  test('is refused for weights of what is no sortable number, of an unknown vertical, or of none', () => {
    write(
      'ranking.yaml',
      'flight:\n  best:\n    - { attribute: cabin, weight: 1, better: low }\ntrain:\n  best:\n    - { attribute: price, weight: 1, better: low }\n',
    );
    const reasons = checkQueryConfig(directory).map(({ line, reason }) => [line, reason]);
    expect(reasons).toEqual([
      [3, expect.stringMatching(/"cabin".*duration_minutes/)],
      [expect.any(Number), expect.stringMatching(/no vertical "train"/)],
      ...[...verticals().keys()]
        .filter((name) => name !== 'flight')
        .map((name) => [expect.any(Number), expect.stringMatching(new RegExp(`"${name}" has no weights`))]),
    ]);
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
    live.close();
  });
});
