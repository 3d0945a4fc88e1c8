import { hash } from 'node:crypto';
import type {
  ListProductsRequest,
  ListProductsResponse,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { type Conjunction, compileConjunction, ExpressionError, type Scope } from '../../libs/expression/index.ts';
import type { Store } from '../../libs/store/index.ts';
import { pageSizeOf } from './pages.ts';
import { type ProductRow, type Products, productColumns } from './products.ts';
import { invalidToken, openToken, sealToken } from './tokens.ts';

/** Rows read at a time: other work gets its turn in between. */
const batch = 500;

/** Rows looked at for one page; a page that is not full by then goes on with the next call. */
const mostScanned = 20_000;

const longestFilter = 2000;

const scope: Scope = {
  variables: new Map([
    ['product_id', 'string'],
    ['title', 'string'],
    ['partners', 'list_string'],
    ['partner_count', 'int'],
    ['key_count', 'int'],
    ['created_at', 'timestamp'],
    ['updated_at', 'timestamp'],
    ['reviewed', 'bool'],
  ]),
};

/** Columns by which products are ordered, with the type of their values. */
const orders: Readonly<Record<string, string>> = {
  created_at: 'timestamptz',
  updated_at: 'timestamptz',
  title: 'text',
};

interface ListedRow extends ProductRow {
  readonly partners: readonly string[];
  readonly key_count: number;
  readonly reviewed: boolean;
}

/** Where the next page begins: after this value, and of those with it after this id. */
interface Position {
  readonly value: string;
  readonly id: string;
}

/** A page of products. Throws EntrepotError INVALID_FIELD, INVALID_FILTER, INVALID_ORDER_BY, INVALID_TOKEN. */
export async function listProducts(
  request: ListProductsRequest,
  products: Products,
  store: Store,
  signal: AbortSignal,
): Promise<ListProductsResponse> {
  const size = pageSizeOf(request.pageSize, 50, 1000);
  const filter = readFilter(request.filter);
  const { column, descending } = readOrder(request.orderBy);
  const view = hash('sha256', JSON.stringify([request.vertical, request.filter, column, descending]), 'hex').slice(
    0,
    12,
  );
  let position = readPosition(request.pageToken, view, column);
  const found: ListedRow[] = [];
  for (let scanned = 0; ; ) {
    signal.throwIfAborted();
    const rows = await read(request.vertical, column, descending, position, filter, store);
    const matches = matcherOf(filter, rows);
    for (const [index, row] of rows.entries()) {
      position = positionOf(row, column);
      if (!matches(index)) continue;
      found.push(row);
      if (found.length === size) break;
    }
    scanned += rows.length;
    const over = rows.length < batch && position?.id === rows.at(-1)?.product_id;
    if (over || rows.length === 0) return { products: await full(found), nextPageToken: '' };
    if (found.length === size || scanned >= mostScanned) {
      const nextPageToken = sealToken('products', [view, position!.value, position!.id]);
      return { products: await full(found), nextPageToken };
    }
  }

  async function full(rows: readonly ListedRow[]): Promise<ListProductsResponse['products']> {
    const keys = await products.keysOf(rows, store);
    return rows.map((row) => products.product(row, keys.get(row.product_id)!));
  }
}

function read(
  vertical: string,
  column: string,
  descending: boolean,
  position: Position | undefined,
  filter: Conjunction | undefined,
  store: Store,
): Promise<ListedRow[]> {
  const [sign, way] = descending ? ['<', 'DESC'] : ['>', 'ASC'];
  const parameters: unknown[] = [vertical];
  const conditions = ['vertical = $1'];
  if (position !== undefined) {
    parameters.push(position.value, position.id);
    conditions.push(`(${column}, product_id) ${sign} ($2::${orders[column]}, $3)`);
  }
  conditions.push(...conditionsOf(filter, parameters));
  return store.query<ListedRow>(
    `SELECT ${productColumns},
       (SELECT count(*) FROM product_keys WHERE product_keys.product_id = listed.product_id)::int AS key_count,
       ARRAY(SELECT partner FROM product_keys WHERE product_keys.product_id = listed.product_id AND partner <> ''
             UNION SELECT records.partner FROM product_keys JOIN records
               ON records.vertical = product_keys.vertical AND shared_key = product_keys.key AND shared_key <> ''
             WHERE product_keys.product_id = listed.product_id AND product_keys.partner = ''
             ORDER BY 1) AS partners,
       EXISTS (SELECT FROM event_entities WHERE entity = 'product ' || listed.product_id) AS reviewed
     FROM (SELECT ${productColumns} FROM products
           WHERE ${conditions.join(' AND ')}
             AND NOT EXISTS (SELECT FROM former_ids WHERE former_id = products.product_id)
           ORDER BY ${column} ${way}, product_id ${way} LIMIT ${batch}) AS listed
     ORDER BY ${column} ${way}, product_id ${way}`,
    parameters,
  );
}

const comparisons: Readonly<Record<string, string>> = { '==': '=', '<': '<', '<=': '<=', '>': '>', '>=': '>=' };

/** The terms of a filter that the store can apply by columns of its own; the whole filter is applied to what is left. */
function conditionsOf(filter: Conjunction | undefined, parameters: unknown[]): string[] {
  return (filter?.conjuncts ?? []).flatMap(({ constraint }) => {
    if (constraint === undefined) return [];
    const { attribute, operator, value } = constraint;
    const sign = comparisons[operator];
    if (sign === undefined) return [];
    if ((attribute === 'created_at' || attribute === 'updated_at') && typeof value === 'number') {
      parameters.push(new Date(value));
      return [`${attribute} ${sign} $${parameters.length}`];
    }
    if (attribute === 'product_id' && typeof value === 'string') {
      parameters.push(value);
      return [`product_id ${sign} $${parameters.length}`];
    }
    return [];
  });
}

/** Whether the row at an index matches. What errs, as an absent value does, does not. */
function matcherOf(filter: Conjunction | undefined, rows: readonly ListedRow[]): (index: number) => boolean {
  if (filter === undefined) return () => true;
  const values: Readonly<Record<string, (row: ListedRow) => unknown>> = {
    product_id: (row) => row.product_id,
    title: (row) => row.title,
    partners: (row) => row.partners,
    partner_count: (row) => row.partners.length,
    key_count: (row) => row.key_count,
    created_at: (row) => row.created_at.getTime(),
    updated_at: (row) => row.updated_at.getTime(),
    reviewed: (row) => row.reviewed,
  };
  const matches = filter.expression.bind((name) => ({ get: (index: number) => values[name]?.(rows[index]!) }));
  return (index) => matches(index) === true;
}

function readFilter(source: string): Conjunction | undefined {
  if (source.trim() === '') return undefined;
  const names = [...scope.variables.keys()].join(', ');
  const refuse = (description: string, place: Record<string, string> = {}): EntrepotError =>
    new EntrepotError({
      reason: 'INVALID_FILTER',
      message: `filter: ${description}.`,
      violations: [{ field: 'filter', description }],
      metadata: { attributes: names.replaceAll(' ', ''), ...place },
    });
  if (source.length > longestFilter) throw refuse(`is longer than ${longestFilter} characters`);
  try {
    return compileConjunction(source, scope);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const place = { line: String(error.line), column: String(error.column) };
    throw refuse(`${error.detail}; it may read ${names}`, place);
  }
}

function readOrder(text: string): { column: string; descending: boolean } {
  const match = /^(\w+)( desc)?$/.exec(text === '' ? 'created_at' : text);
  const [, column = '', desc] = match ?? [];
  if (!Object.hasOwn(orders, column)) {
    const description = `is ${JSON.stringify(text.slice(0, 80))}; there are ${Object.keys(orders).join(', ')}, each alone or with " desc"`;
    throw new EntrepotError({
      reason: 'INVALID_ORDER_BY',
      message: `orderBy ${description}.`,
      violations: [{ field: 'orderBy', description }],
      metadata: { attributes: Object.keys(orders).join() },
    });
  }
  return { column, descending: desc !== undefined };
}

function positionOf(row: ListedRow, column: string): Position {
  const value = column === 'title' ? row.title : row[column as 'created_at' | 'updated_at'].toISOString();
  return { value, id: row.product_id };
}

function readPosition(token: string, view: string, column: string): Position | undefined {
  if (token === '') return undefined;
  const [of, value, id] = openToken<[string, string, string]>(
    token,
    'products',
    ['string', 'string', 'string'],
    'pageToken',
  );
  if (of !== view || (column !== 'title' && Number.isNaN(Date.parse(value)))) {
    throw invalidToken(
      'pageToken',
      'belongs to another vertical, filter or order; send what the page before was asked with',
    );
  }
  return { value, id };
}
