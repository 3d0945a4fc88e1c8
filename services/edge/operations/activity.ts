// How partners did, over every replica of query: each counts the searches that it led.
import {
  type ActivitySlot,
  type LatencyBucket,
  type ListPartnerActivityRequest,
  type ListPartnerActivityResponse,
  type OutcomeCount,
  type PartnerActivity,
  QueryServiceDefinition,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { toEntrepotError } from '../../../libs/errors/index.ts';
import { latencyBounds, percentileOf } from '../../../libs/latency/index.ts';
import { type CallOptions, connectReplica, type MeshClient, replicasOf } from '../../../libs/mesh/index.ts';

type Query = MeshClient<typeof QueryServiceDefinition>;

/** A replica is waited for so long where the caller has no less time. */
const answerWithinMs = 2_000;

/**
 * A client of query whose `listPartnerActivity` adds up what every replica counted. Replicas that do not answer are told as missing;
 * where none does, the call fails as the first failed. Each is asked over a connection of its own that is closed again: people look at
 * this, no search does.
 *
 * @param target as for `connect`
 */
export function withEveryReplica(client: Query, target: string): Query {
  const listPartnerActivity = async (
    request: ListPartnerActivityRequest,
    options: CallOptions = {},
  ): Promise<ListPartnerActivityResponse> => {
    const addresses = await replicasOf(target).catch(() => []);
    // A target that cannot be looked up is asked as any call asks it.
    if (addresses.length === 0) return client.listPartnerActivity(request, options);
    const answers = await Promise.allSettled(addresses.map((address) => ask(target, address, request, options)));
    const told = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const [first] = answers;
    if (told.length === 0 && first?.status === 'rejected') throw toEntrepotError(first.reason);
    return { ...addUp(told), replicas: told.length, replicasMissing: addresses.length - told.length };
  };
  return { ...client, listPartnerActivity };
}

async function ask(
  target: string,
  address: string,
  request: ListPartnerActivityRequest,
  options: CallOptions,
): Promise<ListPartnerActivityResponse> {
  const { client, close } = connectReplica(QueryServiceDefinition, target, address, { retry: { maxAttempts: 1 } });
  try {
    const timeoutMs = Math.min(answerWithinMs, options.timeoutMs ?? answerWithinMs);
    return await client.listPartnerActivity(request, { ...options, timeoutMs });
  } finally {
    await close();
  }
}

/** The windows of several processes as one. Percentiles are as exact as their buckets. */
export function addUp(windows: readonly ListPartnerActivityResponse[]): ListPartnerActivityResponse {
  const byPartner = Map.groupBy(
    windows.flatMap(({ partners }) => partners),
    ({ partner }) => partner,
  );
  const names = [...byPartner.keys()].sort();
  return {
    partners: names.map((name) => added(name, byPartner.get(name)!)),
    windowSeconds: Math.max(0, ...windows.map(({ windowSeconds }) => windowSeconds)),
    replicas: windows.length,
    replicasMissing: 0,
  };
}

function added(partner: string, parts: readonly PartnerActivity[]): PartnerActivity {
  const counts = countsIn(parts.map(({ latencies }) => latencies));
  return {
    partner,
    searches: sum(parts, ({ searches }) => searches),
    outcomes: outcomesIn(parts.map(({ outcomes }) => outcomes)),
    offers: sum(parts, ({ offers }) => offers),
    latencies: latencyBounds.map((upperMs, bucket) => ({ upperMs, count: counts[bucket]! })),
    p50Ms: percentileOf(counts, 0.5),
    p95Ms: percentileOf(counts, 0.95),
    slots: slotsOf(parts.map(({ slots }) => slots)),
  };
}

/**
 * Slots by their place from the end: replicas that are asked at the same time have the same ones, but for the few seconds by which
 * their clocks and the calls may differ.
 */
function slotsOf(rows: readonly (readonly ActivitySlot[])[]): ActivitySlot[] {
  const length = Math.max(0, ...rows.map(({ length: own }) => own));
  return Array.from({ length }, (_, place) => {
    const parts = rows.flatMap((row) => row[row.length - length + place] ?? []);
    const counts = countsIn(parts.map(({ latencies }) => latencies));
    return {
      start: parts[0]?.start,
      searches: sum(parts, ({ searches }) => searches),
      answered: sum(parts, ({ answered }) => answered),
      p50Ms: percentileOf(counts, 0.5),
      p95Ms: percentileOf(counts, 0.95),
      outcomes: outcomesIn(parts.map(({ outcomes }) => outcomes)),
      latencies: latencyBounds.flatMap((upperMs, bucket) =>
        counts[bucket]! > 0 ? [{ upperMs, count: counts[bucket]! }] : [],
      ),
    };
  });
}

function sum<Part>(parts: readonly Part[], of: (part: Part) => number): number {
  return parts.reduce((total, part) => total + of(part), 0);
}

/** Counts by bucket. */
function countsIn(rows: readonly (readonly LatencyBucket[])[]): number[] {
  const counts = new Array<number>(latencyBounds.length).fill(0);
  for (const { upperMs, count } of rows.flat()) {
    const bucket = latencyBounds.indexOf(upperMs);
    // Of a replica that counts otherwise (another version) the bucket that has its bound.
    counts[bucket >= 0 ? bucket : latencyBounds.findIndex((bound) => bound >= upperMs)]! += count;
  }
  return counts;
}

/** By outcome, those that there are. */
function outcomesIn(rows: readonly (readonly OutcomeCount[])[]): OutcomeCount[] {
  const counts = new Map<number, OutcomeCount>();
  for (const { status, count } of rows.flat())
    counts.set(status, { status, count: count + (counts.get(status)?.count ?? 0) });
  return [...counts.values()].sort((one, other) => one.status - other.status);
}
