// What clients.yaml may say.
import type { JSONSchema } from '../config/index.ts';
import { permissionNames } from './identity.ts';
import { keyIdPattern } from './keys.ts';

/** What the file says of a client; what it leaves out is the default's. */
export interface ClientEntry {
  readonly tier?: string;
  readonly completion?: string;
  readonly permissions?: 'all' | readonly string[];
  readonly markets?: 'all' | readonly string[];
  readonly partners?: 'all' | readonly string[];
  readonly views?: 'all' | readonly string[];
  readonly budget?: 'unlimited' | { readonly capacity: number; readonly refill_per_second: number };
  readonly streams?: 'unlimited' | number;
  readonly origins?: readonly string[];
  readonly sees?: 'own' | 'all';
  readonly persisted_only?: boolean;
}

/** A client by name; keys are a client's own. */
export interface NamedEntry extends ClientEntry {
  readonly keys?: readonly KeyEntry[];
}

/** A key, by its hash. */
export interface KeyEntry {
  readonly id: string;
  readonly hash: string;
  readonly created?: string;
  readonly expires?: string;
}

/** Who issues tokens. */
export interface IssuerEntry {
  readonly issuer: string;
  readonly audience: string | readonly string[];
  readonly jwks_url: string;
  readonly algorithms: readonly string[];
  readonly client_claim: string;
  readonly scopes?: Readonly<Record<string, readonly string[]>>;
  readonly clients?: readonly string[];
}

/** The file, with its defaults. */
export interface ClientsFile {
  readonly tiers: readonly string[];
  readonly default: ClientEntry & { readonly tier: string };
  readonly clients: Readonly<Record<string, NamedEntry>>;
  readonly issuers: readonly IssuerEntry[];
}

const tierName = {
  type: 'string',
  pattern: '^[a-z0-9][a-z0-9-]{0,31}$',
  description: 'lower case letters, digits and hyphens, at most 32',
};

/** "all", or a list. */
function allOr(items: JSONSchema, description: string, most: number): JSONSchema {
  return {
    description: `"all", or a list of ${description}`,
    anyOf: [
      { type: 'string', const: 'all', description: `or a list of ${description}` },
      { type: 'array', maxItems: most, uniqueItems: true, description: `a list of ${description}`, items },
    ],
  };
}

/** "unlimited", or something else. */
function unlimitedOr(schema: JSONSchema): JSONSchema {
  return {
    description: `"unlimited", or ${schema.description}`,
    anyOf: [{ type: 'string', const: 'unlimited', description: `or ${schema.description}` }, schema],
  };
}

const permission = { type: 'string', enum: [...permissionNames.keys()], description: 'a permission' };

const entry = {
  tier: tierName,
  completion: {
    type: 'string',
    minLength: 1,
    maxLength: 4_000,
    description: 'a CEL condition; a search is complete once it holds',
  },
  permissions: allOr(permission, 'permissions', 32),
  markets: allOr(
    { type: 'string', pattern: '^[A-Z]{2}$', description: 'a market: a country as ISO 3166-1 alpha-2' },
    'markets',
    300,
  ),
  partners: allOr(
    { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,63}$', description: 'the name of a partner' },
    'partners',
    1_000,
  ),
  views: allOr(
    { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,63}$', description: 'the name of a view' },
    'views',
    1_000,
  ),
  budget: unlimitedOr({
    type: 'object',
    additionalProperties: false,
    description: 'points, {capacity, refill_per_second}',
    required: ['capacity', 'refill_per_second'],
    properties: {
      capacity: { type: 'number', minimum: 1, maximum: 1e9, description: 'points at most, and at first; from 1' },
      refill_per_second: {
        type: 'number',
        minimum: 0.001,
        maximum: 1e6,
        description: 'points that come back a second; from 0.001',
      },
    },
  }),
  streams: unlimitedOr({
    type: 'integer',
    minimum: 0,
    maximum: 1_000_000,
    description: 'streams that may be open at once',
  }),
  origins: {
    type: 'array',
    maxItems: 100,
    uniqueItems: true,
    description: 'a list of origins of pages',
    items: {
      type: 'string',
      pattern: '^(\\*|https?://([a-z0-9-]+(\\.[a-z0-9-]+)*|\\[[0-9a-f:]+\\])(:\\d{1,5})?)$',
      description: 'the origin of pages without a path, such as https://shop.example, or "*" for any',
    },
  },
  sees: {
    type: 'string',
    enum: ['own', 'all'],
    description: 'whose searches it sees: its own, or those of all clients',
  },
  persisted_only: {
    type: 'boolean',
    description: 'true where it may send registered GraphQL operations alone',
  },
};

