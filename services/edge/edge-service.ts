// What the edge answers by itself: entrepot.edge.v1.EdgeService.
import type {
  GetCallerResponse,
  GetTraceRequest,
  GetTraceResponse,
  ListFieldUsageResponse,
  ListTracesRequest,
  ListTracesResponse,
  ListViewsResponse,
} from '../../libs/contracts/gen/entrepot/edge/v1/edge.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { BackendOptions } from './api/public-api.ts';
import type { Traces } from './operations/traces.ts';

/** What the edge's own answers are made from. */
export interface EdgeServiceOptions {
  /** The tier of a client. */
  readonly tierOf: (client: string) => { readonly name: string };
  /** What was recorded lately of clients' requests. */
  readonly traces: Traces;
}

/** The edge's own RPCs, by their functions' names. */
export class EdgeService {
  readonly #options: EdgeServiceOptions;

  constructor(options: EdgeServiceOptions) {
    this.#options = options;
  }

  async getCaller(_request: unknown, { caller }: BackendOptions): Promise<GetCallerResponse> {
    const { client, permissions, markets, partners, development } = caller.identity;
    return {
      client,
      tier: this.#options.tierOf(client).name,
      permissions: [...permissions],
      markets: [...(markets ?? [])],
      partners: [...(partners ?? [])],
      development,
      budget: caller.budget,
    };
  }

  async listViews(): Promise<ListViewsResponse> {
    throw missing('ListViews');
  }

  async listFieldUsage(): Promise<ListFieldUsageResponse> {
    throw missing('ListFieldUsage');
  }

  async listTraces(request: ListTracesRequest, { caller }: BackendOptions): Promise<ListTracesResponse> {
    return this.#options.traces.list(request, caller);
  }

  getTrace(request: GetTraceRequest, { caller }: BackendOptions): Promise<GetTraceResponse> {
    return this.#options.traces.get(request, caller);
  }
}

function missing(method: string): EntrepotError {
  return new EntrepotError({ reason: 'UNKNOWN_METHOD', message: `This edge does not offer ${method}.` });
}
