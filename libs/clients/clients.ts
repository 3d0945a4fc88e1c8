import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  ConfigError,
  type ConfigProblem,
  type JSONSchema,
  loadYamlDocument,
  parseYaml,
  type YamlDocument,
} from '../config/index.ts';

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

/** Who asks, as the configuration knows them. Immutable; the same client is given the same objects again. */
export interface Clients {
  /** Every tier, by rank. */
  readonly tiers: readonly Tier[];
  /** Every completion that some client is given, each once. */
  readonly completions: readonly Completion[];
  /** The tier of a client; of one that is not configured, the default's. */
  tierOf(client: string): Tier;
  /** The completion of a client, else the default's; undefined where neither has one. */
  completionOf(client: string): Completion | undefined;
  /** Whether a client may see what others search for, as operators' tools do: searches, offers and clicks of everybody. */
  seesAll(client: string): boolean;
  /** Partners whose offers a client may see; undefined for all. */
  partnersOf(client: string): ReadonlySet<string> | undefined;
  /** What the file says, defaults filled in: two that are equal as JSON mean the same. */
  toJSON(): unknown;
}

interface ClientEntry {
  readonly tier?: string;
  readonly completion?: string;
  readonly sees?: 'own' | 'all';
  readonly partners?: readonly string[];
}

interface ClientsFile {
  readonly tiers: readonly string[];
  readonly default: ClientEntry & { readonly tier: string };
  readonly clients: Readonly<Record<string, ClientEntry>>;
}

const tierName = {
  type: 'string',
  pattern: '^[a-z0-9][a-z0-9-]{0,31}$',
  description: 'lower case letters, digits and hyphens, at most 32',
};
const completion = {
  type: 'string',
  minLength: 1,
  maxLength: 4_000,
  description: 'a CEL condition; a search is complete once it holds',
};
const sees = { enum: ['own', 'all'], description: 'whose searches, offers and clicks it sees: its own, or all' };
const partners = {
  type: 'array',
  minItems: 1,
  maxItems: 1_000,
  uniqueItems: true,
  items: { type: 'string', pattern: '^[a-z][a-z0-9-]*$', description: 'the name of a partner, as its file is named' },
  description: 'the partners whose offers it may see; left out for all',
};

const schema: JSONSchema = {
  type: 'object',
  additionalProperties: false,
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
      properties: { tier: { ...tierName, default: 'standard' }, completion, sees, partners },
    },
    clients: {
      type: 'object',
      default: {},
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: { tier: tierName, completion, sees, partners },
      },
    },
  },
};

/**
 * Reads `clients.yaml` of a configuration directory. Without the file every client is of the tier "standard", the middle
 * one of three.
 *
 * @throws ConfigError with file, line and column of everything that is wrong
 */
export function loadClients(directory: string): Clients {
  const file = path.join(directory, 'clients.yaml');
  return clientsOf(
    existsSync(file) ? loadYamlDocument<ClientsFile>(file, schema) : parseYaml<ClientsFile>('{}', file, schema),
  );
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
  const problems = misnamed(document);
  if (problems.length > 0) throw new ConfigError(problems);

  const last = Math.max(1, value.tiers.length - 1);
  const tiers = value.tiers.map((name, rank): Tier => ({ name, rank, share: 1 - (0.5 * rank) / last }));
  const byName = new Map(tiers.map((tier) => [tier.name, tier]));
  const known = (name: string): Tier => byName.get(name) as Tier;
  const fallback = {
    tier: known(value.default.tier),
    completion: completionAt(document, ['default'], value.default),
    seesAll: value.default.sees === 'all',
    partners: setOf(value.default.partners),
  };
  const completions = fallback.completion === undefined ? [] : [fallback.completion];
  const clients = new Map<string, typeof fallback>();
  for (const [name, entry] of Object.entries(value.clients)) {
    const own = completionAt(document, ['clients', name], entry);
    if (own !== undefined) completions.push(own);
    const tier = entry.tier === undefined ? fallback.tier : known(entry.tier);
    clients.set(name, {
      tier,
      completion: own ?? fallback.completion,
      seesAll: entry.sees === undefined ? fallback.seesAll : entry.sees === 'all',
      partners: setOf(entry.partners) ?? fallback.partners,
    });
  }
  return {
    tiers,
    completions,
    tierOf: (client) => (clients.get(client) ?? fallback).tier,
    completionOf: (client) => (clients.get(client) ?? fallback).completion,
    seesAll: (client) => (clients.get(client) ?? fallback).seesAll,
    partnersOf: (client) => (clients.get(client) ?? fallback).partners,
    toJSON: () => value,
  };
}

function setOf(names: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return names && new Set(names);
}

function misnamed(document: YamlDocument<ClientsFile>): ConfigProblem[] {
  const { tiers, clients, default: fallback } = document.value;
  const problems: ConfigProblem[] = [];
  for (const [index, name] of tiers.entries()) {
    if (tiers.indexOf(name) === index) continue;
    problems.push(document.problem(['tiers', index], `the tier "${name}" stands above; each is listed once`));
  }
  const listed = (tier: string): string => `no tier "${tier}"; there are ${tiers.join(', ')}`;
  if (!tiers.includes(fallback.tier)) {
    problems.push(document.problem(['default', 'tier'], `${listed(fallback.tier)}; state default.tier`));
  }
  for (const [name, { tier }] of Object.entries(clients)) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
      const reason = `"${name}" is no name of a client: letters, digits, dots, hyphens and underscores, at most 64`;
      problems.push(document.problem(['clients', name], reason));
    }
    if (tier !== undefined && !tiers.includes(tier)) {
      problems.push(document.problem(['clients', name, 'tier'], listed(tier)));
    }
  }
  return problems;
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
