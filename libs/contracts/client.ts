import { type Connection, type ConnectOptions, connect } from '../mesh/connect.ts';
import type { ServiceShape } from '../mesh/definition.ts';
import { NormalizationServiceDefinition } from './gen/entrepot/normalization/v1/normalization.ts';
import { PricingServiceDefinition } from './gen/entrepot/pricing/v1/pricing.ts';
import { QueryServiceDefinition } from './gen/entrepot/query/v1/query.ts';
import { SupplyServiceDefinition } from './gen/entrepot/supply/v1/supply.ts';

/** A search is over after this, whatever its partners do: the platform's own limit is shorter. */
const searchTimeoutMs = 30_000;
/** A watch lasts as long as somebody looks: the platform ends it when the search is no longer held. */
const watchTimeoutMs = Number.POSITIVE_INFINITY;

/**
 * A client of a platform's query service at `address`: "host:port", "dns:///name:port" (calls go round its addresses) or
 * "static:10.0.0.1:7001,10.0.0.2:7001". Calls end after 10 s, search streams after 30 s, watches when the platform
 * ends them; calls that never reached a server are tried again, up to three times and one in ten. All of it can be set
 * in `options` and for each call. Failed calls throw `EntrepotError`.
 */
export function createQueryClient(
  address: string,
  options: ConnectOptions = {},
): Connection<typeof QueryServiceDefinition> {
  const methodTimeoutMs = { search: searchTimeoutMs, watchSearch: watchTimeoutMs, ...options.methodTimeoutMs };
  return createClient(QueryServiceDefinition, address, { ...options, methodTimeoutMs });
}

/** A client of a supply service, for tools that look at partners. See createQueryClient. */
export function createSupplyClient(
  address: string,
  options: ConnectOptions = {},
): Connection<typeof SupplyServiceDefinition> {
  return createClient(SupplyServiceDefinition, address, options);
}

/** A client of a pricing service, for quotes outside a search. See createQueryClient. */
export function createPricingClient(
  address: string,
  options: ConnectOptions = {},
): Connection<typeof PricingServiceDefinition> {
  return createClient(PricingServiceDefinition, address, options);
}

/** A client of a normalization service, for the catalogue. See createQueryClient. */
export function createNormalizationClient(
  address: string,
  options: ConnectOptions = {},
): Connection<typeof NormalizationServiceDefinition> {
  return createClient(NormalizationServiceDefinition, address, options);
}

function createClient<Definition extends ServiceShape>(
  definition: Definition,
  address: string,
  options: ConnectOptions,
): Connection<Definition> {
  return connect(definition, { address }, { streamTimeoutMs: searchTimeoutMs, ...options });
}
