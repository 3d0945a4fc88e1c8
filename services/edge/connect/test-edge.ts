// For tests: an edge in front of a query service of which only some methods do anything.
import type { DescService } from '@bufbuild/protobuf';
import {
  type QueryServiceDefinition as QueryDefinition,
  QueryServiceDefinition,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { connect, createMemoryNetwork, type MeshImplementation, meshService, serve } from '../../../libs/mesh/index.ts';
import { descriptors } from '../../../libs/vertical/index.ts';
import { type Edge, type EdgeOptions, startEdge } from '../server.ts';

/** The query service's methods. */
export type Query = MeshImplementation<QueryDefinition>;

/** Starts it. Methods that are not given answer OFFER_NOT_FOUND, or with an empty stream. */
export async function edgeWith(methods: Partial<Query>, options: Partial<EdgeOptions> = {}): Promise<Edge> {
  const network = createMemoryNetwork();
  const nothing = async (): Promise<never> => {
    throw new EntrepotError({ reason: 'OFFER_NOT_FOUND', message: 'There is no such offer.' });
  };
  const missing = Object.entries(QueryServiceDefinition.methods).map(([key, { responseStream }]) => [
    key,
    responseStream ? async function* () {} : nothing,
  ]);
  const implementation = { ...Object.fromEntries(missing), ...methods } as Query;
  const server = await serve({
    name: 'query',
    services: [meshService(QueryServiceDefinition, implementation)],
    at: { network },
  });
  const query = connect(QueryServiceDefinition, { network, name: 'query' });
  const edge = await startEdge({
    services: { query: query.client },
    port: 0,
    readiness: async () => [],
    metricsText: async () => '',
    ...options,
  });
  return {
    ...edge,
    close: async () => {
      await edge.close();
      await query.close();
      await server.close();
    },
  };
}

/** A service as its descriptor, from which the clients of Connect are made. */
export function serviceOf(name: string): DescService {
  const service = descriptors().getService(name);
  if (service === undefined) throw new Error(`There is no service ${name}.`);
  return service;
}
