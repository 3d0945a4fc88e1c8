import type { AnswerContext, PartnerRequest, Progress } from '../adapter.ts';
import type { Compiler, Typed } from './compiler.ts';
import type { ManifestFile, RequestTemplate } from './manifest.ts';
import type { RequestMaker } from './request.ts';
import type { Frame, Scope } from './scope.ts';

/** The next page: by its own request, or where there is none by the search's. */
export type NextPage =
  | { readonly request: PartnerRequest | undefined; readonly progress: Progress }
  | { readonly refused: string };

/**
 * What comes after a page; undefined where it was the last. `elements` is how many the page had, also those that became no
 * row or several.
 */
export type Pager = (
  frame: Frame,
  context: AnswerContext,
  progress: Progress,
  elements: number,
) => NextPage | undefined;

/** Compiles `paging`. Pages end by themselves at the account's `maxPages`, and where a page has no elements. */
export function compilePaging(
  compiler: Compiler,
  { paging, joins, answer }: ManifestFile,
  scope: Scope,
  request: (path: (string | number)[], template: RequestTemplate) => RequestMaker,
): Pager | undefined {
  if (paging === undefined) return undefined;
  const { cursor, link, more } = paging;
  if ([cursor, link, more].filter((one) => one !== undefined).length !== 1) {
    compiler.problem(['paging'], 'give one of cursor, link and more: by it a next page is known');
    return undefined;
  }
  const answers = ['body', 'text', 'headers', ...Object.keys(answer ?? {}), ...Object.keys(joins ?? {})];
  const slots = { page: scope.slot('page'), offset: scope.slot('offset'), cursor: scope.slot('cursor') };
  const make = paging.request === undefined ? undefined : request(['paging', 'request'], paging.request);
  if (more !== undefined) {
    const { read: again } = ending(compiler, 'more', more, scope, [...answers, 'page', 'offset']);
    return (frame, _context, progress, elements) => {
      const received = progress.offset + elements;
      frame[slots.offset] = received;
      if (elements === 0 || again(frame) !== true) return undefined;
      frame[slots.page] = progress.page + 1;
      return { request: make?.(frame), progress: { ...progress, page: progress.page + 1, offset: received } };
    };
  }
  const key = cursor === undefined ? 'link' : 'cursor';
  const { read } = ending(compiler, key, cursor ?? link, scope, answers);
  return (frame, context, progress, elements) => {
    const value = elements === 0 ? undefined : cursorText(read(frame));
    if (value === undefined) return undefined;
    const next = { ...progress, page: progress.page + 1, offset: progress.offset + elements, cursor: value };
    if (key === 'cursor') {
      frame[slots.page] = next.page;
      frame[slots.offset] = next.offset;
      frame[slots.cursor] = value;
      return { request: make?.(frame), progress: next };
    }
    const path = pathBelow(value, context.account.endpoint);
    if (path === undefined)
      return { refused: 'its link to the next page leads away from its endpoint and is not followed' };
    return { request: { method: 'GET', path, headers: {} }, progress: next };
  };
}

/** A cursor as text: partners write page numbers and offsets as numbers too. */
function cursorText(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Compiles what tells of a next page. What reads nothing that changes from page to page would tell so for ever. */
function ending(
  compiler: Compiler,
  key: 'cursor' | 'link' | 'more',
  source: string | undefined,
  scope: Scope,
  changing: readonly string[],
): Typed {
  const path = ['paging', key];
  const typed = compiler.typed(path, source, scope, key === 'more' ? 'bool' : 'string');
  if (typed.reads?.some((name) => changing.includes(name)) === false) {
    compiler.problem(path, 'never ends: it reads nothing of the answer; say when there is another page');
  }
  return typed;
}

/** The path of a link below the endpoint; undefined for a link elsewhere, where our credentials must not go. */
function pathBelow(link: string, endpoint: string): string | undefined {
  if (!URL.canParse(link, `${endpoint}/`)) return undefined;
  const base = new URL(endpoint);
  const url = new URL(link, `${endpoint}/`);
  const prefix = base.pathname.replace(/\/+$/, '');
  if (url.origin !== base.origin || !url.pathname.startsWith(`${prefix}/`)) return undefined;
  return url.pathname.slice(prefix.length) + url.search;
}
