import type { Context } from '@opentelemetry/api';
import type { PricingServiceDefinition } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { Judgement } from '../../libs/contracts/gen/entrepot/query/v1/journal.ts';
import type { SupplyServiceDefinition } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { CallOptions, MeshClient } from '../../libs/mesh/index.ts';
import type { Logger } from '../../libs/telemetry/index.ts';
import type { Activity } from './activity/activity.ts';
import type { CompletionPolicy } from './completion.ts';
import type { QueryConfig } from './config.ts';
import type { FanOut } from './fan-out.ts';
import type { Patience } from './patience.ts';
import type { PricingSamples } from './pricing-samples.ts';

/** What asking needs. */
export interface FanOutTools {
  readonly supply: MeshClient<SupplyServiceDefinition>;
  readonly pricing: MeshClient<PricingServiceDefinition>;
  readonly config: QueryConfig;
  readonly patience: Patience;
  /** When the client's searches need not wait any longer; undefined for when every partner has answered. */
  readonly policy: CompletionPolicy | undefined;
  /** Hand-offs of a hundred searches like this one. */
  readonly handoffRate: number;
  /** What is done about partners whose prices are too often wrong; pinned when it starts. */
  readonly judged: readonly Judgement[];
  /** Partners that the client may see; undefined for all. */
  readonly permitted: ReadonlySet<string> | undefined;
  readonly log: Logger;
  /** Counts how partners did. */
  readonly activity: Pick<Activity, 'note'>;
  /** Keeps what some searches had priced; absent: nothing is kept. */
  readonly samples?: PricingSamples | undefined;
  /** Resolves when what has happened is where other replicas find it; undefined where there is nothing to wait for. */
  readonly written: (fanOut: FanOut) => Promise<void> | undefined;
  /** Nothing more will come. */
  readonly over: (fanOut: FanOut) => void;
  /** No search looks at it any more. */
  readonly deserted: (fanOut: FanOut) => void;
}

/** Whose search it is. */
export interface Asker {
  readonly client: string;
  readonly trace: Context;
  /** When the client wants its answer, epoch milliseconds; undefined for the configured patience. */
  readonly deadline: number | undefined;
}

/** How a call is made on somebody's behalf. */
export function callFor({ trace, client }: Asker, timeoutMs: number): CallOptions {
  return { timeoutMs, trace, client };
}
