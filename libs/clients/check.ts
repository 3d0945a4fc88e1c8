// What is wrong with clients.yaml beyond its shape.
import type { ConfigProblem, YamlDocument } from '../config/index.ts';
import type { ClientsFile, IssuerEntry, KeyEntry } from './file.ts';
import { isLoopback } from './loopback.ts';

/** Every problem of a file whose shape is right. */
export function clientsProblems(document: YamlDocument<ClientsFile>): ConfigProblem[] {
  return [...tierProblems(document), ...clientProblems(document), ...issuerProblems(document)];
}

function tierProblems(document: YamlDocument<ClientsFile>): ConfigProblem[] {
  const { tiers, default: fallback } = document.value;
  const problems: ConfigProblem[] = [];
  for (const [index, name] of tiers.entries()) {
    if (tiers.indexOf(name) === index) continue;
    problems.push(document.problem(['tiers', index], `the tier "${name}" stands above; each is listed once`));
  }
  if (!tiers.includes(fallback.tier)) {
    problems.push(
      document.problem(['default', 'tier'], `${noTier(fallback.tier, document.value)}; state default.tier`),
    );
  }
  return problems;
}

function clientProblems(document: YamlDocument<ClientsFile>): ConfigProblem[] {
  const { tiers, clients } = document.value;
  const problems: ConfigProblem[] = [];
  const owners = new Map<string, string>();
  for (const [name, { tier, keys = [] }] of Object.entries(clients)) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
      const reason = `"${name}" is no name of a client: letters, digits, dots, hyphens and underscores, at most 64`;
      problems.push(document.problem(['clients', name], reason));
    }
    if (tier !== undefined && !tiers.includes(tier)) {
      problems.push(document.problem(['clients', name, 'tier'], noTier(tier, document.value)));
    }
    for (const [index, key] of keys.entries()) {
      const steps = ['clients', name, 'keys', index];
      const same = keys.findIndex(({ id }) => id === key.id);
      if (same !== index) problems.push(document.problem([...steps, 'id'], `the key "${key.id}" stands above`));
      const owner = owners.get(key.hash);
      if (owner !== undefined) {
        problems.push(document.problem([...steps, 'hash'], `the same key is one of "${owner}"; each is one client's`));
      }
      owners.set(key.hash, owner ?? name);
      for (const day of ['created', 'expires'] as const) {
        if (Number.isNaN(instantOf(key[day] ?? '2000-01-01'))) {
          problems.push(document.problem([...steps, day], `${key[day]} is no day`));
        }
      }
    }
  }
  return problems;
}

/** A problem for each partner that a client, or the default, is given and that is none of the known ones. */
export function unknownPartners(document: YamlDocument<ClientsFile>, known: ReadonlySet<string>): ConfigProblem[] {
  const { default: fallback, clients } = document.value;
  const entries = [
    { steps: ['default'], entry: fallback },
    ...Object.entries(clients).map(([name, entry]) => ({ steps: ['clients', name], entry })),
  ];
  return entries.flatMap(({ steps, entry: { partners = 'all' } }) => {
    if (partners === 'all') return [];
    return partners.flatMap((partner, index) => {
      if (known.has(partner)) return [];
      const there = known.size === 0 ? 'there is none' : `there are ${[...known].join(', ')}`;
      return document.problem([...steps, 'partners', index], `no partner "${partner}"; ${there}`);
    });
  });
}

function issuerProblems(document: YamlDocument<ClientsFile>): ConfigProblem[] {
  const { clients, issuers } = document.value;
  const problems: ConfigProblem[] = [];
  for (const [index, entry] of issuers.entries()) {
    const at = (...steps: (string | number)[]) => ['issuers', index, ...steps];
    if (issuers.findIndex(({ issuer }) => issuer === entry.issuer) !== index) {
      problems.push(document.problem(at('issuer'), `the issuer "${entry.issuer}" stands above`));
    }
    const url = urlProblem(entry);
    if (url !== undefined) problems.push(document.problem(at('jwks_url'), url));
    for (const [position, name] of (entry.clients ?? []).entries()) {
      if (Object.hasOwn(clients, name)) continue;
      problems.push(document.problem(at('clients', position), `no client "${name}" stands under "clients"`));
    }
  }
  return problems;
}

/** Whoever can change the keys on their way here can be every client. */
function urlProblem({ jwks_url: text }: IssuerEntry): string | undefined {
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return 'public keys need no password; leave it out of the URL';
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) return undefined;
  return 'expected https: (http: on this machine alone), for who can change the keys on their way can be every client';
}

/** When a day of the file begins, or its instant, in epoch ms; NaN for one that does not exist. */
export function instantOf(text: NonNullable<KeyEntry['expires']>): number {
  const day = text.slice(0, 10);
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // Some engines take 30 February for 2 March.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return Number.NaN;
  return Date.parse(text);
}

function noTier(tier: string, { tiers }: ClientsFile): string {
  return `no tier "${tier}"; there are ${tiers.join(', ')}`;
}
