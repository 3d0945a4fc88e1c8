import { type JSONSchema, type SecretReference, secretSchema } from '../../libs/config/index.ts';
import { type BreakerKind, breakerKinds, defaultSuspension, type SuspensionSettings } from './breakers.ts';
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
  readonly concurrencyFloor?: number;
  readonly breakers?: BreakersConfig;
  readonly hedge?: HedgeConfig;
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

/** How a partner is suspended for its failures, where not by default; by the kind of failure, false for not at all. */
export type BreakersConfig = Readonly<Partial<Record<BreakerKind, false | BreakerConfig>>>;

interface BreakerConfig {
  readonly windowSeconds?: number;
  readonly failures?: number;
  readonly share?: number;
  readonly pauseSeconds?: number;
  readonly longestPauseSeconds?: number;
}

/** How requests are sent a second time, where the adapter's manifest lets them be: false for not at all. */
export type HedgeConfig = boolean | { readonly factor?: number; readonly percent?: number };

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

const breakerSchema: JSONSchema = {
  description: 'when the partner is suspended for failures of one kind; false for never',
  anyOf: [
    { const: false },
    {
      type: 'object',
      additionalProperties: false,
      properties: {
        windowSeconds: {
          description: 'results that are so old do not count, 1 to 3600 s',
          type: 'number',
          minimum: 1,
          maximum: 3_600,
        },
        failures: { description: 'failures that it takes, 1 to 1000', type: 'integer', minimum: 1, maximum: 1_000 },
        share: {
          description: 'share of the results that have to be failures, above 0 to 1',
          type: 'number',
          exclusiveMinimum: 0,
          maximum: 1,
        },
        pauseSeconds: {
          description: 'until it is tried again, 0.1 to 600 s; doubles with each failed try',
          type: 'number',
          minimum: 0.1,
          maximum: 600,
        },
        longestPauseSeconds: {
          description: 'what that grows to, 0.1 to 3600 s',
          type: 'number',
          minimum: 0.1,
          maximum: 3_600,
        },
      },
    },
  ],
};

/** What any partner's file may say of how much it is asked when it is not well. */
export const tailProperties = {
  concurrencyFloor: {
    description:
      'what concurrency is cut to at least while the partner takes longer than usual, 1 to 1000; absent for a tenth of concurrency; ' +
      'the same as concurrency to leave it as it is',
    type: 'integer',
    minimum: 1,
    maximum: 1_000,
  },
  breakers: {
    description: 'when the partner is suspended for its failures, by kind, where not as by default',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(breakerKinds.map((kind) => [kind, breakerSchema])),
  },
} as const;

/** When a partner is suspended, by what its file says and by default. */
export function suspensionOf(config: BreakersConfig = {}): SuspensionSettings {
  const settings = breakerKinds.map((kind) => {
    const said = config[kind];
    if (said === false) return [kind, false] as const;
    const defaults = defaultSuspension[kind];
    const pauseMs = said?.pauseSeconds === undefined ? defaults.pauseMs : said.pauseSeconds * 1_000;
    const longest =
      said?.longestPauseSeconds === undefined ? defaults.longestPauseMs : said.longestPauseSeconds * 1_000;
    const one = {
      windowMs: said?.windowSeconds === undefined ? defaults.windowMs : said.windowSeconds * 1_000,
      failures: said?.failures ?? defaults.failures,
      share: said?.share ?? defaults.share,
      pauseMs,
      longestPauseMs: Math.max(pauseMs, longest),
    };
    return [kind, one] as const;
  });
  return Object.fromEntries(settings) as SuspensionSettings;
}

/** What concurrency is cut to at least. */
export function floorOf(concurrency: number, floor: number | undefined): number {
  return Math.min(concurrency, floor ?? Math.ceil(concurrency / 10));
}

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
    ...tailProperties,
    hedge: {
      description:
        "whether and when requests of searches are sent a second time, where the adapter's manifest lets them be: false for never",
      anyOf: [
        { type: 'boolean' },
        {
          type: 'object',
          additionalProperties: false,
          properties: {
            factor: {
              description: 'after so many times what 95 % of such requests take, 1 to 10; absent for 1.1',
              type: 'number',
              minimum: 1,
              maximum: 10,
            },
            percent: {
              description: 'second requests of a hundred at most, 0.1 to 5; absent for 5',
              type: 'number',
              minimum: 0.1,
              maximum: 5,
            },
          },
        },
      ],
    },
    requestsPerSecond,
    budget: budgetSchema,
    ...freshness,
    sendTraceparent: { description: 'send the trace id along', type: 'boolean', default: false },
    options: { description: 'what the adapter takes, see its README', type: 'object', default: {} },
  },
};
