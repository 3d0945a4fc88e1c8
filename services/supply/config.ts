import { type JSONSchema, type SecretReference, secretSchema } from '../../libs/config/index.ts';
import { type BudgetConfig, budgetSchema } from './budget/config.ts';

/** A partner's configuration file, `<config>/partners/<name>.yaml`. */
export interface PartnerConfig {
  readonly adapter: string;
  readonly endpoint: string;
  readonly credentials: Readonly<Record<string, SecretReference>>;
  readonly markets: readonly string[];
  readonly enabled: boolean;
  readonly timeoutMs?: number;
  readonly maxPages?: number;
  readonly maxBodyBytes?: number;
  readonly concurrency?: number;
  readonly lifetimeSeconds?: number;
  readonly requestsPerSecond?: number;
  readonly budget?: BudgetConfig;
  readonly reuseSeconds?: number;
  readonly reuseEmptySeconds?: number;
  readonly staleSeconds?: number;
  readonly staleIfErrorSeconds?: number;
  readonly shareInFlight?: boolean;
  readonly sendTraceparent: boolean;
  /** Share of searches in which it is asked, 0 to 1. */
  readonly trafficShare: number;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What an account or a manifest may limit. */
export const limits = {
  timeoutMs: {
    description: 'time for one search with all its pages, 100 to 60000 ms',
    type: 'integer',
    minimum: 100,
    maximum: 60_000,
  },
  maxPages: { description: 'pages read at most, 1 to 50', type: 'integer', minimum: 1, maximum: 50 },
  maxBodyBytes: {
    description: 'largest body, decompressed, 1024 to 67108864 bytes',
    type: 'integer',
    minimum: 1_024,
    maximum: 67_108_864,
  },
  concurrency: { description: 'calls under way at once, 1 to 1000', type: 'integer', minimum: 1, maximum: 1_000 },
  lifetimeSeconds: {
    description: 'how long a row without a lifetime of its own is stood by, 10 to 86400 s',
    type: 'integer',
    minimum: 10,
    maximum: 86_400,
  },
} as const;

/** Requests a second: not every account is limited by it. */
export const requestsPerSecond: JSONSchema = {
  description: 'requests a second that the partner allows, 0.01 to 10000; absent for no limit by time',
  type: 'number',
  minimum: 0.01,
  maximum: 10_000,
};

/** How an answer may serve further searches. */
export const freshness = {
  reuseSeconds: {
    description:
      'how long a whole answer may be given again to the same question, 0 to 86400 s from when it came, less up to a tenth so that not ' +
      'all end at once; at most until one of its offers has a minute left, or half of its life where that is less; absent or 0 for never',
    type: 'integer',
    minimum: 0,
    maximum: 86_400,
  },
  reuseEmptySeconds: {
    description:
      'the same for an answer without offers, and for a question that the partner refuses as wrong: at most reuseSeconds; absent or 0 ' +
      'for never',
    type: 'integer',
    minimum: 0,
    maximum: 86_400,
  },
  staleSeconds: {
    description:
      'how long after reuseSeconds an answer with offers may still be given, marked as stale, while the partner is asked again for those ' +
      'who come next, 0 to 86400 s; never for longer than its offers last, as with reuseSeconds; absent or 0 for never',
    type: 'integer',
    minimum: 0,
    maximum: 86_400,
  },
  staleIfErrorSeconds: {
    description:
      'how long after reuseSeconds the last whole answer may stand in, marked as stale, where the partner fails, does not answer in time ' +
      'or limits the rate, 0 to 86400 s; never for longer than its offers last, as with reuseSeconds; absent or 0 for never',
    type: 'integer',
    minimum: 0,
    maximum: 86_400,
  },
  shareInFlight: {
    description:
      'searches that ask the same at the same time share one conversation with the partner; absent for true; false where an answer is ' +
      'good for one shopper alone',
    type: 'boolean',
  },
} as const;

const market = '^[A-Z]{2}$';

/** What any partner's file may say, however it is asked. */
export const partnerProperties = {
  markets: {
    description: 'markets it sells in, ISO 3166-1 alpha-2 in capitals; empty for all',
    type: 'array',
    items: { type: 'string', pattern: market },
    default: [],
  },
  enabled: { description: 'asked in searches', type: 'boolean', default: true },
  trafficShare: {
    description:
      "share of searches in which it is asked, 0 to 1; the grade of the adapter's certificate is its ceiling",
    type: 'number',
    minimum: 0,
    maximum: 1,
    default: 1,
  },
} as const;

/** JSON schema of {@link PartnerConfig}. */
export const partnerSchema: JSONSchema = {
  type: 'object',
  required: ['adapter', 'endpoint'],
  additionalProperties: false,
  properties: {
    adapter: {
      description: 'the adapter that speaks the format: the name of its folder',
      type: 'string',
      pattern: '^[a-z][a-z0-9-]*$',
    },
    endpoint: {
      description: 'base URL of the partner, "https://api.example.com/v1"',
      type: 'string',
      format: 'uri',
      pattern: '^https?://',
    },
    credentials: {
      description: 'credentials by the names that the adapter asks for',
      type: 'object',
      additionalProperties: secretSchema,
      default: {},
    },
    ...partnerProperties,
    ...limits,
    requestsPerSecond,
    budget: budgetSchema,
    ...freshness,
    sendTraceparent: { description: 'send the trace id along', type: 'boolean', default: false },
    options: { description: 'what the adapter takes, see its README', type: 'object', default: {} },
  },
};
