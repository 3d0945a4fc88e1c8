// Every service's tables on a PostgreSQL server: two platforms on one, as replicas are, and one after the other.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openStore } from '../../libs/store/index.ts';
import { describeWithPostgres, type PostgresServer, startPostgres } from '../../libs/store/testing/postgres-server.ts';
import type { Fused } from '../../services/entrepot/fused.ts';
import { startFused } from '../../services/entrepot/fused.ts';

interface Answer {
  readonly offers?: readonly { readonly offerId: string; readonly productId: string }[];
  readonly outcomes: readonly { readonly partner: string; readonly status: string }[];
}

const flight = { origin: 'LHR', destination: 'JFK', departureDate: daysAhead(60), adults: 1 };
const stay = { place: 'INN', checkIn: daysAhead(60), checkOut: daysAhead(63), rooms: [{ adults: 2 }] };
const requests = [
  { flight, currency: 'GBP', market: 'GB', pageSize: 50 },
  { stay, currency: 'EUR', market: 'DE', pageSize: 50 },
  { good: { query: 'drill' }, currency: 'USD', market: 'US', pageSize: 50 },
];

describeWithPostgres('the platform on a server', () => {
  let server: PostgresServer;
  let data: string;
  const running: Fused[] = [];

  beforeEach(async () => {
    server = await startPostgres();
    data = mkdtempSync(path.join(tmpdir(), 'entrepot-database-'));
    vi.stubEnv('ENTREPOT_DATABASE', server.url);
    vi.stubEnv('ENTREPOT_DATA', data);
    vi.stubEnv('LOG_LEVEL', 'warn');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.close()));
    await server.close();
    rmSync(data, { recursive: true, force: true });
    vi.unstubAllEnvs();
  });

  async function start(): Promise<Fused> {
    const fused = await startFused({ port: 0, ingressAddress: '127.0.0.1:0' });
    running.push(fused);
    return fused;
  }

  /** What is found, once nobody is late: what is handed over comes in within seconds. */
  async function search(fused: Fused): Promise<readonly Answer[]> {
    return Promise.all(
      requests.map(async (request) => {
        const response = await fetch(`${fused.edgeUrl}/v1/searches`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(request),
        });
        expect(response.status).toBe(200);
        return (await response.json()) as Answer;
      }),
    );
  }

  const products = (answers: readonly Answer[]): string[] =>
    [...new Set(answers.flatMap(({ offers = [] }) => offers.map(({ productId }) => productId)))].sort();

  it('finds what it finds embedded, keeps it there, and leaves nothing on the disk', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    const first = await search(one);
    for (const { offers = [] } of first) expect(offers.length).toBeGreaterThan(0);
    const [offer] = first[0]!.offers!;
    const handed = await fetch(`${one.edgeUrl}/v1/offers/${encodeURIComponent(offer!.offerId)}:handoff`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(handed.status).toBe(200);
    await search(two);

    const store = await openStore({ url: server.url, schema: 'test', migrations: [] });
    const count = async (table: string): Promise<number> =>
      (await store.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]!.n;
    expect(await count('normalization.products')).toBeGreaterThan(products(first).length - 1);
    expect(await count('query.clicks')).toBe(1);
    // Feeds of the shipped partners come in once for both, and pushes to whoever listens.
    await vi.waitFor(
      async () => expect(await count('inventory.partners WHERE row_count > 0')).toBeGreaterThan(0),
      60_000,
    );
    await store.close();
    expect(readdirSync(data)).not.toContain('fused');
  });
});

function daysAhead(days: number): string {
  return Temporal.Now.plainDateISO('UTC').add({ days }).toString();
}
