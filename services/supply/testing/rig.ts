import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readColumns } from '../../../libs/columns/index.ts';
import {
  type GetProductRequest,
  IdentityRule,
  NormalizationServiceDefinition,
  type Product,
  type ResolveRequest,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { PartnerOutcome } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import {
  type OfferHandle,
  type PartnerBatch,
  type SearchPlan,
  type SearchRequest,
  type SearchResponse,
  type SearchStart,
  SupplyServiceDefinition,
} from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import {
  type CallOptions,
  connect,
  createMemoryNetwork,
  type MeshClient,
  type MeshServer,
  meshService,
  serve,
} from '../../../libs/mesh/index.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { isRemote, type SupplyPartner } from '../remote/partner.ts';
import { createSupplyService, type SupplyDependencies } from '../service.ts';
import type { PlainRow } from './adapters/plain/adapter.ts';

/** The adapters of the made-up format. */
export const testAdapters = fileURLToPath(new URL('./adapters', import.meta.url));

/** Normalization for tests: "H1" of whatever partner is product "product-H1". */
export interface FakeNormalization {
  readonly calls: ResolveRequest[];
  /** Decides when and whether a call is answered. */
  gate: () => Promise<void>;
  /** What it knows of a product; throws where it knows none, as it does unless a test says otherwise. */
  product: (request: GetProductRequest) => Product;
}

/** Supply with made-up partners and normalization, all in memory but the partners' HTTP. */
export interface Rig {
  readonly client: MeshClient<typeof SupplyServiceDefinition>;
  readonly normalization: FakeNormalization;
  /** Serves it over gRPC too, on a free port of the loopback, until it is closed; answers the address. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

/** What a partner's file says. */
export type PartnerFile = Record<string, unknown>;

/** A configuration directory with these partners; the caller removes it. */
export function writePartners(partners: Readonly<Record<string, PartnerFile | string>>): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'entrepot-supply-'));
  mkdirSync(path.join(directory, 'partners'));
  for (const [name, file] of Object.entries(partners)) {
    const text = typeof file === 'string' ? file : JSON.stringify(file);
    writeFileSync(path.join(directory, 'partners', `${name}.yaml`), text);
  }
  return directory;
}

/** Starts one with these partners. */
export async function startRig(
  partners: Readonly<Record<string, PartnerFile>>,
  options: Partial<SupplyDependencies> = {},
): Promise<Rig> {
  const network = createMemoryNetwork();
  const normalization: FakeNormalization = {
    calls: [],
    gate: async () => {},
    product: () => {
      throw new EntrepotError({ reason: 'PRODUCT_NOT_FOUND', message: 'no products here' });
    },
  };
  const resolver = await serve({
    name: 'normalization',
    at: { network },
    services: [meshService(NormalizationServiceDefinition, resolving(normalization))],
  });
  const resolve = connect(NormalizationServiceDefinition, { network, name: 'normalization' });
  const configDirectory = writePartners(partners);
  const handle = await createSupplyService({
    configDirectory,
    adapterDirectories: [testAdapters],
    normalization: resolve.client,
    ...options,
  });
  const server = await serve({ name: 'supply', at: { network }, services: handle.services });
  const supply = connect(SupplyServiceDefinition, { network, name: 'supply' });
  const listening: MeshServer[] = [];
  return {
    client: supply.client,
    normalization,
    listen: async () => {
      listening.push(await serve({ name: 'supply', at: { address: '127.0.0.1:0' }, services: handle.services }));
      return listening.at(-1)!.address;
    },
    close: async () => {
      await supply.close();
      await Promise.all(listening.map((one) => one.close()));
      await server.close();
      await handle.close();
      await resolve.close();
      await resolver.close();
      rmSync(configDirectory, { recursive: true });
    },
  };
}

