import type { Adapter, AskContext } from '../adapter.ts';
import type { Beside, FeedFormat, InventoryFormat, Lookup } from '../inventory/types.ts';
import type { KitRow } from './answer.ts';
import type { Authorize } from './auth.ts';
import type { Compiler } from './compiler.ts';
import type { RequestContext } from './context.ts';
import { compileIndex, innerLoops, plain, textsOf } from './indexing.ts';
import { textOf } from './leaf.ts';
import type { InventoryTemplate, ManifestFile } from './manifest.ts';
import { compilePush } from './push.ts';
import { compileFields, compileRequest } from './request.ts';
import { isGiven } from './rows.ts';
import { type Frame, Scope } from './scope.ts';

/** What compiling a partner that hands its inventory over needs. */
interface InventoryInput {
  readonly compiler: Compiler;
  readonly manifest: ManifestFile;
  readonly context: RequestContext;
  /** Puts the account's credentials into the request for a file. */
  readonly authorize: Authorize;
  /** Says which criteria are not supported, and what it is that is asked again. */
  readonly exchange: Partial<Pick<Adapter<KitRow>, 'ask' | 'verify'>>;
}

const noInventory: InventoryTemplate = { key: '""', search: {} };
const MOST_ROWS = 1_000;
const DEFAULT_ROWS = 200;

/** Where answers made of inventory have their rows. */
export const INVENTORY_ROWS = 'body.rows';

/** Whether the partner hands its inventory over. */
export function handsOver({ transport }: ManifestFile): boolean {
  return transport === 'feed' || transport === 'push';
}

/** Compiles `inventory`, `feed` and `push`; undefined for a partner that is asked. */
export function compileInventory(input: InventoryInput): InventoryFormat<KitRow> | undefined {
  const { compiler, manifest, context, exchange } = input;
  checkKeys(compiler, manifest);
  if (!handsOver(manifest)) return undefined;
  const template = manifest.inventory ?? noInventory;
  const indexing = compileIndex(compiler, template, context);
  const besideOf = compileBeside(compiler, template, context);
  // What was handed over that a row is of: the element of its outermost loop, or the first of what map.ts gives.
  const first = manifest.rows !== undefined && isGiven(manifest.rows) ? manifest.rows.given[0]! : undefined;
  const handedOver = ({ values, named }: KitRow): unknown =>
    first === undefined ? (values as readonly unknown[])[0] : named?.[first];
  const search = compileSearch(compiler, template, context.scope);
  const feed = manifest.transport === 'feed' ? compileFeed(input) : undefined;
  const push = manifest.transport === 'push' ? compilePush(compiler, manifest, context, indexing) : undefined;
  return {
    lookup(asked) {
      const allowed = exchange.ask!(asked);
      if ('unsupported' in allowed) return allowed;
      const lookup = search(context.frame(asked, context.scope.size + innerLoops), besideOf(asked));
      if (lookup === undefined) return { unsupported: 'It is searched by none of these criteria.' };
      return { lookup, ...(allowed.progress !== undefined && { progress: allowed.progress }) };
    },
    again(row, asked) {
      const { progress } = exchange.verify!(row, asked);
      const indexed = indexing(asked.account)(handedOver(row));
      const lookup: Lookup = { only: indexed?.key ?? '', limit: 1, beside: besideOf(asked) };
      return { lookup, ...(progress !== undefined && { progress }) };
    },
    indexer: indexing,
    ...(feed !== undefined && { feed }),
    ...(push !== undefined && { push }),
  };
}

