import { once } from 'node:events';
import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../libs/config/index.ts';
import { checkTwinConfig, createTwin, type Twin } from './server.ts';
import {
  askDuffel,
  askTravelport,
  at,
  duffelHeaders,
  duffelOffers,
  duffelSearch,
  lowFareSearch,
  nodes,
  parseSoap,
  startTestTwin,
  testConfig,
  testNow,
} from './testing.ts';

let twin: Twin;
beforeAll(async () => {
  ({ twin } = await startTestTwin());
});
afterAll(() => twin.close());
beforeEach(() => {
  twin.setScenario('duffel', {});
  twin.setScenario('travelport', {});
});

const search = duffelSearch([['LHR-JFK', 60]]);
const create = '/air/offer_requests?return_offers=true';
const ask = () => askDuffel(twin, create, search);

describe('one world', () => {
  it('sells the same itinerary in both formats, under the same truth', async () => {
    const offers = await duffelOffers(twin, search);
    const key = (carrier: string, number: string, departs: string) =>
      `${carrier}${Number(number)} ${departs.slice(0, 16)}`;
    const truths = new Map<string, string>();
    for (const offer of offers) {
      const { segments } = offer.slices[0]!;
      if (segments.some((s) => s.marketing_carrier.iata_code !== s.operating_carrier.iata_code)) continue;
      const name = segments
        .map((s) => key(s.marketing_carrier.iata_code, s.marketing_carrier_flight_number, s.departing_at))
        .join('+');
      truths.set(name, twin.truthOf('duffel', offer.id)!.product);
    }
    const answer = nodes(
      parseSoap((await askTravelport(twin, lowFareSearch([['LHR-JFK', 60]]))).text),
      'LowFareSearchRsp',
    )[0]!;
    const segments = new Map(
      nodes(nodes(answer, 'AirSegmentList')[0], 'AirSegment').map((node) => [at(node, 'Key'), node]),
    );
    let met = 0;
    let shared = 0;
    for (const point of nodes(nodes(answer, 'AirPricePointList')[0], 'AirPricePoint')) {
      const legs = nodes(nodes(nodes(point, 'AirPricingInfo')[0], 'FlightOptionsList')[0], 'FlightOption');
      for (const option of nodes(legs[0], 'Option')) {
        const keys = nodes(option, 'BookingInfo').map((booking) => at(booking, 'SegmentRef'));
        const flown = keys.map((each) => segments.get(each)!);
        const product = twin.truthOf('travelport', keys.join(','))!.product;
        if (flown.some((node) => nodes(node, 'CodeshareInfo').length > 0)) {
          shared++;
          expect([...truths.values()]).toContain(product);
          continue;
        }
        const name = flown
          .map((node) => key(at(node, 'Carrier'), at(node, 'FlightNumber'), at(node, 'DepartureTime')))
          .join('+');
        if (!truths.has(name)) continue;
        met++;
        expect(product).toBe(truths.get(name));
      }
    }
    expect(met).toBeGreaterThan(20);
    expect(shared).toBeGreaterThan(0);
  });

  it('is the same in two twins of one seed, and another with another seed', async () => {
    const other = await createTwin({ config: testConfig(), now: () => testNow });
    const elsewhere = await createTwin({ config: testConfig(), seed: 8, now: () => testNow });
    try {
      const text = (await ask()).text;
      expect((await askDuffel(other, create, search)).text).toBe(text);
      expect((await askDuffel(elsewhere, create, search)).text).not.toBe(text);
    } finally {
      await Promise.all([other.close(), elsewhere.close()]);
    }
  });

  it('knows nothing of keys that nobody gave', () => {
    for (const [seller, key] of [
      ['duffel', 'off_1'],
      ['travelport', 'abc'],
      ['hotelbeds', '20260306|x'],
    ] as const) {
      expect(twin.truthOf(seller, key)).toBeUndefined();
    }
    expect(() => twin.truthOf('nobody', 'x')).toThrow(/no seller "nobody"/);
  });
});

