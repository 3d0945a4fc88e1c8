import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { logger, redirectLogs } from '../telemetry/index.ts';
import { checkClients, LiveClients, loadClients } from './index.ts';

let directory: string;
beforeEach(() => {
  redirectLogs({ write: () => {} }, 'silent');
  directory = mkdtempSync(path.join(tmpdir(), 'clients-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));
const write = (text: string): void => writeFileSync(path.join(directory, 'clients.yaml'), text);

describe('clients', () => {
  test('are all of the middle tier of three where there is no file', () => {
    const clients = loadClients(directory);
    expect(clients.tiers.map(({ name }) => name)).toEqual(['premium', 'standard', 'batch']);
    expect(clients.tierOf('anybody')).toEqual({ name: 'standard', rank: 1, share: 0.75 });
    expect(clients.completionOf('anybody')).toBeUndefined();
    expect(checkClients(directory)).toEqual([]);
  });

  test('have the tier and the completion of their name, else the default', () => {
    write(`tiers: [gold, silver]
default: { tier: silver, completion: elapsed_ms > 3000 }
clients:
  shop: { tier: gold }
  report: { completion: 'partners_done > 3' }
`);
    const clients = loadClients(directory);
    expect(clients.tierOf('shop')).toEqual({ name: 'gold', rank: 0, share: 1 });
    expect(clients.tierOf('report')).toEqual({ name: 'silver', rank: 1, share: 0.5 });
    expect(clients.tierOf('constructor')).toEqual({ name: 'silver', rank: 1, share: 0.5 });
    expect(clients.completionOf('shop')?.source).toBe('elapsed_ms > 3000');
    expect(clients.completionOf('report')?.source).toBe('partners_done > 3');
    expect(clients.completionOf('nobody')).toBe(clients.completionOf('shop'));
    expect(clients.completions.map(({ source }) => source)).toEqual(['elapsed_ms > 3000', 'partners_done > 3']);
  });

  test('see what is their own and every partner, unless the file says otherwise', () => {
    write(`default: { partners: [a, b] }
clients:
  desk: { sees: all }
  shop: { partners: [c] }
`);
    const clients = loadClients(directory);
    expect(['desk', 'shop', 'nobody'].map((client) => clients.seesAll(client))).toEqual([true, false, false]);
    expect(['desk', 'shop', 'nobody'].map((client) => [...(clients.partnersOf(client) ?? [])])).toEqual([
      ['a', 'b'],
      ['c'],
      ['a', 'b'],
    ]);
    write('clients: {}');
    expect(loadClients(directory).partnersOf('shop')).toBeUndefined();
  });

  test('know where a completion stands, and where in it something is wrong', () => {
    write(`clients:
  report: { completion: 'partners_done > 3' }
  long:
    completion: |
      partners_done > 3 ||
        elapsed > 10
`);
    const clients = loadClients(directory);
    const short = clients.completionOf('report');
    expect(short).toMatchObject({ file: path.join(directory, 'clients.yaml'), line: 2, column: 25 });
    expect(short?.problem('no such name', { line: 1, column: 5 })).toMatchObject({ line: 2, column: 30 });
    expect(clients.completionOf('long')?.problem('no such name', { line: 2, column: 3 })).toMatchObject({
      line: 6,
      column: 9,
      reason: 'no such name',
    });
  });

  test.each([
    ['tiers: [a, b, a]\ndefault: { tier: a }', 1, 'stands above'],
    ['tiers: [gold, silver]', 1, 'no tier "standard"; there are gold, silver; state default.tier'],
    ['tiers: []', 1, '1 to 8 tiers'],
    ['clients:\n  shop: { tier: gold }', 2, 'no tier "gold"; there are premium, standard, batch'],
    ['clients:\n  shop: { teir: batch }', 2, 'unknown key "teir"'],
    ['clients:\n  "a shop": { tier: batch }', 2, '"a shop" is no name of a client'],
    ['clients:\n  shop: { sees: everything }', 2, 'own'],
    ['clients:\n  shop: { partners: [] }', 2, 'partners'],
    ['clients:\n  shop: { completion: 3 }', 2, 'expected a text'],
  ])('are refused at their place: %j', (text, line, reason) => {
    write(text);
    expect(checkClients(directory)).toEqual([
      expect.objectContaining({ line, column: expect.any(Number), reason: expect.stringContaining(reason) }),
    ]);
  });

  test('need no directory', () => {
    const live = new LiveClients(path.join(directory, 'none'), logger('test'));
    expect(live.tierOf('anybody').name).toBe('standard');
    live.close();
  });

  test('that are changed on disk are followed, and a bad file never replaces a good one', () => {
    write('clients: { shop: { tier: premium } }');
    const live = new LiveClients(directory, logger('test'));
    try {
      const { tierOf } = live;
      write('clients: { shop: { tier: gold } }');
      live.reload();
      expect(tierOf('shop').name).toBe('premium');
      write('clients: { shop: { tier: batch } }');
      live.reload();
      expect(tierOf('shop').name).toBe('batch');
      const before = live.current;
      live.reload();
      expect(live.current).toBe(before);
    } finally {
      live.close();
    }
  });
});
