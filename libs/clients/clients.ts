import { existsSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, type ConfigProblem, loadYamlDocument, parseYaml, type YamlDocument } from '../config/index.ts';
import type { Permission } from '../contracts/gen/entrepot/type/v1/public.ts';
import { clientsProblems, instantOf, unknownPartners } from './check.ts';
import {
  type ClientEntry,
  type ClientsFile,
  type IssuerEntry,
  type NamedEntry,
  clientsSchema as schema,
} from './file.ts';
import { everyPermission, type Identity, permissionNames } from './identity.ts';
import type { ClientKey } from './keys.ts';

/** How much a client's calls matter when not all can be taken. */
export interface Tier {
  readonly name: string;
  /** 0 is shed last; the highest rank is shed first. */
  readonly rank: number;
  /** The part of what a server can take that the tier may use: 1 for the first, 0.5 for the last, evenly spread between. */
  readonly share: number;
}

/** When a client's searches need not wait any longer: a CEL condition as it is written, with its place. */
export interface Completion {
  readonly source: string;
  readonly file: string;
  /** 1-based place of the text in the file. */
  readonly line: number;
  readonly column: number;
  /**
   * A problem of the condition for a ConfigError; `within` is a 1-based line and column inside the source, such as the place
   * of an error in the expression.
   */
  problem(reason: string, within?: { line: number; column: number }): ConfigProblem;
}

/** Who issues tokens (JWTs) for clients. */
export interface Issuer {
  /** What its tokens say in "iss". */
  readonly issuer: string;
  /** One of these has to be in "aud". */
  readonly audience: readonly string[];
  /** Where its public keys are. */
  readonly jwksUrl: string;
  /** Signature algorithms that are accepted, as JOSE names them: "ES256". */
  readonly algorithms: readonly string[];
  /** The claim with the name of the client. */
  readonly clientClaim: string;
  /** What each scope permits. A token is permitted what its client is and its scopes are; undefined: what its client is. */
  readonly scopes: ReadonlyMap<string, ReadonlySet<Permission>> | undefined;
  /** Clients that it may speak for; undefined for all that are named. */
  readonly clients: ReadonlySet<string> | undefined;
}

/** Who asks, as the configuration knows them. Immutable; the same client is given the same objects again. */
export interface Clients {
  /** Every tier, by rank. */
  readonly tiers: readonly Tier[];
  /** Every completion that some client is given, each once. */
  readonly completions: readonly Completion[];
  /** The clients that have a name in the file, in its order. */
  readonly names: readonly string[];
  /** Every key of every client, those that have expired included. */
  readonly keys: readonly ClientKey[];
  /** Who issues tokens. */
  readonly issuers: readonly Issuer[];
  /** Origins of pages that some client lists; "*" among them where one lists it. */
  readonly origins: ReadonlySet<string>;
  /** Whether a client has a name in the file. */
  has(client: string): boolean;
  /** The tier of a client; of one that is not configured, the default's. */
  tierOf(client: string): Tier;
  /** The completion of a client, else the default's; undefined where neither has one. */
  completionOf(client: string): Completion | undefined;
  /** What a client may do, see and spend; of one that is not named, what the default may. */
  identityOf(client: string): Identity;
  /** Whether a client sees the searches of other clients, not its own alone. */
  seesAll(client: string): boolean;
  /** Partners whose offers a client may see; undefined for all. */
  partnersOf(client: string): ReadonlySet<string> | undefined;
  /** A problem for each partner that a client is given and that there is not, for who knows the partners. */
  unknownPartners(known: ReadonlySet<string>): readonly ConfigProblem[];
  /** What the file says, defaults filled in: two that are equal as JSON mean the same. */
  toJSON(): unknown;
}

/**
 * Reads `clients.yaml` of a configuration directory. Without the file every client is of the tier "standard", the middle
 * one of three.
 *
 * @throws ConfigError with file, line and column of everything that is wrong
 */
export function loadClients(directory: string): Clients {
  const file = path.join(directory, 'clients.yaml');
  return existsSync(file) ? clientsOf(loadYamlDocument<ClientsFile>(file, schema)) : unnamedClients();
}

/** What holds where there is no file: nobody has a name. */
export function unnamedClients(): Clients {
  return clientsOf(parseYaml<ClientsFile>('{}', 'clients.yaml', schema));
}

/**
 * Everything that is wrong with `clients.yaml`; empty when it can be used, or is not there. For `entrepot check`.
 * @param directory the configuration directory
 */
