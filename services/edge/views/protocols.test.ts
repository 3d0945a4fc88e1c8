import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SearchRequest } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { logger, redirectLogs } from '../../../libs/telemetry/index.ts';
import { edgeWith } from '../connect/test-edge.ts';
import { end, post } from '../graphql/testing.ts';
import type { Edge } from '../server.ts';
import { ViewFiles, viewText } from './testing.ts';
import { LiveViews } from './views.ts';

const text = `defaults: { flight: { adults: 2 }, currency: GBP, market: GB }
fields: [partner, price.total]
filter: stops == 0
page_size: 7
`;

let files: ViewFiles;
let views: LiveViews;
let edge: Edge;
let asked: SearchRequest[] = [];
beforeEach(async () => {
  redirectLogs({ write: () => {} }, 'silent');
  files = new ViewFiles();
  files.write(
    'list@1',
    viewText(1, `${text}deprecation: { since: 2026-11-01, sunset: 2027-02-01, instead: Use list@2. }\n`),
  );
  files.write('list@2', viewText(2, text));
  views = new LiveViews(files.directory, logger('views-test'));
  asked = [];
  edge = await edgeWith(
    {
      search: async function* (request) {
        asked.push(request);
        yield end;
      },
      getOffer: async () => ({ offer: end.update.upserts[0] }),
    },
    { views },
  );
});
afterEach(async () => {
  await edge.close();
  views.close();
  files.close();
});

const criteria = { origin: 'LHR', destination: 'JFK', departureDate: '2027-01-22' };
const parameters = 'flight.origin=LHR&flight.destination=JFK&flight.departureDate=2027-01-22';
const filledIn = {
  vertical: { $case: 'flight', value: { ...criteria, adults: 2 } },
  currency: 'GBP',
  market: 'GB',
  filter: 'stops == 0',
  pageSize: 7,
  view: '',
};
const inFull = { ...filledIn, readMask: ['partner', 'price.total'] };
const page = { searchId: 's1', offers: [{ offerId: 'o1', partner: 'sky' }] };

test('REST opens a view at its own path, tagged as pages are', async () => {
  const response = await fetch(`${edge.url}/v1/views/list?${parameters}`);
  expect([response.status, response.headers.get('deprecation')]).toEqual([200, null]);
  expect(await response.json()).toMatchObject(page);
  expect(asked).toMatchObject([inFull]);
  const again = await fetch(`${edge.url}/v1/views/list@2?${parameters}`, {
    headers: { 'if-none-match': response.headers.get('etag') ?? '' },
  });
  expect(again.status).toBe(304);
});

test('REST streams a view by what is accepted', async () => {
  const response = await fetch(`${edge.url}/v1/views/list?${parameters}`, {
    headers: { accept: 'application/x-ndjson' },
  });
  const lines = (await response.text()).trim().split('\n');
  expect(lines.map((line) => Object.keys(JSON.parse(line))[0])).toEqual(['update', 'end']);
  expect(asked).toMatchObject([{ ...inFull, delivery: 1 }]);
});