function resolving(fake: FakeNormalization) {
  return {
    resolve: async (request: ResolveRequest) => {
      fake.calls.push(request);
      await fake.gate();
      const codes = request.evidence.flatMap(({ rows }) => {
        const column = readColumns(rows!).get('property_code');
        return Array.from({ length: rows!.rowCount }, (_, row) => String(column?.type === 'string' && column.get(row)));
      });
      const rule = IdentityRule.NEW;
      return {
        identities: codes.map((code) => ({ productId: `product-${code}`, rule, confidence: 1, evidence: '' })),
      };
    },
    getProduct: async (request: GetProductRequest) => ({ product: fake.product(request) }),
    async *resolveStream() {},
    batchGetProducts: async () => ({ products: [] }),
    listProducts: async () => ({ products: [], nextPageToken: '' }),
    listReviews: async () => ({ reviews: [], nextPageToken: '', totalSize: 0 }),
    getReview: async () => ({ review: undefined }),
    decide: async () => ({ event: undefined, products: [] }),
    undo: async () => ({ event: undefined, products: [] }),
    listEvents: async () => ({ events: [], nextPageToken: '' }),
    async *watchProducts() {},
  };
}

/** A partner that is asked over HTTP, by its name. */
export function localPartner(partners: ReadonlyMap<string, SupplyPartner>, name: string): ConfiguredPartner {
  const partner = partners.get(name);
  if (partner === undefined || isRemote(partner))
    throw new Error(`there is no partner ${name} that is asked over HTTP`);
  return partner;
}

/** A good row; give what shall differ. */
export function row(id: number | string, other: Partial<PlainRow> = {}): PlainRow {
  return { id: `${id}`, hotel: `H${id}`, name: `Hotel ${id}`, stars: 3, amount: '100.00', currency: 'EUR', ...other };
}

/** Criteria that the made-up format can ask by. */
export function start(other: Partial<SearchStart> = {}): SearchStart {
  return {
    searchId: 'search-1',
    criteria: {
      vertical: {
        $case: 'stay',
        value: {
          where: { $case: 'place', value: 'PAR' },
          checkIn: '2031-05-01',
          checkOut: '2031-05-03',
          rooms: [{ adults: 2, childAges: [] }],
          radiusKm: undefined,
        },
      },
    },
    market: 'GB',
    currency: 'EUR',
    locale: 'en-GB',
    partners: [],
    permitted: undefined,
    filter: '',
    constraints: [],
    handoffRate: 0,
    times: [],
    except: [],
    ...other,
  };
}

/** All that a search said, by kind. */
export interface Said {
  readonly messages: SearchResponse[];
  readonly plan: SearchPlan;
  readonly batches: PartnerBatch[];
  outcome(partner: string): PartnerOutcome;
}

/** Runs a search to its end. */
export async function search(rig: Rig, request: SearchStart = start(), options: CallOptions = {}): Promise<Said> {
  return said(await Array.fromAsync(rig.client.search(only(request), options)));
}

/** The messages sorted by kind. */
export function said(messages: SearchResponse[]): Said {
  const first = messages[0]?.message;
  if (first?.$case !== 'plan') throw new Error(`expected the plan first, got ${first?.$case}`);
  const batches = messages.flatMap(({ message }) => (message?.$case === 'batch' ? [message.value] : []));
  const outcomes = messages.flatMap(({ message }) => (message?.$case === 'outcome' ? [message.value] : []));
  return {
    messages,
    plan: first.value,
    batches,
    outcome: (partner) => {
      const own = outcomes.filter((outcome) => outcome.partner === partner);
      if (own.length !== 1) throw new Error(`${partner} ended with ${own.length} outcomes`);
      return own[0]!;
    },
  };
}

/** A caller that starts a search and says nothing more. */
export async function* only(request: SearchStart): AsyncGenerator<SearchRequest> {
  yield { message: { $case: 'start', value: request } };
}

/** Handles of a batch's rows. */
export function handlesOf(batch: PartnerBatch): OfferHandle[] {
  const { partner, answer, manifest } = batch;
  return Array.from({ length: batch.rows.length / 4 }, (_, i) => ({
    partner,
    answer,
    manifest,
    row: batch.rows.readUInt32LE(i * 4),
  }));
}
