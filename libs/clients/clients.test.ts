import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Permission } from '../contracts/gen/entrepot/type/v1/public.ts';
import { logger, redirectLogs } from '../telemetry/index.ts';
import { checkClients, everyPermission, hashOfKey, isLoopback, LiveClients, loadClients, makeKey } from './index.ts';

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

  test('may search, and see what is their own, where nothing else is said', () => {
    const clients = loadClients(directory);
    expect(clients.identityOf('anybody')).toEqual({
      client: 'anybody',
      permissions: new Set([Permission.SEARCH]),
      markets: undefined,
      partners: undefined,
      views: undefined,
      budget: undefined,
      streams: undefined,
      origins: [],
      development: false,
    });
    expect(clients.seesAll('anybody')).toBe(false);
    expect(clients.partnersOf('anybody')).toBeUndefined();
    expect(clients.keys).toEqual([]);
    expect(clients.issuers).toEqual([]);
  });

  test('are given what stands under their name, and the default for the rest', () => {
    write(`default: { permissions: [], markets: [GB], budget: { capacity: 10, refill_per_second: 1 }, streams: 2 }
clients:
  shop:
    permissions: [SEARCH, PARTNERS_READ]
    markets: [GB, DE]
    partners: [duffel]
    views: [mobile]
    budget: { capacity: 100, refill_per_second: 2.5 }
    streams: 5
    origins: [https://shop.example, 'http://localhost:3000']
  console: { permissions: all, markets: all, budget: unlimited, streams: unlimited, sees: all }
`);
    const clients = loadClients(directory);
    expect(clients.names).toEqual(['shop', 'console']);
    expect(clients.identityOf('shop')).toEqual({
      client: 'shop',
      permissions: new Set([Permission.SEARCH, Permission.PARTNERS_READ]),
      markets: new Set(['GB', 'DE']),
      partners: new Set(['duffel']),
      views: new Set(['mobile']),
      budget: { capacity: 100, refillPerSecond: 2.5 },
      streams: 5,
      origins: ['https://shop.example', 'http://localhost:3000'],
      development: false,
    });
    expect(clients.partnersOf('shop')).toEqual(new Set(['duffel']));
    expect(clients.identityOf('console')).toMatchObject({
      permissions: everyPermission,
      markets: undefined,
      budget: undefined,
      streams: undefined,
    });
    expect(clients.seesAll('console')).toBe(true);
    expect(clients.identityOf('nobody')).toMatchObject({
      client: 'nobody',
      permissions: new Set(),
      markets: new Set(['GB']),
      budget: { capacity: 10, refillPerSecond: 1 },
      streams: 2,
    });
    expect(clients.identityOf('constructor').client).toBe('constructor');
  });

  test('have keys of which the file holds hashes, and issuers of tokens', () => {
    const { id, key, hash } = makeKey();
    write(`clients:
  shop:
    keys:
      - { id: ${id}, hash: '${hash}', created: 2026-11-26, expires: 2027-02-24 }
      - { id: next, hash: '${hashOfKey('another')}' }
issuers:
  - issuer: https://id.example
    audience: entrepot
    jwks_url: https://id.example/keys
    scopes: { search: [SEARCH] }
    clients: [shop]
`);
    const clients = loadClients(directory);
    expect(clients.keys).toEqual([
      { id, client: 'shop', hash, created: '2026-11-26', expiresAt: Date.UTC(2027, 1, 24) },
      { id: 'next', client: 'shop', hash: hashOfKey('another'), created: undefined, expiresAt: undefined },
    ]);
    expect(clients.keys[0]?.hash).toBe(hashOfKey(key));
    expect(clients.issuers).toEqual([
      {
        issuer: 'https://id.example',
        audience: ['entrepot'],
        jwksUrl: 'https://id.example/keys',
        algorithms: ['RS256', 'ES256', 'EdDSA'],
        clientClaim: 'client_id',
        scopes: new Map([['search', new Set([Permission.SEARCH])]]),
        clients: new Set(['shop']),
      },
    ]);
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

  const hash = hashOfKey('some key');
  test.each([
    ['tiers: [a, b, a]\ndefault: { tier: a }', 1, 15, 'stands above'],
    ['tiers: [gold, silver]', 1, 1, 'no tier "standard"; there are gold, silver; state default.tier'],
    ['tiers: []', 1, 8, '1 to 8 tiers'],
    ['clients:\n  shop: { tier: gold }', 2, 17, 'no tier "gold"; there are premium, standard, batch'],
    ['clients:\n  shop: { teir: batch }', 2, 11, 'unknown key "teir"'],
    ['clients:\n  "a shop": { tier: batch }', 2, 13, '"a shop" is no name of a client'],
    ['clients:\n  shop: { completion: 3 }', 2, 23, 'expected a text'],
    ['clients:\n  shop: { permissions: [SERCH] }', 2, 25, 'expected one of: SEARCH, CATALOGUE_READ'],
    ['clients:\n  shop: { permissions: everything }', 2, 24, '"all" (or a list of permissions)'],
    ['clients:\n  shop: { markets: [gb] }', 2, 21, 'a country as ISO 3166-1 alpha-2, found "gb"'],
    ['clients:\n  shop: { partners: [duffel, duffel] }', 2, 21, 'duplicate'],
    ['clients:\n  shop: { budget: { capacity: 10 } }', 2, 19, 'missing key "refill_per_second"'],
    ['clients:\n  shop: { budget: { capacity: 10, refill_per_second: 0 } }', 2, 54, '>= 0.001'],
    ['clients:\n  shop: { budget: none }', 2, 19, '"unlimited" (or points'],
    ['clients:\n  shop: { streams: -1 }', 2, 20, '>= 0'],
    ['clients:\n  shop: { origins: [https://shop.example/] }', 2, 21, 'without a path'],
    ['clients:\n  shop: { origins: [https://*.shop.example] }', 2, 21, 'without a path'],
    ['clients:\n  shop: { sees: everything }', 2, 17, 'own, all'],
    ['default: { keys: [] }', 1, 12, 'unknown key "keys"'],
    ['clients:\n  shop: { keys: [{ id: one, hash: sha256:12 }] }', 2, 35, '"entrepot client key" prints it'],
    [`clients:\n  shop: { keys: [{ id: A, hash: '${hash}' }] }`, 2, 24, 'the name of a key'],
    [`clients:\n  shop: { keys: [{ hash: '${hash}' }] }`, 2, 18, 'missing key "id"'],
    [`clients:\n  shop: { keys: [{ id: a, hash: '${hash}', expires: soon }] }`, 2, 117, 'a day such as 2027-02-24'],
    [`clients:\n  shop: { keys: [{ id: a, hash: '${hash}', expires: 2027-02-30 }] }`, 2, 117, '2027-02-30 is no day'],
    [
      `clients:\n  a: { keys: [{ id: a, hash: '${hash}' }] }\n  b: { keys: [{ id: a, hash: '${hash}' }] }`,
      3,
      30,
      '"a"',
    ],
    ['issuers: [{ issuer: a, audience: b }]', 1, 11, 'missing key "jwks_url"'],
    ['issuers: [{ issuer: a, audience: b, jwks_url: http://id.example/keys }]', 1, 47, 'expected https:'],
    ['issuers: [{ issuer: a, audience: b, jwks_url: keys }]', 1, 47, 'a URL'],
    ['issuers: [{ issuer: a, audience: b, jwks_url: https://u:p@id.example }]', 1, 47, 'no password'],
    ['issuers: [{ issuer: a, audience: b, jwks_url: https://a, algorithms: [HS256] }]', 1, 71, 'with a public key'],
    [
      'issuers: [{ issuer: a, audience: b, jwks_url: https://a, scopes: { s: [ALL] } }]',
      1,
      72,
      'expected one of: SEARCH',
    ],
    ['issuers: [{ issuer: a, audience: b, jwks_url: https://a, clients: [shop] }]', 1, 68, 'no client "shop"'],
  ])('are refused at their place: %j', (text, line, column, reason) => {
    write(text);
    expect(checkClients(directory)).toEqual([
      expect.objectContaining({ line, column, reason: expect.stringContaining(reason) }),
    ]);
  });

  test.each([
    'clients: { shop: { keys: [KEY] } }',
    'clients: { shop: { keys: KEY } }',
    'clients: { shop: { keys: [{ id: one, hash: KEY }] } }',
    'clients: { shop: { keys: [{ id: KEY, hash: KEY }] } }',
  ])('do not repeat a key that stands where its hash belongs: %s', (text) => {
    const { key } = makeKey();
    write(text.replaceAll('KEY', key));
    const problems = checkClients(directory);
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems)).not.toContain(key.slice(-20));
  });

  test('are given partners that there are; who knows them finds the others', () => {
    write('default: { partners: [duffel] }\nclients:\n  shop: { partners: [dufel, ebay] }\n  open: { partners: all }');
    const clients = loadClients(directory);
    expect(clients.unknownPartners(new Set(['duffel', 'ebay']))).toEqual([
      { file: expect.any(String), line: 3, column: 22, reason: 'no partner "dufel"; there are duffel, ebay' },
    ]);
    expect(clients.unknownPartners(new Set(['ebay'])).map(({ line, column }) => [line, column])).toEqual([
      [1, 23],
      [3, 22],
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

describe('a key', () => {
  test('is 256 bits of chance behind a prefix that names it', () => {
    const { id, key, hash } = makeKey();
    expect(key).toMatch(new RegExp(`^ek_${id}_[A-Za-z0-9_-]{43}$`));
    // What YAML could read as a number would be no id in the file.
    expect(id).toMatch(/^[a-z]/);
    expect(hash).toBe(hashOfKey(key));
    expect(makeKey(id).key).not.toBe(key);
    expect(() => makeKey('no id')).toThrow(TypeError);
  });
});

describe('this machine', () => {
  test.each(['localhost', 'LOCALHOST', 'a.localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])('is %s', (host) =>
    expect(isLoopback(host)).toBe(true),
  );
  test.each(['0.0.0.0', '::', 'localhost.example', '127.0.0.1.example', '10.0.0.1', ''])('is not %s', (host) =>
    expect(isLoopback(host)).toBe(false),
  );
});
