// What the edge answers by itself: entrepot.edge.v1.EdgeService.
import type {
  GetCallerResponse,
  GetTraceRequest,
  GetTraceResponse,
  ListFieldUsageRequest,
  ListFieldUsageResponse,
  ListTracesRequest,
  ListTracesResponse,
  ListViewsResponse,
} from '../../libs/contracts/gen/entrepot/edge/v1/edge.ts';
import type { BackendOptions } from './api/public-api.ts';
import type { Traces } from './operations/traces.ts';
import { mayUse } from './views/resolve.ts';
import type { FieldUsages } from './views/usage.ts';
import type { ViewSource } from './views/views.ts';

/** What the edge's own answers are made from. */
export interface EdgeServiceOptions {
  /** The tier of a client. */
  readonly tierOf: (client: string) => { readonly name: string };
  /** What was recorded lately of clients' requests. */
  readonly traces: Traces;
  /** The registered views. */
  readonly views: ViewSource;
  /** What was asked for of offers. */
  readonly usage: FieldUsages;
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

  async listViews(_request: unknown, { caller }: BackendOptions): Promise<ListViewsResponse> {
    const { views, usage } = this.#options;
    const usable = views.current.all.filter((view) => mayUse(view, caller.identity));
    return { views: usable.map(({ message, label }) => ({ ...message, uses: usage.usesOf(label) })) };
  }

  async listFieldUsage({ client }: ListFieldUsageRequest): Promise<ListFieldUsageResponse> {
    return this.#options.usage.list(client);
  }

  async listTraces(request: ListTracesRequest, { caller }: BackendOptions): Promise<ListTracesResponse> {
    return this.#options.traces.list(request, caller);
  }

  getTrace(request: GetTraceRequest, { caller }: BackendOptions): Promise<GetTraceResponse> {
    return this.#options.traces.get(request, caller);
  }
}
