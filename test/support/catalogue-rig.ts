// Normalization behind an edge, and nothing else: a catalogue that a test fills by hand, so that it knows every review.
import type { Clients } from '../../libs/clients/index.ts';
import {
  type NormalizationServiceDefinition as Normalization,
  NormalizationServiceDefinition,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { QueryServiceDefinition } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { connect, createMemoryNetwork, type MeshClient, serve } from '../../libs/mesh/index.ts';
import { openStore } from '../../libs/store/index.ts';
import { type Edge, startEdge } from '../../services/edge/server.ts';
import { rowsOf } from '../../services/normalization/samples.ts';
import { createNormalizationService, normalizationStore } from '../../services/normalization/service.ts';

/** The catalogue, running. */
export interface CatalogueRig {
  readonly client: MeshClient<Normalization>;
  /** An edge to the same catalogue; without clients it is one for development. Closed with the rig. */
  startEdge(options?: { readonly port?: number; readonly clients?: Clients }): Promise<Edge>;
  close(): Promise<void>;
}

/** Starts it, in memory. */
export async function startCatalogue(): Promise<CatalogueRig> {
  const closers: (() => Promise<void>)[] = [];
  const network = createMemoryNetwork();
  const store = await openStore(normalizationStore);
  closers.push(() => store.close());
  const service = createNormalizationService({ store });
  closers.push(() => service.close());
  const server = await serve({ name: 'normalization', services: service.services, at: { network } });
  closers.push(() => server.close());
  const { client, close } = connect(NormalizationServiceDefinition, { network, name: 'normalization' });
  closers.push(close);
  // Nobody searches here.
  const query = connect(QueryServiceDefinition, { network, name: 'query' });
  closers.push(query.close);
  return {
    client,
    async startEdge({ port = 0, clients } = {}) {
      const edge = await startEdge({
        services: { query: query.client, normalization: client },
        port,
        readiness: async () => [],
        metricsText: async () => '',
        ...(clients && { clients: () => clients }),
      });
      closers.push(() => edge.close());
      return edge;
    },
    async close() {
      for (const one of closers.splice(0).reverse()) await one();
    },
  };
}

/** Two records that the matcher is not sure of. */
interface UnsurePair {
  readonly vertical: string;
  readonly left: Readonly<Record<string, unknown>>;
  readonly right: Readonly<Record<string, unknown>>;
}

const images = (...names: readonly string[]) => ({
  image_urls: names.map((name) => `https://pictures.test/${name}.svg`),
});
const stay = (latitude: number, longitude: number, property_name: string, more = {}) => ({
  property_name,
  latitude,
  longitude,
  ...more,
});

/** What the catalogue is filled with, by what tests call it. */
export const unsure = {
  suites: {
    vertical: 'stay',
    left: stay(42.2, 2.6466, 'Can Rosselló Suites', {
      zone: 'Old Town',
      star_rating: 4,
      ...images('front', 'pool', 'room'),
    }),
    right: stay(42.2004, 2.6475, 'Can Rossello', {
      zone: 'Old Town',
      phone: '+34971123456',
      star_rating: 3,
      amenities: ['POOL', 'WIFI'],
      ...images('street', 'gone'),
    }),
  },
  lodge: {
    vertical: 'stay',
    left: stay(43.2, 2.6466, 'Orchard Lodge, London', { zone: 'Centre' }),
    right: stay(43.2009, 2.65, 'HOSTAL ORCHARD LODGE', { zone: 'Centre' }),
  },
  garden: {
    vertical: 'stay',
    left: stay(44.2, 2.6466, 'Yara Garden', { zone: 'Old Town' }),
    right: stay(44.2034, 2.6475, 'Yara Garden Aparthotel', { zone: 'Old Town' }),
  },
  camera: {
    vertical: 'good',
    left: { title: 'Canon EOS R8 body', brand: 'Canon' },
    right: { title: 'Canon R8 camera kit', brand: 'Canon' },
  },
  phone: {
    vertical: 'good',
    left: { title: 'Apple iPhone 15 128GB Black', brand: 'Apple' },
    right: { title: 'Apple iPhone 15 (128 GB) - Schwarz', brand: 'Apple' },
  },
} as const satisfies Readonly<Record<string, UnsurePair>>;

/** Asks the catalogue about every pair, and about a key that has come to mean something else. */
export async function fillCatalogue({ client }: CatalogueRig): Promise<void> {
  const tell = (vertical: string, partner: string, row: Readonly<Record<string, unknown>>) =>
    client.resolve({ vertical, evidence: [rowsOf(vertical, partner, [row])] });
  const codes = { stay: 'property_code', good: 'item_code' };
  // In a catalogue of nothing but two records every word is rare.
  for (const title of ['Bosch PSB 750 hammer drill', 'Lego Harbour Crane 42 pieces', 'Nikon Z5 body'])
    await tell('good', 'one', { item_code: title, title });
  for (const [code, { vertical, left, right }] of Object.entries(unsure)) {
    await tell(vertical, 'one', { [codes[vertical]]: code, ...left });
    await tell(vertical, 'two', { [codes[vertical]]: code, ...right });
  }
  await tell('stay', 'one', { property_code: 'changed', ...stay(39.57, 2.64, 'Castellan Grand Hotel') });
  await tell('stay', 'one', { property_code: 'changed', ...stay(47.2, 11.4, 'Pension Alpenblick') });
}
