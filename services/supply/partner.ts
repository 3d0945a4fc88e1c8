import type { Account, Adapter, Manifest, RowReader } from './adapter.ts';
import type { SuspensionSettings } from './breakers.ts';
import type { PartnerBudget } from './budget/budget.ts';
import type { ConcurrencyLimit } from './concurrency.ts';
import type { HedgeSettings } from './hedging.ts';
import type { ColumnPlan } from './map-rows.ts';
import type { RateLimitHold } from './rate-limit.ts';
import type { RequestRate } from './request-rate.ts';
import type { KnownSecrets } from './secrets.ts';

/** A partner as it is configured, with what the process knows of it, however it is asked. */
export interface AnyPartner {
  /** "duffel-leisure". */
  readonly name: string;
  /** What can be told of its rows without asking it. */
  readonly adapter: RowReader;
  /** The adapter's manifest; its digest covers this partner's configuration too. */
  readonly manifest: Manifest;
  readonly account: Account;
  /** Markets it sells in; empty for all. */
  readonly markets: readonly string[];
  /** Asked in searches. */
  readonly enabled: boolean;
  /** Time for one search with all its pages. */
  readonly timeoutMs: number;
  /** Share of searches in which it is asked, 0 to 1. */
  readonly trafficShare: number;
  readonly plan: ColumnPlan;
  /** Calls under way at once. */
  readonly limit: ConcurrencyLimit;
  /** What that is cut to at least where the partner takes longer than usual. */
  readonly concurrencyFloor: number;
  /** When it is suspended for its failures. */
  readonly suspension: SuspensionSettings;
  readonly hold: RateLimitHold;
  /** The requests that its account may send, as all replicas share them; undefined for any number. */
  readonly budget: PartnerBudget | undefined;
  /** What must not be told of it. */
  readonly secrets: KnownSecrets;
}

/** A partner that is asked over HTTP, by an adapter of this process. */
export interface ConfiguredPartner extends AnyPartner {
  /** Where its adapter lies. */
  readonly folder: string;
  readonly adapter: Adapter;
  /** Names of the account's credentials. */
  readonly credentials: readonly string[];
  /** Scheme, host and port of the endpoint. */
  readonly origin: string;
  /** Path of the endpoint, without trailing slash. */
  readonly basePath: string;
  readonly maxPages: number;
  readonly maxBodyBytes: number;
  /** Sends the trace's id along. Off for third parties: it is our business. */
  readonly sendTraceparent: boolean;
  /** How long a whole answer may be given again to the same question, ms; 0 for never. */
  readonly reuseMs: number;
  /** The same for an answer without offers, and for a question that the partner refuses. */
  readonly reuseEmptyMs: number;
  /** How long after that an answer may be given as stale while the partner is asked again, ms; 0 for never. */
  readonly staleMs: number;
  /** How long after that the last whole answer may stand in where the partner fails, ms; 0 for never. */
  readonly staleIfErrorMs: number;
  /** Searches that ask the same at the same time share one conversation. */
  readonly shareInFlight: boolean;
  /** How requests of its searches are sent a second time; absent for never. */
  readonly hedge?: HedgeSettings | undefined;
  /**
   * Stands for the account where replicas share what it was told: the same for the same partner, mapping, settings and
   * credentials. Says nothing of these.
   */
  readonly accountKey: () => string;
  /** When the next request may go out. */
  readonly rate: RequestRate;
}
