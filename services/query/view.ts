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

/** How a client looks at a result set: order, filter, grouping and page size, read and checked before anything runs. */

/** What offers are ordered by. */
export interface Order {
  /** "price", "best", or a sortable attribute. */
  readonly by: string;
  readonly descending: boolean;
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
  /** What it was read from. */
  readonly asked: ViewRequest;
}

/** What a view is asked for with, as in SearchRequest and PageOptions. */
export interface ViewRequest {
  readonly orderBy: string;
  readonly filter: string;
  readonly grouping: Grouping;
  readonly pageSize: number;
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
 * @param at path of the fields in the request: "" or "options."
 * @param problems receives everything that is wrong; the view is then of no use
 */
export function compileView(vertical: Vertical, request: ViewRequest, at: string, problems: ViewProblem[]): View {
  const order = readOrder(vertical, request.orderBy, `${at}orderBy`, problems);
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
  const grouping = request.grouping === Grouping.OFFER ? 'offer' : 'product';
  const text = JSON.stringify([order.by, order.descending, filter?.source ?? '', grouping, pageSize]);
  const key = createHash('sha256').update(text).digest('base64url').slice(0, 12);
  const { orderBy } = request;
  const asked = { orderBy, filter: request.filter, grouping: request.grouping, pageSize: request.pageSize };
  return { key, order, filter, conjuncts: read?.conjuncts ?? [], grouping, pageSize, asked };
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

function readOrder(vertical: Vertical, text: string, field: string, problems: ViewProblem[]): Order {
  const sortable = vertical.attributes.filter((attribute) => attribute.sortable).map((attribute) => attribute.name);
  const allowed = ['price', 'best', ...sortable];
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
  return { by, descending: direction === 'desc' };
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
      // An unknown name is answered with the names that exist already.
      description: description.includes('there are ') ? description : `${description} (there are ${attributes})`,
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
    const place = { line: String(error.line), column: String(error.column) };
    return refuse(`line ${error.line}, column ${error.column}: ${error.detail}`, place);
  }
}

function scopeOf(vertical: Vertical): ReturnType<typeof verticalScope> {
  return verticalScope(vertical, { price: 'double', partner: 'string' });
}