export function checkClients(directory: string): readonly ConfigProblem[] {
  try {
    loadClients(directory);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function clientsOf(document: YamlDocument<ClientsFile>): Clients {
  const { value } = document;
  const problems = clientsProblems(document);
  if (problems.length > 0) throw new ConfigError(problems);

  const last = Math.max(1, value.tiers.length - 1);
  const tiers = value.tiers.map((name, rank): Tier => ({ name, rank, share: 1 - (0.5 * rank) / last }));
  const byName = new Map(tiers.map((tier) => [tier.name, tier]));
  const completions: Completion[] = [];
  const read = (name: string, steps: readonly string[], own: ClientEntry, parent?: Client): Client => {
    const completion = completionAt(document, steps, own);
    if (completion !== undefined) completions.push(completion);
    const entry = { ...value.default, ...own };
    return {
      tier: byName.get(entry.tier) as Tier,
      completion: completion ?? parent?.completion,
      identity: identityOf(name, entry),
      seesAll: entry.sees === 'all',
    };
  };
  const unnamed = read('', ['default'], value.default);
  const clients = new Map(
    Object.entries(value.clients).map(([name, entry]) => [name, read(name, ['clients', name], entry, unnamed)]),
  );
  const of = (client: string): Client => clients.get(client) ?? unnamed;
  const keys = Object.entries(value.clients).flatMap(([client, entry]) => keysOf(client, entry));
  return {
    tiers,
    completions,
    names: [...clients.keys()],
    keys,
    issuers: value.issuers.map(issuerOf),
    origins: new Set([unnamed, ...clients.values()].flatMap(({ identity }) => identity.origins)),
    has: (client) => clients.has(client),
    tierOf: (client) => of(client).tier,
    completionOf: (client) => of(client).completion,
    identityOf: (client) => clients.get(client)?.identity ?? { ...unnamed.identity, client },
    seesAll: (client) => of(client).seesAll,
    partnersOf: (client) => of(client).identity.partners,
    unknownPartners: (known) => unknownPartners(document, known),
    toJSON: () => value,
  };
}

/** A client, with the default's in place of what it leaves out. */
interface Client {
  readonly tier: Tier;
  readonly completion: Completion | undefined;
  readonly identity: Identity;
  readonly seesAll: boolean;
}

function identityOf(client: string, entry: ClientEntry): Identity {
  const { permissions = ['SEARCH'], budget, streams } = entry;
  return {
    client,
    permissions: permissions === 'all' ? everyPermission : permissionsOf(permissions),
    markets: listed(entry.markets),
    partners: listed(entry.partners),
    views: listed(entry.views),
    budget:
      budget === undefined || budget === 'unlimited'
        ? undefined
        : { capacity: budget.capacity, refillPerSecond: budget.refill_per_second },
    streams: streams === 'unlimited' ? undefined : streams,
    origins: entry.origins ?? [],
    ...(entry.persisted_only === true && { persistedOnly: true }),
    development: false,
  };
}

function listed(names: 'all' | readonly string[] | undefined): ReadonlySet<string> | undefined {
  return names === undefined || names === 'all' ? undefined : new Set(names);
}

function permissionsOf(names: readonly string[]): ReadonlySet<Permission> {
  return new Set(names.map((name) => permissionNames.get(name) as Permission));
}

function keysOf(client: string, { keys = [] }: NamedEntry): ClientKey[] {
  return keys.map(({ id, hash, created, expires }) => ({
    id,
    client,
    hash,
    created,
    expiresAt: expires === undefined ? undefined : instantOf(expires),
  }));
}

function issuerOf(entry: IssuerEntry): Issuer {
  return {
    issuer: entry.issuer,
    audience: typeof entry.audience === 'string' ? [entry.audience] : entry.audience,
    jwksUrl: entry.jwks_url,
    algorithms: entry.algorithms,
    clientClaim: entry.client_claim,
    scopes:
      entry.scopes === undefined
        ? undefined
        : new Map(Object.entries(entry.scopes).map(([scope, names]) => [scope, permissionsOf(names)])),
    clients: entry.clients === undefined ? undefined : new Set(entry.clients),
  };
}

function completionAt(
  document: YamlDocument<ClientsFile>,
  entry: readonly string[],
  { completion: source }: ClientEntry,
): Completion | undefined {
  if (source === undefined) return undefined;
  const problem: Completion['problem'] = (reason, within) => document.problem([...entry, 'completion'], reason, within);
  const { file, line, column } = problem('');
  return { source, file, line, column, problem };
}