/** Secret here would be a key that somebody wrote instead of its hash: it must not end up in a log. */
const key = {
  type: 'object',
  writeOnly: true,
  additionalProperties: false,
  description: 'a key as "entrepot client key" prints it, {id, hash, created, expires}; never the key itself',
  required: ['id', 'hash'],
  properties: {
    id: {
      type: 'string',
      writeOnly: true,
      pattern: keyIdPattern,
      description: 'the name of a key: lower case letters, digits and hyphens, at most 32',
    },
    hash: {
      type: 'string',
      writeOnly: true,
      pattern: '^sha256:[0-9a-f]{64}$',
      description: '"sha256:" and 64 hexadecimal digits, as "entrepot client key" prints it; never the key itself',
    },
    created: { $ref: '#/$defs/day' },
    expires: { $ref: '#/$defs/day' },
  },
};

/** Signatures that whoever verifies them cannot make: a shared secret (HS256) would let every reader of it issue tokens. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

const issuer = {
  type: 'object',
  additionalProperties: false,
  description: 'who issues tokens, {issuer, audience, jwks_url}',
  required: ['issuer', 'audience', 'jwks_url'],
  properties: {
    issuer: { type: 'string', minLength: 1, maxLength: 500, description: 'what tokens say in "iss"' },
    audience: {
      description: 'what tokens say in "aud": a text, or a list of which one is enough',
      anyOf: [
        { type: 'string', minLength: 1, maxLength: 500 },
        { type: 'array', minItems: 1, maxItems: 20, items: { type: 'string', minLength: 1, maxLength: 500 } },
      ],
    },
    jwks_url: { type: 'string', format: 'uri', maxLength: 2_000, description: 'where its public keys are: a URL' },
    algorithms: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      default: ['RS256', 'ES256', 'EdDSA'],
      description: 'a list of signature algorithms',
      items: { type: 'string', enum: algorithms, description: 'a signature with a public key' },
    },
    client_claim: {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      default: 'client_id',
      description: 'the claim with the name of the client, such as client_id, azp or sub',
    },
    scopes: {
      type: 'object',
      description: 'permissions by scope',
      additionalProperties: { type: 'array', maxItems: 32, uniqueItems: true, items: permission },
    },
    clients: {
      type: 'array',
      minItems: 1,
      maxItems: 10_000,
      uniqueItems: true,
      description: 'a list of the clients that it may speak for',
      items: { type: 'string' },
    },
  },
};

/** The schema of clients.yaml. */
export const clientsSchema: JSONSchema = {
  type: 'object',
  additionalProperties: false,
  $defs: {
    day: {
      type: 'string',
      pattern: '^\\d{4}-\\d\\d-\\d\\d(T\\d\\d:\\d\\d(:\\d\\d)?Z)?$',
      description: 'a day such as 2027-02-24, which begins at 00:00 UTC, or an instant such as 2027-02-24T09:00Z',
    },
  },
  properties: {
    tiers: {
      type: 'array',
      minItems: 1,
      maxItems: 8,
      default: ['premium', 'standard', 'batch'],
      description: '1 to 8 tiers, from the last to be shed to the first',
      items: tierName,
    },
    default: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: { ...entry, tier: { ...tierName, default: 'standard' } },
    },
    clients: {
      type: 'object',
      default: {},
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          ...entry,
          keys: { type: 'array', writeOnly: true, maxItems: 100, description: 'a list of keys', items: key },
        },
      },
    },
    issuers: {
      type: 'array',
      default: [],
      maxItems: 20,
      description: 'a list of who issues tokens',
      items: issuer,
    },
  },
};