test('a search by POST names a view too', async () => {
  const response = await fetch(`${edge.url}/v1/searches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ view: 'list@2', flight: criteria }),
  });
  expect([response.status, asked]).toMatchObject([200, [inFull]]);
});

test('a view that will go away says so, in every protocol with headers', async () => {
  const rest = await fetch(`${edge.url}/v1/views/list@1?${parameters}`);
  const graphql = await post(edge, {
    query: '{ viewListV1(origin: "LHR", destination: "JFK", departureDate: "2027-01-22") { totalSize } }',
  });
  const streamed = await fetch(`${edge.url}/v1/views/list@1?${parameters}`, {
    headers: { accept: 'text/event-stream' },
  });
  await streamed.text();
  for (const { status, headers } of [rest, graphql, streamed]) {
    expect([status, headers.get('deprecation'), headers.get('sunset')]).toEqual([
      200,
      `@${Date.UTC(2026, 10, 1) / 1_000}`,
      'Mon, 01 Feb 2027 00:00:00 GMT',
    ]);
  }
});

test('a parameter that the view does not take is refused, and so is a view that there is not', async () => {
  const refused = await fetch(`${edge.url}/v1/views/list?${parameters}&orderBy=price&filter=true`);
  expect([refused.status, await refused.json()]).toMatchObject([400, { reason: 'INVALID_FIELD' }]);
  const missing = await fetch(`${edge.url}/v1/views/list@9?${parameters}`);
  expect([missing.status, await missing.json()]).toMatchObject([404, { reason: 'VIEW_NOT_FOUND' }]);
  expect(asked).toEqual([]);
});

test('GraphQL has a field for each view, of which the selection is the mask', async () => {
  const typed = '{ viewListV2(origin: "LHR", destination: "JFK", departureDate: "2027-01-22") { offers { partner } } }';
  const byName =
    '{ search(view: "list@2", flight: {origin: "LHR", destination: "JFK", departureDate: "2027-01-22"}) { offers { partner } } }';
  expect(await (await post(edge, { query: typed })).json()).toEqual({
    data: { viewListV2: { offers: [{ partner: 'sky' }] } },
  });
  expect(await (await post(edge, { query: byName })).json()).toEqual({
    data: { search: { offers: [{ partner: 'sky' }] } },
  });
  expect(asked).toMatchObject([
    { ...filledIn, readMask: ['partner'] },
    { ...filledIn, readMask: ['partner'] },
  ]);
  const incomplete = await (await post(edge, { query: '{ viewListV2(origin: "LHR") { totalSize } }' })).json();
  expect(JSON.stringify(incomplete)).toContain('departureDate');
  const outside = await (await post(edge, { query: byName.replace('partner', 'stale') })).json();
  expect(outside).toMatchObject({ errors: [{ extensions: { reason: 'INVALID_FIELD' } }] });
});

test('Connect opens a view', async () => {
  const message = new TextEncoder().encode(JSON.stringify({ view: 'list', flight: criteria }));
  const envelope = Buffer.alloc(5 + message.length);
  envelope.writeUInt32BE(message.length, 1);
  envelope.set(message, 5);
  const response = await fetch(`${edge.url}/entrepot.query.v1.QueryService/Search`, {
    method: 'POST',
    headers: { 'content-type': 'application/connect+json', 'connect-protocol-version': '1' },
    body: envelope,
  });
  expect(await response.text()).toContain('"offerId":"o1"');
  expect(asked).toMatchObject([inFull]);
});

test('the document and the schema follow the files', async () => {
  const document = async () => (await (await fetch(`${edge.url}/openapi.json`)).json()) as OpenApi;
  const schema = async () => (await fetch(`${edge.url}/graphql/schema.graphql`)).text();
  const before = await document();
  const { get } = before.paths['/v1/views/list@2'] as Path;
  expect(get.parameters.filter(({ required }) => required === true).map(({ name }) => name)).toEqual([
    'flight.origin',
    'flight.destination',
    'flight.departureDate',
  ]);
  expect(before.paths['/v1/views/list@1']?.get.deprecated).toBe(true);
  expect(Object.keys(before.components.schemas.ListV2Offer?.properties ?? {})).toEqual(['offerId', 'partner', 'price']);
  expect(await schema()).toContain('viewListV2(');
  files.write('list@3', viewText(3, text));
  files.remove('list@1');
  views.reload();
  expect(Object.keys((await document()).paths).filter((one) => one.startsWith('/v1/views/'))).toEqual([
    '/v1/views/list',
    '/v1/views/list@3',
    '/v1/views/list@2',
  ]);
  expect(await schema()).toMatch(/viewListV3\(/);
  expect(await schema()).not.toMatch(/viewListV1\(/);
  const query = '{ viewListV3(origin: "LHR", destination: "JFK", departureDate: "2027-01-22") { totalSize } }';
  expect(await (await post(edge, { query })).json()).toEqual({ data: { viewListV3: { totalSize: 1 } } });
});

test('uses of views and fields are counted, of what was answered', async () => {
  await fetch(`${edge.url}/v1/views/list?${parameters}`);
  await fetch(`${edge.url}/v1/views/list?${parameters}&pageSize=5`);
  await fetch(`${edge.url}/v1/offers/o1?readMask=stale`);
  const list = await (await fetch(`${edge.url}/v1/views`)).json();
  expect(list).toMatchObject({
    views: [
      { name: 'list', version: 2, uses: 1 },
      { name: 'list', version: 1 },
    ],
  });
  const { usages } = (await (await fetch(`${edge.url}/v1/fieldUsage`)).json()) as { usages: object[] };
  expect(usages).toMatchObject([
    { field: 'partner', client: 'public', view: 'list@2', requests: 1 },
    { field: 'price.total', client: 'public', view: 'list@2', requests: 1 },
    { field: 'stale', client: 'public', requests: 1 },
  ]);
});

interface Path {
  readonly get: {
    readonly deprecated?: boolean;
    readonly parameters: readonly { readonly name?: string; readonly required?: boolean }[];
  };
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Path>>;
  readonly components: { readonly schemas: Readonly<Record<string, { readonly properties: object }>> };
}
