// The catalogue's memory: 100,000 properties known; what 1,000 new keys cost beside bare scoring and bare inserts of the same rows,
// how many known keys a second a bulk Resolve answers in process, and what it takes to hold them.
import { columnBuilder } from '../../../libs/columns/index.ts';
import {
  NormalizationServiceDefinition,
  type PartnerEvidence,
  ResolveRequest,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { connect, createMemoryNetwork, type MeshClient, serve } from '../../../libs/mesh/index.ts';
import { openStore, type SharedStore, type Store } from '../../../libs/store/index.ts';
import { liveBytes } from '../../../libs/telemetry/live-bytes.ts';
import {
  BlockingIndex,
  createMatcher,
  type Matcher,
  type MatchRecord,
} from '../../../services/normalization/matching/index.ts';
import { createNormalizationService, normalizationStore } from '../../../services/normalization/service.ts';
import type { Case } from '../bench.ts';
import { type Figure, figure } from '../figures.ts';

const productsHeld = Number(process.env.ENTREPOT_BENCH_PRODUCTS ?? 100_000);
const newKeys = 1_000;
const perCall = 5_000;
const runs = 7;

/** A property as a partner writes it. */
interface House {
  readonly code: string;
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
}

const words = (
  'aurora bellevue cristal dorado esmeralda fontana galeon horizonte imperial jardin kalma laguna miramar neptuno oasis ' +
  'palmera quinta riviera sirena tropico urania valparaiso windsor xenia yucatan zafiro alcazar bahia concordia delfin'
).split(' ');

/** Numbers that are the same in every run. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** House number n: a few stand close together, as in resorts. */
function house(n: number, spread: number, seed: number): House {
  const place = random(Math.floor(n / 4) * 7919 + 1);
  const own = random(n * 104_729 + 13);
  const noise = random(n * 31 + seed);
  const pick = (next: () => number): string => words[Math.floor(next() * words.length)]!;
  const name = `${pick(own)} ${pick(own)} ${Math.floor(own() * 90)}`;
  return {
    code: `${seed}-${n}`,
    name: seed === 0 ? `Hotel ${name}` : name,
    latitude: 30 + place() * 25 + own() * 0.02 + noise() * spread,
    longitude: -8 + place() * 30 + own() * 0.02 + noise() * spread,
  };
}

function evidenceOf(partner: string, houses: readonly House[]): PartnerEvidence {
  const [codes, names] = [columnBuilder('string'), columnBuilder('string')];
  const [latitudes, longitudes] = [columnBuilder('double'), columnBuilder('double')];
  for (const { code, name, latitude, longitude } of houses) {
    codes.push(code);
    names.push(name);
    latitudes.push(latitude);
    longitudes.push(longitude);
  }
  const columns = [
    codes.build('property_code'),
    names.build('property_name'),
    latitudes.build('latitude'),
    longitudes.build('longitude'),
  ];
  return { partner, rows: { rowCount: houses.length, columns } };
}

/** A request as it comes from elsewhere: its texts are nobody else's. */
function requestOf(partner: string, houses: readonly House[]): ResolveRequest {
  const request = { vertical: 'stay', evidence: [evidenceOf(partner, houses)] };
  return ResolveRequest.decode(ResolveRequest.encode(request).finish());
}

function requestsOf(partner: string, houses: readonly House[]): ResolveRequest[] {
  const requests: ResolveRequest[] = [];
  for (let start = 0; start < houses.length; start += perCall) {
    requests.push(requestOf(partner, houses.slice(start, start + perCall)));
  }
  return requests;
}

/** Milliseconds of this thread's processor: PostgreSQL computes on it too. */
async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

/** Measures all of it. */
export const catalogueCase: Case = async (say) => {
  const store = await openStore(normalizationStore);
  const first = await open(store);
  const held = Array.from({ length: productsHeld }, (_, n) => house(n, 0, 0));
  const start = performance.now();
  for (const request of requestsOf('p0', held)) await first.client.resolve(request);
  say(`  ${productsHeld} keys loaded in ${((performance.now() - start) / 1_000).toFixed(1)} s`);
  const opened = await reopened(store, first.close);
  say(`  read again at a start in ${(opened.ms / 1_000).toFixed(1)} s of CPU, ${(opened.bytes / 1e6).toFixed(0)} MB`);
  const { client } = opened;
  const figures = [
    figure('catalogue.start', [opened.ms / 1_000], 's CPU'),
    figure('catalogue.memory', [opened.bytes / productsHeld / 1_000], 'KB a product'),
    ...(await newKeyFigures(client, store, held, say)),
    ...(await knownKeyFigures(client, held, say)),
  ];
  await opened.close();
  await store.close();
  return figures;
};

interface Opened {
  readonly client: MeshClient<NormalizationServiceDefinition>;
  close(): Promise<void>;
}

async function open(store: SharedStore): Promise<Opened> {
  const service = createNormalizationService({ store });
  const network = createMemoryNetwork();
  const server = await serve({ name: 'normalization', services: service.services, at: { network } });
  const { client, close } = connect(
    NormalizationServiceDefinition,
    { network, name: 'normalization' },
    { timeoutMs: 600_000 },
  );
  return {
    client,
    async close() {
      await close();
      await server.close();
      await service.close();
    },
  };
}

/** Starts anew on what is stored, with what that takes. */
async function reopened(
  store: SharedStore,
  close: () => Promise<void>,
): Promise<Opened & { ms: number; bytes: number }> {
  await close();
  const before = liveBytes();
  let next: Opened | undefined;
  const ms = await cpuOf(async () => {
    next = await open(store);
    await next.client.resolve({ vertical: 'stay', evidence: [] });
  });
  return { ...next!, ms, bytes: liveBytes() - before };
}

/** A thousand keys of another partner, half of them of houses that are known, beside scoring and inserting the same rows bare. */
async function newKeyFigures(
  client: Opened['client'],
  store: Store,
  held: readonly House[],
  say: (line: string) => void,
): Promise<Figure[]> {
  const matcher = createMatcher('stay');
  const index = new BlockingIndex();
  const prepared = held.map((one) => matcher.prepare(recordOf('p0', one)));
  for (const [ref, one] of prepared.entries()) index.add(ref, one.keys);
  const [ours, scoring, inserting, ratio]: [number[], number[], number[], number[]] = [[], [], [], []];
  let joined = 0;
  for (let run = 0; run < runs + 2; run++) {
    const seed = run + 1;
    const houses = Array.from({ length: newKeys }, (_, n) =>
      n % 2 === 0 ? house(run * newKeys + n, 0.0005, seed) : house(productsHeld + run * newKeys + n, 0, seed),
    );
    const request = requestOf(`new${seed}`, houses);
    const own = await cpuOf(async () => {
      const { identities } = await client.resolve(request);
      joined = identities.filter(({ productId }, n) => n % 2 === 0 && productId !== '').length;
    });
    const scored = await cpuOf(async () => score(matcher, index, prepared, `new${seed}`, houses));
    const inserted = await insertAgain(store, `new${seed}`);
    if (run < 2) continue;
    ours.push(own);
    scoring.push(scored);
    inserting.push(inserted);
    ratio.push(own / (scored + inserted));
    say(`  ${newKeys} new keys: ${own.toFixed(0)} ms, scoring ${scored.toFixed(0)}, inserting ${inserted.toFixed(0)}`);
  }
  if (joined !== newKeys / 2) throw new Error(`${joined} of ${newKeys / 2} known houses were decided`);
  return [
    figure('catalogue.new_keys', ours, 'ms CPU'),
    figure('catalogue.new_keys_scoring', scoring, 'ms CPU'),
    figure('catalogue.new_keys_inserting', inserting, 'ms CPU'),
    figure('catalogue.new_keys_ratio', ratio, '× scoring and inserting', 1.5),
  ];
}

function recordOf(partner: string, { code, name, latitude, longitude }: House): MatchRecord {
  return { partner, key: code, attributes: { property_name: name, latitude, longitude } };
}

/** Reads, finds candidates and decides: what no catalogue can do without. */
function score(
  matcher: Matcher,
  index: BlockingIndex,
  held: readonly ReturnType<Matcher['prepare']>[],
  partner: string,
  houses: readonly House[],
): void {
  for (const one of houses) {
    const fresh = matcher.prepare(recordOf(partner, one));
    for (const { ref } of matcher.candidates(index, fresh)) matcher.decide(fresh, held[ref]!, index);
  }
}

/** The tables that a new key is written to, with the rows of a partner. */
const tables: Readonly<Record<string, string>> = {
  products: `product_id IN (SELECT product_id FROM events WHERE kind = 1 AND keys LIKE '[["' || $1 || '"%')`,
  product_keys: 'partner = $1',
  records: 'partner = $1',
  events: `keys LIKE '[["' || $1 || '"%'`,
  reviews: 'right_partner = $1',
};

/** Takes a partner's rows out and puts them in again by one statement a table; CPU of the latter. */
async function insertAgain(store: Store, partner: string): Promise<number> {
  const names = Object.keys(tables);
  for (const name of names) {
    await store.query(`CREATE TEMP TABLE again_${name} AS SELECT * FROM ${name} WHERE ${tables[name]}`, [partner]);
  }
  for (const name of names.toReversed()) {
    if (name !== 'products') await store.query(`DELETE FROM ${name} WHERE ${tables[name]}`, [partner]);
  }
  await store.query('DELETE FROM products USING again_products WHERE products.product_id = again_products.product_id');
  const rows = new Map<string, Record<string, unknown>[]>();
  const types = new Map<string, { column_name: string; data_type: string }[]>();
  for (const name of names) {
    rows.set(name, await store.query(`SELECT * FROM again_${name}`));
    types.set(
      name,
      await store.query(
        `SELECT column_name, data_type FROM information_schema.columns
         WHERE table_schema = 'normalization' AND table_name = $1 ORDER BY ordinal_position`,
        [name],
      ),
    );
    await store.query(`DROP TABLE again_${name}`);
  }
  return cpuOf(() =>
    store.transaction(async (tx) => {
      for (const name of names) {
        const found = rows.get(name)!;
        if (found.length === 0) continue;
        const columns = types.get(name)!;
        const arrays = columns.map(({ data_type }, at) => `$${at + 1}::${data_type}[]`);
        await tx.query(
          `INSERT INTO ${name} SELECT * FROM unnest(${arrays.join(', ')})`,
          columns.map(({ column_name }) => found.map((row) => row[column_name])),
        );
      }
    }),
  );
}

/** Keys that are known, in bulk, in process. */
async function knownKeyFigures(
  client: Opened['client'],
  held: readonly House[],
  say: (line: string) => void,
): Promise<Figure[]> {
  const taken: number[] = [];
  const bare: number[] = [];
  const map = new Map(
    requestsOf('p0', held)
      .flatMap(codesOf)
      .map((code) => [code, code]),
  );
  // As many as warm what runs: the processor's time is told in steps that are longer than a few calls.
  for (let run = 0; run < runs + 5; run++) {
    const [requests, others] = [requestsOf('p0', held), requestsOf('p0', held).map(codesOf)];
    liveBytes();
    const ms = await cpuOf(async () => {
      for (const request of requests) await client.resolve(request);
    });
    let found = 0;
    const floor = await cpuOf(async () => {
      for (const codes of others) for (const code of codes) if (map.get(code) !== undefined) found++;
    });
    if (found !== held.length) throw new Error(`${found} of ${held.length} codes are found`);
    if (run < 5) continue;
    taken.push((ms * 1_000) / held.length);
    bare.push((floor * 1_000) / held.length);
    say(
      `  known keys: ${((ms * 1e6) / held.length).toFixed(0)} ns a key, bare look-ups ${((floor * 1e6) / held.length).toFixed(0)}`,
    );
  }
  return [
    figure('catalogue.known_key', taken, 'µs CPU', 1),
    figure('catalogue.known_key_floor', bare, 'µs CPU'),
    figure(
      'catalogue.known_keys_a_second',
      taken.map((us) => 1e6 / us),
      '1/s',
    ),
  ];
}

/** The codes of a request, as they came. */
function codesOf({ evidence }: ResolveRequest): readonly string[] {
  const values = evidence[0]?.rows?.columns.find(({ attribute }) => attribute === 'property_code')?.values;
  return values?.$case === 'strings' ? values.value.dictionary : [];
}
