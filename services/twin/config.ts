import path from 'node:path';
import { configDirectory, type JSONSchema, loadYaml } from '../../libs/config/index.ts';
import { type Scenario, scenarioSchema } from './scenario.ts';

/** Wire formats that the twin speaks. */
export const formatNames = [
  'duffel',
  'travelport',
  'amadeus',
  'hotelbeds',
  'alpinebits',
  'ebay-browse',
  'google-merchant',
  'shopify-webhook',
  'uber',
  'karhoo',
] as const;

/** Where and when a seller calls the platform. */
export interface PushConfig {
  /** URL that takes the messages. */
  readonly target?: string;
  /** Account of the platform that takes them at its ingress, where no target is given; without either nothing is sent. */
  readonly account?: string;
  /** Seconds between one push of changes and the next; 0, the default, pushes only when told to. The first is a full one. */
  readonly intervalSeconds: number;
  /** How often a message is tried: 1 to 20. */
  readonly attempts: number;
  /** Wait before the second attempt; doubles with each, milliseconds. */
  readonly retryMs: number;
}

/** One pretend partner. */
export interface SellerConfig {
  /** Wire format, and with it what is sold. */
  readonly format: (typeof formatNames)[number];
  /** Part of what decides which products it sells, and under which codes and names. Default: the seller's name. */
  readonly salt?: string;
  /** Share of the world's products that it sells, 0 to 1. */
  readonly coverage: number;
  /** Share of low-cost carriers' itineraries, 0 to 1. Flights only. */
  readonly lowCostCoverage: number;
  /** Share of codeshared itineraries also sold under a partner's number, 0 to 1. Flights only. */
  readonly codeshareShare: number;
  /** Multiplies prices before tax, 0.5 to 2. */
  readonly margin: number;
  /** ISO 4217. */
  readonly currency: string;
  /** At most this many offers (flights) or hotels (stays) in an answer, 1 to 2,000. */
  readonly maxOffers: number;
  /** How long offers can be verified, seconds: 10 to 86,400. */
  readonly lifetimeSeconds: number;
  /** Compress answers where the client accepts gzip. */
  readonly compress: boolean;
  /** Secret of signatures, password of Basic authentication, client secret of OAuth. */
  readonly secret: string;
  /** User name of Basic authentication: feeds and AlpineBits. */
  readonly username?: string;
  /** How long access tokens last, seconds: 1 to 2,592,000. */
  readonly tokenSeconds: number;
  /** How long Karhoo's quotes take to be complete, seconds: 0 to 60. */
  readonly quoteSeconds: number;
  /** Length of a feed, goods pushed by a full synchronization: 1 to 20,000,000. */
  readonly items: number;
  /** Edition of the range to begin with. Goods and AlpineBits. */
  readonly edition: number;
  /** Seconds after which the range moves on by itself; 0 is never. */
  readonly editionSeconds: number;
  /** IATA codes of the cities whose hotels it pushes. AlpineBits. */
  readonly destinations: readonly string[];
  readonly push: PushConfig;
  readonly scenario: Scenario;
}

/** The whole twin. */
export interface TwinConfig {
  /** The world: the same number makes the same world. */
  readonly seed: number;
  /** Bytes of answers kept for repeated requests: 0 to 2^31. */
  readonly cacheBytes: number;
  /** Sellers by name; the name is the first part of their paths. */
  readonly sellers: Readonly<Record<string, SellerConfig>>;
}

const shareOf = (value: number): JSONSchema => ({ type: 'number', minimum: 0, maximum: 1, default: value });

/** JSON schema of twin.yaml. */
export const twinSchema: JSONSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['sellers'],
  properties: {
    seed: { type: 'integer', minimum: 0, maximum: 4_294_967_295, default: 20_260_101 },
    cacheBytes: { type: 'integer', minimum: 0, maximum: 2_147_483_648, default: 33_554_432 },
    sellers: {
      type: 'object',
      propertyNames: { pattern: '^[a-z][a-z0-9-]{0,62}$' },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['format', 'currency'],
        properties: {
          format: { enum: [...formatNames] },
          salt: { type: 'string' },
          coverage: shareOf(0.75),
          lowCostCoverage: shareOf(0.75),
          codeshareShare: shareOf(0),
          margin: { type: 'number', minimum: 0.5, maximum: 2, default: 1 },
          currency: { type: 'string', pattern: '^[A-Z]{3}$' },
          maxOffers: { type: 'integer', minimum: 1, maximum: 2000, default: 120 },
          lifetimeSeconds: { type: 'integer', minimum: 10, maximum: 86_400, default: 900 },
          compress: { type: 'boolean', default: false },
          secret: { type: 'string', minLength: 1, default: 'twin' },
          username: { type: 'string', minLength: 1 },
          tokenSeconds: { type: 'integer', minimum: 1, maximum: 2_592_000, default: 7200 },
          quoteSeconds: { type: 'number', minimum: 0, maximum: 60, default: 6 },
          items: { type: 'integer', minimum: 1, maximum: 20_000_000, default: 1000 },
          edition: { type: 'integer', minimum: 0, maximum: 1_000_000, default: 0 },
          editionSeconds: { type: 'integer', minimum: 0, maximum: 604_800, default: 0 },
          destinations: {
            type: 'array',
            minItems: 1,
            items: { type: 'string', pattern: '^[A-Z]{3}$' },
            default: ['INN'],
          },
          push: {
            type: 'object',
            additionalProperties: false,
            default: {},
            properties: {
              target: { type: 'string', pattern: '^https?://' },
              account: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,62}$' },
              intervalSeconds: { type: 'number', minimum: 0, maximum: 86_400, default: 0 },
              attempts: { type: 'integer', minimum: 1, maximum: 20, default: 8 },
              retryMs: { type: 'integer', minimum: 1, maximum: 600_000, default: 1000 },
            },
          },
          scenario: { ...scenarioSchema, default: {} },
        },
      },
    },
  },
};

/** The twin's configuration file in a directory; default: the configuration directory. */
export function configuredFile(directory: string = configDirectory()): string {
  return path.join(directory, 'twin.yaml');
}

/**
 * Reads the twin's configuration.
 *
 * @throws ConfigError with every problem
 */
export function loadTwinConfig(file: string = configuredFile()): TwinConfig {
  return loadYaml<TwinConfig>(file, twinSchema);
}
