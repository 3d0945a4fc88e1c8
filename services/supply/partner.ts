import type { Account, Adapter, Manifest } from './adapter.ts';
import type { ConcurrencyLimit } from './concurrency.ts';
import type { ColumnPlan } from './map-rows.ts';
import type { RateLimitHold } from './rate-limit.ts';
import type { RequestRate } from './request-rate.ts';

/** A partner as it is configured, with what the process knows of it. */
export interface ConfiguredPartner {
  /** "duffel-leisure". */
  readonly name: string;
  readonly adapter: Adapter;
  /** The adapter's manifest; its digest covers this partner's configuration too. */
  readonly manifest: Manifest;
  readonly account: Account;
  /** Scheme, host and port of the endpoint. */
  readonly origin: string;
  /** Path of the endpoint, without trailing slash. */
  readonly basePath: string;
  /** Markets it sells in; empty for all. */
  readonly markets: readonly string[];
  /** Asked in searches. */
  readonly enabled: boolean;
  /** Time for one search with all its pages. */
  readonly timeoutMs: number;
  readonly maxPages: number;
  readonly maxBodyBytes: number;
  /** Share of searches in which it is asked, 0 to 1. */
  readonly trafficShare: number;
  /** Sends the trace's id along. Off for third parties: it is our business. */
  readonly sendTraceparent: boolean;
  readonly plan: ColumnPlan;
  /** Calls under way at once. */
  readonly limit: ConcurrencyLimit;
  readonly hold: RateLimitHold;
  /** When the next request may go out. */
  readonly rate: RequestRate;
}
