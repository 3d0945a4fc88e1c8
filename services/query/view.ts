import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { Grouping } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError, type FieldViolation } from '../../libs/errors/index.ts';
import {
  type CompiledExpression,
  type Conjunct,
  type Conjunction,
  compileConjunction,
  ExpressionError,
  verticalScope,
} from '../../libs/expression/index.ts';
import type { Vertical } from '../../libs/vertical/index.ts';
import { type FacetSpec, facetsOf } from './facet-specs.ts';
import { type Ranking, rankingBy, rankingScope } from './ranking.ts';
import type { Rankings } from './ranking-file.ts';

/** How a client looks at a result set: order, filter, grouping and page size, read and checked before anything runs. */

/** What offers are ordered by. */
export interface Order {
  /** "price", a sortable attribute, or the name of a ranking; of one without a name its text. */
  readonly by: string;
  readonly descending: boolean;
  /** The ranking, where it is one. */
  readonly ranking: Ranking | undefined;
}

/** A checked look at a result set. */
export interface View {
  /** Names the view; equal views have equal keys. */
  readonly key: string;
  readonly order: Order;
  /** Undefined for all offers. */
  readonly filter: CompiledExpression<boolean> | undefined;
  /** The filter term by term; none for all offers. */
  readonly conjuncts: readonly Conjunct[];
  /** One entry a product, or one an offer. */
  readonly grouping: 'product' | 'offer';
  /** Entries on a page. */
  readonly pageSize: number;
  /** Currency of the prices, ISO 4217. */
  readonly currency: string;
  /** What is counted. */
  readonly facets: readonly FacetSpec[];
  /** What it was read from. */
  readonly asked: ViewRequest;
}

/** What a view is asked for with, as in SearchRequest and PageOptions. */
export interface ViewRequest {
  readonly orderBy: string;
  readonly ranking: string;
  readonly filter: string;
  readonly grouping: Grouping;
  readonly pageSize: number;
  /** Checked by the caller. */
  readonly currency: string;
  readonly facets: readonly string[];
}

const defaultPageSize = 20;
const mostPageSize = 200;
const mostFilterLength = 4_000;

/** Filters are compiled once for all searches that use them. */
const filters = new LRUCache<string, Conjunction>({ max: 500 });

