import { afterEach, describe, expect, test } from 'vitest';
import { type Clients, type Identity, makeKey } from '../../../libs/clients/index.ts';
import {
  QueryServiceDefinition,
  SearchRequest,
  SearchUpdate,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { connect } from '../../../libs/mesh/index.ts';
import { edgeWith } from '../connect/test-edge.ts';
import type { Edge } from '../server.ts';
import { identityNow } from './still-let-in.ts';
import { clientsFrom } from './test-clients.ts';

const { id, key, hash } = makeKey();
const clientsWith = (permissions: string, current: string): Clients =>
  clientsFrom(`clients:\n  shop: { permissions: [${permissions}], keys: [{ id: ${id}, hash: '${current}' }] }`);
const changes: readonly [what: string, Clients, reason: string][] = [
  ['a key that is withdrawn', clientsWith('SEARCH', makeKey().hash), 'CREDENTIALS_INVALID'],
  ['a client that may not search any more', clientsWith('OPERATIONS', hash), 'NOT_PERMITTED'],
];

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** An edge whose searches say one thing and then nothing, and whose clients become others as soon as one began. */
async function edgeThatBecomes(then: Clients): Promise<{ readonly edge: Edge; readonly cancelled: Promise<void> }> {
  let clients = clientsWith('SEARCH', hash);
  const cancelled = Promise.withResolvers<void>();
  const edge = await edgeWith(
    {
      search: async function* (_request, { signal }) {
        yield { update: SearchUpdate.fromPartial({ searchId: 's1', revision: 1, progress: {}, page: {} }) };
        clients = then;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        cancelled.resolve();
      },
    },
    { clients: () => clients, guard: { lookAgainMs: 10 }, grpcAddress: '127.0.0.1:0' },
  );
  closers.push(edge.close);
  return { edge, cancelled: cancelled.promise };
}

const request = {
  flight: { origin: 'LHR', destination: 'JFK', departureDate: '2027-01-22', adults: 1 },
  currency: 'GBP',
  market: 'GB',
};

describe.each(changes)('%s', (_, then, reason) => {
  test.each(['text/event-stream', 'application/x-ndjson'])('ends a stream of %s', async (accept) => {
    const { edge, cancelled } = await edgeThatBecomes(then);
    const answer = await fetch(`${edge.url}/v1/searches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'entrepot-key': key, accept },
      body: JSON.stringify(request),
    });
    expect(await answer.text()).toContain(`"reason":"${reason}"`);
    await cancelled;
  });

  test('ends a stream of gRPC', async () => {
    const { edge, cancelled } = await edgeThatBecomes(then);
    const options = { metadata: { 'entrepot-key': key } };
    const { client, close } = connect(QueryServiceDefinition, { address: edge.grpcAddress ?? '' }, options);
    closers.push(close);
    const updates: unknown[] = [];
    const reading = (async () => {
      for await (const update of client.search(SearchRequest.fromJSON(request))) updates.push(update);
    })();
    await expect(reading).rejects.toMatchObject({ reason });
    expect(updates).toHaveLength(1);
    await cancelled;
  });
});

test('who cannot be told, because an issuer’s keys cannot be had, is kept', async () => {
  const unreachable = new EntrepotError({ reason: 'UNREACHABLE', message: 'The issuer does not answer.' });
  expect(await identityNow(() => Promise.reject(unreachable))).toBeUndefined();
  expect(await identityNow(() => ({ client: 'shop' }) as Identity)).toEqual({ client: 'shop' });
});
