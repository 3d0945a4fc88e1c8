import path from 'node:path';
import { checkClients, loadClients } from '../../libs/clients/index.ts';
import {
  ConfigError,
  type ConfigProblem,
  dataDirectory,
  type JSONSchema,
  loadYamlDocument,
} from '../../libs/config/index.ts';
import { loadAccuracyConfig } from './accuracy/config.ts';
import { compilePolicies } from './policies.ts';
import { loadRankings } from './ranking-file.ts';

/** How searches run and how long they are held. What each value means stands in deploy/config/query.yaml. */
export interface QueryConfig {
  readonly deadlineMs: number;
  readonly supplyMarginMs: number;
  readonly completionMarginMs: number;
  readonly lateMs: number;
  readonly partnerTime: { readonly factor: number; readonly leastMs: number };
  readonly minUpdateIntervalMs: number;
  readonly resumeGraceMs: number;
  readonly takeOverMs: number;
  readonly makeTimeoutMs: number;
  readonly actionTimeoutMs: number;
  readonly priceOutliers: { readonly leastOthers: number };
  /** Of which searches pricing samples are kept; none where the share is 0. The directory is absolute. */
  readonly pricingSamples: { readonly directory: string; readonly megabytes: number; readonly share: number };
  readonly hold: {
    readonly minutes: number;
    readonly searches: number;
    readonly megabytes: number;
    readonly orders: number;
    readonly offers: number;
  };
}

function integer(description: string, minimum: number, maximum: number, value: number): JSONSchema {
  return { type: 'integer', minimum, maximum, default: value, description: `${description}; ${minimum} to ${maximum}` };
}

const querySchema: JSONSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    deadlineMs: integer('milliseconds for a search without a deadline', 500, 60_000, 8_000),
    supplyMarginMs: integer("milliseconds before the deadline at which supply's time is over", 0, 5_000, 150),
    completionMarginMs: integer('milliseconds before the deadline at which a search completes', 0, 5_000, 60),
    lateMs: integer('milliseconds that a complete search goes on for late partners', 0, 60_000, 10_000),
    partnerTime: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        factor: {
          type: 'number',
          minimum: 1,
          maximum: 20,
          default: 3,
          description: 'times what it nearly always takes; 1 to 20',
        },
        leastMs: integer('milliseconds that every partner is given', 50, 60_000, 1_000),
      },
    },
    minUpdateIntervalMs: integer('milliseconds between two updates', 0, 5_000, 40),
    resumeGraceMs: integer('milliseconds that a search goes on without listeners', 0, 60_000, 5_000),
    takeOverMs: integer('milliseconds after which a silent replica counts as dead', 300, 60_000, 3_000),
    makeTimeoutMs: integer('milliseconds for making the offers of a page', 50, 30_000, 2_000),
    actionTimeoutMs: integer('milliseconds for verifying or handing off an offer', 500, 60_000, 10_000),
    priceOutliers: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        leastOthers: integer(
          'other partners that must agree that a price is a mistake, 0 for no such judgement',
          0,
          20,
          2,
        ),
      },
    },
    pricingSamples: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        directory: {
          type: 'string',
          minLength: 1,
          default: 'pricing-samples',
          description: 'where samples are kept: a path, from the data directory on where it is not absolute',
        },
        megabytes: integer('megabytes of samples', 1, 65_536, 64),
        share: {
          type: 'number',
          minimum: 0,
          maximum: 1,
          default: 0,
          description: 'share of searches of which a sample is kept; 0 to 1, 0 for none',
        },
      },
    },
    hold: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        minutes: { type: 'number', minimum: 1, maximum: 240, default: 15, description: 'minutes after the last use' },
        searches: integer('held searches', 1, 1_000_000, 2_000),
        megabytes: integer('megabytes of held searches', 1, 65_536, 256),
        orders: integer('page orders kept for each search', 1, 256, 16),
        offers: integer('whole offers kept for each search', 20, 2_000, 60),
      },
    },
  },
};

/**
 * Reads `query.yaml` of a configuration directory.
 * @throws ConfigError with file, line and column of everything that is wrong
 */
export function loadQueryConfig(directory: string): QueryConfig {
  const document = loadYamlDocument<QueryConfig>(path.join(directory, 'query.yaml'), querySchema);
  const { value } = document;
  if (value.completionMarginMs > value.supplyMarginMs) {
    const reason = `${value.completionMarginMs} is more than supplyMarginMs (${value.supplyMarginMs}); a search would complete before supply could report`;
    throw new ConfigError([document.problem(['completionMarginMs'], reason)]);
  }
  const { pricingSamples } = value;
  const samples = { ...pricingSamples, directory: path.resolve(dataDirectory(), pricingSamples.directory) };
  return { ...value, pricingSamples: samples };
}

/**
 * Everything that is wrong with query's configuration; empty when it can be used. For `entrepot check`.
 * @param directory holds `query.yaml`, `ranking.yaml` and, where there are such, `accuracy.yaml` and `clients.yaml`
 */
export function checkQueryConfig(directory: string): readonly ConfigProblem[] {
  const own = [loadQueryConfig, loadAccuracyConfig, loadRankings].flatMap((load) => problemsOf(() => load(directory)));
  const clients = checkClients(directory);
  return [...own, ...(clients.length > 0 ? clients : problemsOf(() => compilePolicies(loadClients(directory))))];
}

function problemsOf(read: () => unknown): readonly ConfigProblem[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
