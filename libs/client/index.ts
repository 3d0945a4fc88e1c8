/**
 * `entrepot/client`: the platform's public API for browsers and Node, without dependencies.
 *
 *     const entrepot = createClient({ url: 'https://api.example.com', key });
 *     for await (const view of entrepot.search({ flight, currency: 'GBP', market: 'GB' })) draw(view);
 */
export { createClient, type EntrepotClient, type PagedMethod, type WatchOptions } from './client.ts';
export type * from './gen/types.ts';
export type { CallOptions, ClientOptions, Lost, StreamOptions } from './options.ts';
export { EntrepotProblem, type FieldViolation, type Problem } from './problem.ts';
export { type Changed, SearchFold, type SearchView, type ShownOffer } from './view.ts';
