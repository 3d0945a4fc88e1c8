/**
 * `entrepot/contracts`: the typed contracts of the platform for another TypeScript backend, and ready clients. Each area
 * of the protos is a namespace, for several have a SearchRequest: `query.SearchRequest`, `offer.Offer`, `types.Money`.
 */
export { EntrepotError, type FieldViolation, type ReasonName } from '../errors/index.ts';
export type { ChannelSettings } from '../mesh/channels.ts';
export type { CallOptions, MeshClient } from '../mesh/client.ts';
export type { Connection, ConnectOptions } from '../mesh/connect.ts';
export type { RetryOptions } from '../mesh/retry.ts';
export { createNormalizationClient, createPricingClient, createQueryClient, createSupplyClient } from './client.ts';
export * as edge from './gen/entrepot/edge/v1/edge.ts';
export * as pricing from './gen/entrepot/pricing/v1/pricing.ts';
export * as query from './gen/entrepot/query/v1/query.ts';
export * as supply from './gen/entrepot/supply/v1/supply.ts';
export * as telemetry from './gen/entrepot/telemetry/v1/trace.ts';
export * as normalization from './normalization.ts';
export * as offer from './offer.ts';
export { type AttributeValue, type PriceBatchOptions, priceBatch, type RowToPrice } from './price-batch.ts';
export * as types from './types.ts';