describe('a body', () => {
  it('is compressed for clients that take it, and the same inside', async () => {
    const body = lowFareSearch([['LHR-JFK', 60]]);
    const plain = await raw('travelport', '/AirService', body, { 'accept-encoding': 'identity' });
    const zipped = await raw('travelport', '/AirService', body, { 'accept-encoding': 'gzip' });
    expect(plain.encoding).toBeUndefined();
    expect(zipped.encoding).toBe('gzip');
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
    expect(zipped.body.length).toBeLessThan(plain.body.length / 4);
  });

  it('is malformed in each of the ways of the scenario', async () => {
    const { text } = await ask();
    const heard = async (malformed: string) => {
      twin.setScenario('duffel', { malformedShare: 1, malformed: [malformed] });
      return ask();
    };
    const truncated = await heard('truncated');
    expect(text.startsWith(truncated.text)).toBe(true);
    expect(() => JSON.parse(truncated.text)).toThrow(SyntaxError);
    const html = await heard('html');
    expect([html.status, html.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect((await heard('contentType')).headers.get('content-type')).toBe('application/octet-stream');
    expect((await heard('entityBomb')).text).toMatch(/^\[{1000}/);
    twin.setScenario('travelport', { malformedShare: 1, malformed: ['entityBomb'] });
    expect((await askTravelport(twin, lowFareSearch([['LHR-JFK', 60]]))).text).toContain('<!ENTITY e9');
  });

  it('is padded to the size of the scenario and still of its format', async () => {
    twin.setScenario('duffel', { hugeShare: 1, hugeBytes: 3_000_000 });
    const { text } = await ask();
    expect(Buffer.byteLength(text)).toBe(3_000_000);
    expect(JSON.parse(text)).toHaveProperty('data');
  });

  it('trickles, and is whole in the end', async () => {
    const { text } = await ask();
    twin.setScenario('duffel', { dripShare: 1, dripMs: 40 });
    expect((await ask()).text).toBe(text);
    twin.setScenario('duffel', { dripShare: 1, dripMs: 600_000 });
    const response = await fetch(`${twin.url}/duffel${create}`, {
      method: 'POST',
      headers: duffelHeaders,
      body: JSON.stringify(search),
    });
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    expect(value!.length).toBeLessThan(Number(response.headers.get('content-length')) / 10);
    await reader.cancel();
  });

  it('ends in the middle when the connection is cut', async () => {
    twin.setScenario('duffel', { dropShare: 1 });
    await expect(ask()).rejects.toThrow();
  });
});

describe('a client', () => {
  it('that leaves an unanswered request is counted, and others are answered', async () => {
    twin.setScenario('duffel', { hangShare: 1 });
    const leaving = new AbortController();
    const left = fetch(`${twin.url}/duffel${create}`, {
      method: 'POST',
      headers: duffelHeaders,
      body: JSON.stringify(search),
      signal: leaving.signal,
    });
    await expect.poll(() => twin.statistics('duffel')).toEqual({ requests: 1, abandoned: 0, open: 1 });
    leaving.abort();
    await expect(left).rejects.toThrow();
    await expect.poll(() => twin.statistics('duffel')).toEqual({ requests: 1, abandoned: 1, open: 0 });
    expect((await askTravelport(twin, lowFareSearch([['LHR-JFK', 60]]))).status).toBe(200);
  });

  it('that leaves during a delay or a long body leaves nothing behind', async () => {
    for (const scenario of [
      { delay: { kind: 'fixed', ms: 60_000 } },
      { hugeShare: 1, hugeBytes: 200_000_000 },
      { dripShare: 1, dripMs: 60_000 },
    ]) {
      twin.setScenario('duffel', scenario);
      const leaving = new AbortController();
      const left = fetch(`${twin.url}/duffel${create}`, {
        method: 'POST',
        headers: duffelHeaders,
        body: JSON.stringify(search),
        signal: leaving.signal,
      }).then((response) => response.body?.cancel());
      await expect.poll(() => twin.statistics('duffel').requests).toBe(1);
      leaving.abort();
      await left.catch(() => undefined);
      await expect.poll(() => twin.statistics('duffel')).toEqual({ requests: 1, abandoned: 1, open: 0 });
    }
  });

  it('is not kept waiting by a twin that closes', async () => {
    const closing = await createTwin({ config: testConfig(), now: () => testNow });
    closing.setScenario('duffel', { hangShare: 1 });
    const hanging = askDuffel(closing, create, search);
    hanging.catch(() => undefined);
    await expect.poll(() => closing.statistics('duffel').open).toBe(1);
    await closing.close();
    await expect(hanging).rejects.toThrow();
  });

  it('gets an answer to a request that is too large, and to one for nobody', async () => {
    const large = await fetch(`${twin.url}/duffel${create}`, {
      method: 'POST',
      headers: duffelHeaders,
      body: 'x'.repeat(1_200_000),
    });
    expect(large.status).toBe(413);
    const nobody = await fetch(`${twin.url}/nobody/air/offers`);
    expect(nobody.status).toBe(404);
    expect(await nobody.json()).toMatchObject({ sellers: ['duffel', 'travelport', 'hotelbeds', 'hotelbeds-direct'] });
    expect(await (await fetch(`${twin.url}/healthz`)).json()).toEqual({ status: 'ok' });
  });
});

describe('a scenario over HTTP', () => {
  const url = () => `${twin.url}/_scenario/duffel`;

  it('is replaced by PUT, reset by DELETE and read by GET', async () => {
    const put = await fetch(url(), { method: 'PUT', body: '{"rateLimitShare": 1}' });
    expect(await put.json()).toMatchObject({ rateLimitShare: 1, errorShare: 0, delay: { kind: 'none' } });
    expect((await ask()).status).toBe(429);
    await fetch(url(), { method: 'DELETE' });
    expect((await ask()).status).toBe(201);
    expect(await (await fetch(url())).json()).toMatchObject({ rateLimitShare: 0 });
    expect((await fetch(url(), { method: 'POST' })).status).toBe(405);
  });

  it('that is none is refused with every problem, and changes nothing', async () => {
    const refused = await fetch(url(), { method: 'PUT', body: '{"rateLimitShare": 7, "tea": true}' });
    expect(refused.status).toBe(422);
    expect(((await refused.json()) as { problems: unknown[] }).problems).toHaveLength(2);
    expect((await ask()).status).toBe(201);
    expect(() => twin.setScenario('duffel', { rateLimitShare: 7 })).toThrow(ConfigError);
  });

  it('plays the same again from its beginning', async () => {
    const play = async () => {
      twin.setScenario('duffel', { rateLimitShare: 0.4, errorShare: 0.3 });
      const statuses: number[] = [];
      for (let i = 0; i < 12; i++) statuses.push((await ask()).status);
      return statuses;
    };
    const first = await play();
    expect(new Set(first).size).toBeGreaterThan(1);
    expect(await play()).toEqual(first);
  });

  it('tells truth and statistics', async () => {
    const [offer] = await duffelOffers(twin, search);
    const truth = await fetch(`${twin.url}/truth/duffel?key=${offer!.id}`);
    expect(await truth.json()).toEqual(twin.truthOf('duffel', offer!.id));
    expect((await fetch(`${twin.url}/truth/duffel?key=x`)).status).toBe(404);
    expect(await (await fetch(`${twin.url}/_statistics/duffel`)).json()).toMatchObject({ requests: 1, abandoned: 0 });
  });
});

describe('the configuration', () => {
  it('that is shipped can be used', () => {
    expect(checkTwinConfig('deploy/config')).toEqual([]);
  });

  it('is refused with names that are taken and currencies that the world does not know', async () => {
    const config = testConfig({ sellers: { truth: { format: 'duffel', currency: 'XOF' } } });
    const refused = await createTwin({ config }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConfigError);
    expect((refused as ConfigError).problems).toHaveLength(2);
    expect(checkTwinConfig('no/such/directory')).toHaveLength(1);
  });
});

/** An answer as it came, undecoded. */
async function raw(
  seller: string,
  path: string,
  body: string,
  headers: Record<string, string>,
): Promise<{ encoding: string | undefined; body: Buffer }> {
  const sent = request(`${twin.url}/${seller}${path}`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('u:p')}`, ...headers },
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return { encoding: response.headers['content-encoding'], body: Buffer.concat(chunks) };
}