/** What belongs together with a transport, and what does not. */
function checkKeys(compiler: Compiler, manifest: ManifestFile): void {
  const { transport = 'request' } = manifest;
  const mine: readonly string[] = { request: [], feed: ['inventory', 'feed'], push: ['inventory', 'push'] }[transport];
  for (const key of ['inventory', 'feed', 'push'] as const) {
    if (mine.includes(key) && manifest[key] === undefined) {
      compiler.problem([], `missing key "${key}", which transport "${transport}" needs`);
    }
    if (!mine.includes(key) && manifest[key] !== undefined) {
      compiler.problem([key], `transport "${transport}" has none`);
    }
  }
  if (transport === 'request') return;
  for (const key of ['search', 'verify', 'steps', 'poll', 'paging', 'hedge'] as const) {
    if (manifest[key] !== undefined) compiler.problem([key], `transport "${transport}" asks the partner for nothing`);
  }
  if (manifest.handoff?.steps !== undefined) {
    compiler.problem(['handoff', 'steps'], `transport "${transport}" asks the partner for nothing`);
  }
  if (manifest.format !== 'json') compiler.problem(['format'], `expected json: what is handed over is kept as JSON`);
  if (manifest.auth !== undefined && ('oauth2' in manifest.auth || 'session' in manifest.auth)) {
    compiler.problem(['auth'], 'files are fetched with bearer, basic, headers or query');
  }
  const { rows } = manifest;
  if (rows !== undefined && isGiven(rows)) return;
  const outermost = typeof rows === 'object' ? rows[0]?.each : rows;
  if (outermost !== undefined && outermost !== INVENTORY_ROWS) {
    compiler.problem(['rows'], `expected ${INVENTORY_ROWS} as the (outermost) list: the rows that were found`);
  }
}

function compileBeside(
  compiler: Compiler,
  { beside = [] }: InventoryTemplate,
  context: RequestContext,
): (asked: AskContext) => readonly Beside[] {
  const scope = new Scope(context.scope);
  const slot = scope.add('row', 'dyn');
  const compiled = beside.map((one, at) => {
    if (typeof one === 'string') return { collection: one, links: undefined };
    const links = compiler.expression(['inventory', 'beside', at, 'links'], one.links, scope, 'list_dyn');
    return { collection: one.collection, links };
  });
  return (asked) => {
    const frame = context.frame(asked, scope.size + innerLoops);
    return compiled.map(({ collection, links }) => {
      if (links === undefined) return { collection };
      const linksOf = (row: unknown): readonly string[] => {
        frame[slot] = row;
        return textsOf(links(frame));
      };
      return { collection, linksOf };
    });
  };
}

function compileSearch(
  compiler: Compiler,
  { search }: InventoryTemplate,
  scope: Scope,
): (frame: Frame, beside: readonly Beside[]) => Lookup | undefined {
  const at = ['inventory', 'search'];
  const words =
    search.words === undefined ? undefined : compiler.expression([...at, 'words'], search.words, scope, 'string');
  const keys =
    search.keys === undefined ? undefined : compiler.expression([...at, 'keys'], search.keys, scope, 'list_dyn');
  const limit =
    search.limit === undefined ? undefined : compiler.expression([...at, 'limit'], search.limit, scope, 'int');
  if (words === undefined && keys === undefined) compiler.problem(at, 'expected words or keys: something to look for');
  return (frame, beside) => {
    const text = plain(textOf(words?.(frame)) ?? '').trim();
    const exact = textsOf(keys?.(frame));
    if (text === '' && exact.length === 0) return undefined;
    const most = limit?.(frame);
    return {
      ...(text !== '' && { words: text }),
      ...(exact.length > 0 && { keys: exact }),
      limit: typeof most === 'number' ? Math.min(Math.max(1, Math.trunc(most)), MOST_ROWS) : DEFAULT_ROWS,
      beside,
    };
  };
}

function compileFeed({ compiler, manifest, context, authorize }: InventoryInput): FeedFormat | undefined {
  const { feed } = manifest;
  if (feed === undefined) return undefined;
  const { path, query } = feed;
  const headers = compileFields(compiler, ['headers'], manifest.headers, context.scope);
  const template = { path, ...(query !== undefined && { query }) };
  const make = compileRequest(compiler, ['feed'], template, context.scope, { format: 'json', headers });
  return {
    format: feed.format,
    element: feed.element ?? 'item',
    delimiter: feed.format === 'tsv' ? '\t' : (feed.delimiter ?? ','),
    everyMinutes: feed.everyMinutes,
    maxShrinkPercent: feed.maxShrinkPercent ?? 50,
    maxUnreadablePercent: feed.maxUnreadablePercent ?? 10,
    maxBytes: feed.maxBytes ?? 4_294_967_296,
    maxRowBytes: feed.maxRowBytes ?? 1_048_576,
    timeoutMinutes: feed.timeoutMinutes ?? 60,
    request(asked) {
      const frame = context.frame(asked, context.scope.size + innerLoops);
      const request = make(frame);
      return authorize({ ...request, headers: { ...request.headers, accept: '*/*' } }, asked, frame);
    },
  };
}
