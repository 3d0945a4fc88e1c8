// An edge in front of a pretend query, for the tests of streams.
import {
  type QueryServiceDefinition as QueryDefinition,
  QueryServiceDefinition,
  SearchUpdate,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { connect, createMemoryNetwork, type MeshImplementation, meshService, serve } from '../../../libs/mesh/index.ts';
import { type Edge, type EdgeOptions, startEdge } from '../server.ts';

/** What the pretend query does. */
export type QueryMethods = Partial<MeshImplementation<QueryDefinition>>;

const nothing = async (): Promise<never> => {
  throw new EntrepotError({ reason: 'OFFER_NOT_FOUND', message: 'There is no such offer.' });
};

const quiet: MeshImplementation<QueryDefinition> = {
  search: async function* () {},
  watchSearch: async function* () {},
  getPage: nothing,
  getOffer: nothing,
  verify: nothing,
  handoff: nothing,
  reportConversion: nothing,
  explain: nothing,
  explainSearch: nothing,
  listAccuracy: nothing,
  listMismatches: nothing,
  replayMismatch: nothing,
  listQuarantined: nothing,
  listPartnerActivity: nothing,
};

/** Edges in front of one query. */
export interface EdgeRig {
  readonly edges: readonly Edge[];
  close(): Promise<void>;
}

/** Starts edges in front of one query of which only the given methods do anything. */
export async function edgesOver(
  methods: QueryMethods,
  options: Partial<EdgeOptions> = {},
  count = 1,
): Promise<EdgeRig> {
  const network = createMemoryNetwork();
  const services = [meshService(QueryServiceDefinition, { ...quiet, ...methods })];
  const server = await serve({ name: 'query', services, at: { network } });
  const connection = connect(QueryServiceDefinition, { network, name: 'query' });
  const edges: Edge[] = [];
  for (let at = 0; at < count; at++) {
    edges.push(
      await startEdge({
        services: { query: connection.client },
        port: 0,
        readiness: async () => [],
        metricsText: async () => '',
        ...options,
      }),
    );
  }
  return {
    edges,
    close: async () => {
      for (const edge of edges) await edge.close();
      await connection.close();
      await server.close();
    },
  };
}

/** An update of the search "s1" with the cursor "c{revision}". */
export function updateOf(
  revision: number,
  more: Parameters<typeof SearchUpdate.fromPartial>[0] = {},
): { readonly update: SearchUpdate } {
  return {
    update: SearchUpdate.fromPartial({
      searchId: 's1',
      revision,
      cursor: `c${revision}`,
      progress: { partnersAsked: 2, partnersDone: revision },
      ...more,
    }),
  };
}

/** A search as a body. */
export const flightBody = {
  flight: { origin: 'LHR', destination: 'JFK', departureDate: '2027-01-22', adults: 1 },
  currency: 'GBP',
  market: 'GB',
};
