// Each service its own process over gRPC: the same answers as in one process, and what happens when one of them dies.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startFused } from '../../../services/entrepot/fused.ts';
import { askedPartners } from '../../support/asked-partners.ts';
import { type RunningMesh, startMesh } from './running-mesh.ts';

interface Answer {
  readonly complete?: boolean;
  readonly reason?: string;
  readonly offers?: readonly {
    readonly partner: string;
    readonly item: { readonly flight: { readonly segmentKeys: readonly string[] } };
    readonly price: { readonly total: { readonly amount: string; readonly currencyCode: string } };
  }[];
  readonly outcomes?: readonly { readonly partner: string; readonly status: string; readonly offersKept?: number }[];
  readonly progress?: { readonly productsProvisional?: boolean };
}

let mesh: RunningMesh;
const wait = { timeout: 40_000, interval: 250 };

beforeAll(async () => {
  mesh = await startMesh();
}, 180_000);
afterAll(async () => {
  await mesh?.supervisor.stop();
  mesh?.cleanUp();
});

function body(days: number): string {
  const departureDate = Temporal.Now.plainDateISO().add({ days }).toString();
  return JSON.stringify({
    flight: { origin: 'LHR', destination: 'JFK', departureDate, adults: 1 },
    currency: 'GBP',
    market: 'GB',
    pageSize: 100,
    orderBy: 'price',
    filter: 'stops == 0',
    grouping: 'GROUPING_OFFER',
  });
}

async function post(edge: string, days: number, accept = 'application/json'): Promise<Response> {
  return await fetch(`${edge}/v1/searches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: body(days),
  });
}

async function search(edge: string, days: number): Promise<Answer> {
  return (await (await post(edge, days)).json()) as Answer;
}

/** What a client pays whom for what, in an order that does not depend on who answered first. */
function sold({ offers = [] }: Answer): string[] {
  return offers
    .map(({ partner, item, price }) =>
      [partner, price.total.amount, price.total.currencyCode, ...item.flight.segmentKeys].join(' '),
    )
    .sort();
}

function statuses({ outcomes = [] }: Answer): string[] {
  return outcomes.map(({ partner, status, offersKept }) => `${partner} ${status} ${offersKept}`).sort();
}

test('answers as one process does: the same offers at the same prices, the same outcomes', async () => {
  process.env.ENTREPOT_TWIN_URL = mesh.twinUrl;
  const config = askedPartners();
  const fused = await startFused({ port: 0, inMemory: true, configDirectory: config.directory });
  try {
    const [apart, together] = [await search(mesh.edgeUrl, 60), await search(fused.edgeUrl, 60)];
    expect(statuses(apart)).toEqual(statuses(together));
    expect(apart.outcomes?.filter(({ status }) => status === 'OUTCOME_STATUS_OK').length).toBeGreaterThanOrEqual(4);
    expect(sold(apart).length).toBeGreaterThan(0);
    expect(sold(apart)).toEqual(sold(together));
  } finally {
    await fused.close();
    config.remove();
    delete process.env.ENTREPOT_TWIN_URL;
  }
}, 60_000);

test('has what partners hand over: a feed that supply fetched, messages that the twin sent to its ingress', async () => {
  const found = async (body: object): Promise<[string, boolean][]> => {
    const response = await fetch(`${mesh.edgeUrl}/v1/searches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ currency: 'USD', market: 'US', ...body }),
    });
    const { outcomes = [] } = (await response.json()) as Answer;
    return outcomes.map(({ partner, offersKept = 0 }) => [partner, offersKept > 0] as [string, boolean]).sort();
  };
  const date = (days: number): string => Temporal.Now.plainDateISO().add({ days }).toString();
  await vi.waitFor(async () => {
    expect(await found({ good: { gtin: '4102201012014' } })).toEqual([
      ['ebay', true],
      ['google-merchant', true],
      ['shopify', true],
    ]);
    const stay = { place: 'INN', checkIn: date(60), checkOut: date(65), rooms: [{ adults: 2 }] };
    expect(await found({ stay })).toContainEqual(['alpinebits', true]);
  }, wait);
}, 60_000);

test('pricing killed during a search: typed at once, the next search after the restart is whole', async () => {
  const response = await post(mesh.edgeUrl, 61, 'application/x-ndjson');
  if (response.body === null) throw new Error('No body.');
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body) {
    // The first line says that partners have been asked; none has answered yet.
    if (text === '') await mesh.kill('pricing');
    text += decoder.decode(chunk, { stream: true });
  }
  const last = JSON.parse(text.trim().split('\n').at(-1) ?? '{}') as { problem?: { reason?: string } };
  expect(last.problem?.reason).toBe('PRICING_UNAVAILABLE');

  await mesh.startedAgain('pricing');
  const next = await search(mesh.edgeUrl, 61);
  expect(next.complete).toBe(true);
  expect(next.offers?.length).toBeGreaterThan(0);
});

test('normalization killed during a search: offers come ungrouped and marked, then identities settle again', async () => {
  const under = search(mesh.edgeUrl, 62);
  await mesh.kill('normalization');
  const answer = await under;
  expect(answer.complete).toBe(true);
  expect(new Set(answer.outcomes?.map(({ status }) => status))).toEqual(new Set(['OUTCOME_STATUS_OK']));
  expect(answer.offers?.length).toBeGreaterThan(0);
  expect(answer.progress?.productsProvisional).toBe(true);

  await mesh.startedAgain('normalization');
  // Nobody waits for identity: the search that asks for it may be over before it comes, one after it knows.
  let settled = false;
  for (let attempt = 0; attempt < 10 && !settled; attempt++) {
    settled = (await search(mesh.edgeUrl, 62)).progress?.productsProvisional !== true;
  }
  expect(settled).toBe(true);
});

test('stops every process, and says so in one line each', async () => {
  const pids = [...mesh.supervisor.pids().values()];
  const startedAt = performance.now();
  await mesh.supervisor.stop();
  console.log(`the mesh stopped in ${Math.round(performance.now() - startedAt)} ms`);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
  for (const name of ['twin', 'normalization', 'pricing', 'supply', 'query', 'edge'])
    expect(mesh.said.filter((line) => line.startsWith(`${name} `) && line.endsWith('stopped'))).toHaveLength(1);
});
