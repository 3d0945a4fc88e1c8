// What a span is in words: whose it is, what it does, and what its attributes say.
import { words } from '../ui/format.ts';
import type { SpanNode } from './tree.ts';

/** Whose a span is, as its colour says; the colours are in trace.css. */
export type Lane = 'edge' | 'query' | 'supply' | 'normalization' | 'pricing' | 'partner' | 'other';

const lanes: ReadonlySet<string> = new Set(['edge', 'query', 'supply', 'normalization', 'pricing']);

/** A span for a person. */
export interface Described {
  /** What it does, or which partner is called: "QueryService/Search", "duffel". */
  readonly title: string;
  /** Whose it is: "query"; of a call to a partner the service that makes it. */
  readonly service: string;
  readonly lane: Lane;
  /** The partner that is called; empty for none. */
  readonly partner: string;
  /** It is the caller's side of a call within the platform. */
  readonly call: boolean;
  /** What a call to a partner was for and how it ended: "search · OK · 110 offers"; empty for other spans. */
  readonly note: string;
}

/** Describes every span of a tree, by id. */
export function describe(roots: readonly SpanNode[]): ReadonlyMap<string, Described> {
  const found = new Map<string, Described>();
  const visit = (node: SpanNode, above: string): void => {
    const service = serviceOf(node, above);
    const { name = '', kind, attributes = {} } = node.span;
    const partner = attributes['entrepot.partner'] ?? '';
    const lane = partner !== '' ? 'partner' : lanes.has(service) ? (service as Lane) : 'other';
    const title = partner === '' ? shortName(name) : partner;
    const note = partner === '' ? '' : noteOf(name, attributes);
    found.set(node.id, { title, service, lane, partner, note, call: partner === '' && kind === 'client' });
    for (const child of node.children) visit(child, service);
  };
  for (const root of roots) visit(root, root.span.service ?? '');
  return found;
}

const caches: Readonly<Record<string, string>> = {
  hit: 'from the cache',
  shared: 'with another search',
  stale: 'from the cache, asked again meanwhile',
  stale_if_error: 'an earlier answer stands in',
};

function noteOf(name: string, attributes: Readonly<Record<string, string>>): string {
  const outcome = attributes['entrepot.outcome'] ?? '';
  const offers = attributes['entrepot.offers.kept'] ?? '0';
  const cache = attributes['entrepot.cache'] ?? 'none';
  return [
    name.replace(/^partner /, ''),
    outcome === 'ok' ? 'OK' : words(outcome).toLowerCase(),
    offers === '0' ? '' : `${offers} ${offers === '1' ? 'offer' : 'offers'}`,
    caches[cache] ?? '',
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/**
 * The service that a span is of. In one process with all services they have one name between them; the side that answers a call then
 * tells by its method, and everything else is of who is above.
 */
function serviceOf({ span }: SpanNode, above: string): string {
  const own = (span.service ?? '').replace(/^entrepot-?/, '');
  if (own !== '') return own;
  if (span.kind !== 'server') return above;
  return /^entrepot\.([a-z]+)\./.exec(span.attributes?.['rpc.method'] ?? '')?.[1] ?? 'edge';
}

/** A name without the package of its service: "entrepot.query.v1.QueryService/Search" → "QueryService/Search". */
export const shortName = (name: string): string => name.replace(/\b(?:[a-z][a-z0-9]*\.)+(?=[A-Z])/, '');

/** The RPC of a method's full name: "entrepot.query.v1.QueryService/Search" → "Search"; empty for what is none. */
export const rpcOf = (name: string): string => /Service\/(\w+)$/.exec(name)?.[1] ?? '';

const meanings: Readonly<Record<string, string>> = {
  'entrepot.client': 'Client that asked',
  'entrepot.method': 'Method of the API',
  'entrepot.protocol': 'Protocol',
  'entrepot.error.reason': 'Refused or failed because',
  'entrepot.search.id': 'Search',
  'entrepot.search.begun': 'Began the search',
  'entrepot.search.vertical': 'Vertical',
  'entrepot.search.outcome': 'How the search ended',
  'entrepot.search.offers': 'Offers found',
  'entrepot.search.partners': 'Partners asked',
  'entrepot.partner': 'Partner',
  'entrepot.outcome': 'Outcome',
  'entrepot.rows.received': 'Rows received',
  'entrepot.offers.kept': 'Offers kept',
  'entrepot.requests': 'Requests sent',
  'entrepot.hedges': 'Second tries beside slow ones',
  'entrepot.cache': 'Cache',
  'entrepot.cache.age_ms': 'Age in the cache, ms',
  'error.type': 'Kind of error',
  'http.request.method': 'HTTP method',
  'http.route': 'Route',
  'http.response.status_code': 'HTTP status',
  'rpc.system.name': 'RPC system',
  'rpc.method': 'RPC method',
  'rpc.response.status_code': 'gRPC status',
  'server.address': 'Address called',
  'server.port': 'Port called',
};

/** An attribute for a person. */
export interface AttributeLine {
  /** As OpenTelemetry has it. */
  readonly name: string;
  /** In words; the name itself where it is not known. */
  readonly label: string;
  readonly value: string;
}

/** A span's attributes: known ones first, in the order of the table above; then the others by name. */
export function attributeLines(attributes: Readonly<Record<string, string>> = {}): readonly AttributeLine[] {
  const known = Object.keys(meanings);
  const rank = (name: string): number => (name in meanings ? known.indexOf(name) : known.length);
  return Object.entries(attributes)
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, label: meanings[name] ?? name, value }));
}
