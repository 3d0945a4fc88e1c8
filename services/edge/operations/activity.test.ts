import { afterEach, expect, test } from 'vitest';
import { OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import {
  type ListPartnerActivityResponse,
  QueryServiceDefinition,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { connect, type MeshImplementation, type MeshServer, meshService, serve } from '../../../libs/mesh/index.ts';
import { withEveryReplica } from './activity.ts';

const { OK, TIMED_OUT } = OutcomeStatus;
type Query = MeshImplementation<typeof QueryServiceDefinition>;

const servers: MeshServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** One slot of one partner: so many searches, all ended so. */
function counted(partner: string, count: number, status: OutcomeStatus, upperMs: number): ListPartnerActivityResponse {
  const outcomes = [{ status, count }];
  const latencies = [{ upperMs, count }];
  const slot = {
    start: Temporal.Instant.fromEpochMilliseconds(0),
    searches: count,
    answered: count,
    outcomes,
    latencies,
  };
  const slots = [{ ...slot, p50Ms: undefined, p95Ms: undefined }];
  const activity = {
    partner,
    searches: count,
    outcomes,
    offers: 5,
    latencies,
    p50Ms: undefined,
    p95Ms: undefined,
    slots,
  };
  return { partners: [activity], windowSeconds: 60 * count, replicas: 0, replicasMissing: 0 };
}

/** A replica of query that counted so. */
async function replica(answer: ListPartnerActivityResponse): Promise<MeshServer> {
  const other = (): never => {
    throw new Error('Not asked for here.');
  };
  const implementation = new Proxy({ listPartnerActivity: async () => answer } as unknown as Query, {
    get: (own, name, self) => Reflect.get(own, name, self) ?? other,
  });
  const services = [meshService(QueryServiceDefinition, implementation)];
  const server = await serve({ name: 'query', services, at: { address: '127.0.0.1:0' } });
  servers.push(server);
  return server;
}

/** Asks all of them, as the edge does. */
async function ask(): Promise<ListPartnerActivityResponse> {
  const target = `static:${servers.map(({ address }) => address).join(',')}`;
  const { client, close } = connect(QueryServiceDefinition, { address: target });
  try {
    return await withEveryReplica(client, target).listPartnerActivity({ partner: '', minutes: 15 });
  } finally {
    await close();
  }
}

test('is what every replica counted, added up', async () => {
  await replica(counted('a', 3, OK, 100));
  await replica(counted('a', 1, TIMED_OUT, 3_000));
  await replica(counted('b', 2, OK, 50));
  const { partners, windowSeconds, replicas, replicasMissing } = await ask();
  expect([windowSeconds, replicas, replicasMissing]).toEqual([180, 3, 0]);
  const both = [
    { status: OK, count: 3 },
    { status: TIMED_OUT, count: 1 },
  ].sort((one, other) => one.status - other.status);
  const a = { searches: 4, outcomes: both, p50Ms: 88, p95Ms: 2_750 };
  expect(partners).toMatchObject([
    { partner: 'a', offers: 10, ...a, slots: [{ answered: 4, ...a }] },
    { partner: 'b', searches: 2 },
  ]);
});

test('says how many replicas did not answer, and has the others', async () => {
  await replica(counted('a', 3, OK, 100));
  await (await replica(counted('a', 1, OK, 100))).close();
  expect(await ask()).toMatchObject({ partners: [{ partner: 'a', searches: 3 }], replicas: 1, replicasMissing: 1 });
});

test('fails where no replica answers', async () => {
  await (await replica(counted('a', 1, OK, 100))).close();
  await expect(ask()).rejects.toMatchObject({ reason: 'UNREACHABLE' });
});