/** Something wrong in a view, with the reason that it has when it is the only trouble. */
export interface ViewProblem extends FieldViolation {
  readonly reason: 'INVALID_FIELD' | 'INVALID_FILTER' | 'INVALID_ORDER_BY';
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Reads a view.
 * @param rankings the configured ones
 * @param at path of the fields in the request: "" or "options."
 * @param problems receives everything that is wrong; the view is then of no use
 */
export function compileView(
  vertical: Vertical,
  rankings: Rankings,
  request: ViewRequest,
  at: string,
  problems: ViewProblem[],
): View {
  const named = readOrder(vertical, rankings, request.orderBy, `${at}orderBy`, problems);
  const order = readRanking(vertical, request.ranking, `${at}ranking`, problems) ?? named;
  const read = readFilter(vertical, request.filter, `${at}filter`, problems);
  const filter = read?.expression;
  const pageSize = request.pageSize === 0 ? defaultPageSize : request.pageSize;
  if (!(Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= mostPageSize)) {
    const description = `is ${pageSize}; it must be from 1 to ${mostPageSize}, or left out for ${defaultPageSize}`;
    problems.push({ field: `${at}pageSize`, description, reason: 'INVALID_FIELD' });
  }
  if (request.grouping < Grouping.UNSPECIFIED || request.grouping > Grouping.OFFER) {
    problems.push({ field: `${at}grouping`, description: 'must be product or offer', reason: 'INVALID_FIELD' });
  }
  const facets = readFacets(vertical, request.facets, `${at}facets`, problems);
  const grouping = request.grouping === Grouping.OFFER ? 'offer' : 'product';
  const { orderBy, ranking, currency } = request;
  const counted = facets.map(({ name }) => name);
  // Only a ranking without a name is not told by the name of what is ordered by.
  const orderKey = ranking.trim() === '' ? [order.by, order.descending] : [order.by];
  const text = JSON.stringify([orderKey, filter?.source ?? '', grouping, pageSize, currency, counted]);
  const key = createHash('sha256').update(text).digest('base64url').slice(0, 12);
  const asked = {
    orderBy,
    ranking,
    filter: request.filter,
    grouping: request.grouping,
    pageSize: request.pageSize,
    currency,
    facets: request.facets,
  };
  return { key, order, filter, conjuncts: read?.conjuncts ?? [], grouping, pageSize, currency, facets, asked };
}

/**
 * What of a view's filter can be told to partners: the conditions that are each on one attribute of the vertical, as CEL. Price
 * and partner are our own affair: a shown price is no partner's price.
 */
export function filterOfPartners({ conjuncts }: View, vertical: Vertical): string {
  let told = '';
  for (const { constraint } of conjuncts) {
    if (constraint === undefined || vertical.attribute(constraint.attribute) === undefined) continue;
    const longer = told === '' ? constraint.text : `${told} && ${constraint.text}`;
    // What is not told is applied here, like everything that is no such condition.
    if (longer.length <= mostFilterLength) told = longer;
  }
  return told;
}

/**
 * One error for everything that is wrong with a request. Its reason is INVALID_FIELD unless all that is wrong is the
 * filter or the order.
 */
export function viewError(problems: readonly ViewProblem[]): EntrepotError {
  const reason = problems.every((problem) => problem.reason === problems[0]?.reason)
    ? problems[0]!.reason
    : 'INVALID_FIELD';
  return new EntrepotError({
    reason,
    message: problems.map(({ field, description }) => `${field}: ${description}`).join('; '),
    violations: problems.map(({ field, description }) => ({ field, description })),
    metadata: Object.assign({}, ...problems.map((problem) => problem.metadata ?? {})),
  });
}

function readOrder(
  vertical: Vertical,
  rankings: Rankings,
  text: string,
  field: string,
  problems: ViewProblem[],
): Order {
  const sortable = vertical.attributes.filter((attribute) => attribute.sortable).map((attribute) => attribute.name);
  const allowed = ['price', ...rankings.keys(), ...sortable];
  const [by = 'price', direction = 'asc', ...rest] = text.trim() === '' ? [] : text.trim().split(/\s+/);
  if (!allowed.includes(by) || (direction !== 'asc' && direction !== 'desc') || rest.length > 0) {
    const shown = JSON.stringify(text.slice(0, 80));
    problems.push({
      field,
      description: `is ${shown}; it must be one of ${allowed.join(', ')}, and may be followed by " desc"`,
      reason: 'INVALID_ORDER_BY',
      metadata: { sortable: allowed.join(',') },
    });
  }
  return { by, descending: direction === 'desc', ranking: rankings.get(by) };
}

function readRanking(vertical: Vertical, source: string, field: string, problems: ViewProblem[]): Order | undefined {
  if (source.trim() === '') return undefined;
  const refuse = (description: string, place: Record<string, string> = {}): undefined => {
    const names = [...rankingScope(vertical).variables.keys()].join(', ');
    problems.push({ field, description: withNames(description, names), reason: 'INVALID_ORDER_BY', metadata: place });
  };
  if (source.length > mostFilterLength) return refuse(`is longer than ${mostFilterLength} characters`);
  try {
    return { by: source, descending: false, ranking: rankingBy(source, vertical) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return refuse(...placed(error));
  }
}

/**
 * Compiles an expression of a request; undefined where there is none, or it is refused.
 * @param names that it may use, for whoever used another
 */
export function readCompiled<Compiled>(
  source: string,
  field: string,
  names: string,
  compile: (source: string) => Compiled,
  problems: ViewProblem[],
): Compiled | undefined {
  if (source.trim() === '') return undefined;
  const refuse = (description: string, metadata: Record<string, string> = {}): undefined => {
    problems.push({ field, description: withNames(description, names), reason: 'INVALID_FIELD', metadata });
  };
  if (source.length > mostFilterLength) return refuse(`is longer than ${mostFilterLength} characters`);
  try {
    return compile(source);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return refuse(...placed(error));
  }
}

/** What is wrong with an expression, and where. */
function placed({ line, column, detail }: ExpressionError): [string, Record<string, string>] {
  return [`line ${line}, column ${column}: ${detail}`, { line: String(line), column: String(column) }];
}

/** An unknown name is answered with the names that exist already. */
function withNames(description: string, names: string): string {
  return description.includes('there are ') ? description : `${description} (there are ${names})`;
}

function readFacets(vertical: Vertical, names: readonly string[], field: string, problems: ViewProblem[]): FacetSpec[] {
  const all = facetsOf(vertical);
  if (names.length === 0) return all.filter((facet) => facet.shown);
  const known = new Set(all.map(({ name }) => name));
  for (const [index, name] of names.entries()) {
    if (known.has(name)) continue;
    const description = `is ${JSON.stringify(name.slice(0, 40))}, nothing of ${vertical.name} to count; there are ${[...known].join(', ')}`;
    problems.push({ field: `${field}[${index}]`, description, reason: 'INVALID_FIELD' });
  }
  return all.filter(({ name }) => names.includes(name));
}

function readFilter(
  vertical: Vertical,
  source: string,
  field: string,
  problems: ViewProblem[],
): Conjunction | undefined {
  if (source.trim() === '') return undefined;
  const refuse = (description: string, place: Record<string, string> = {}): undefined => {
    const scope = scopeOf(vertical);
    const attributes = [...scope.variables.keys()].join(', ');
    problems.push({
      field,
      description: withNames(description, attributes),
      reason: 'INVALID_FILTER',
      metadata: { attributes: attributes.replaceAll(' ', ''), ...place },
    });
  };
  if (source.length > mostFilterLength) return refuse(`is longer than ${mostFilterLength} characters`);
  const key = `${vertical.name} ${source}`;
  const known = filters.get(key);
  if (known !== undefined) return known;
  try {
    const compiled = compileConjunction(source, scopeOf(vertical));
    filters.set(key, compiled);
    return compiled;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return refuse(...placed(error));
  }
}

function scopeOf(vertical: Vertical): ReturnType<typeof verticalScope> {
  return verticalScope(vertical, { price: 'double', partner: 'string' });
}
