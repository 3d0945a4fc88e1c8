import type { Account, AskContext } from '../adapter.ts';
import type { IndexedRow, Indexer } from '../inventory/types.ts';
import type { Compiler } from './compiler.ts';
import type { RequestContext } from './context.ts';
import { textOf } from './leaf.ts';
import type { InventoryTemplate } from './manifest.ts';
import { type Reader, Scope } from './scope.ts';

const LONGEST_KEY = 512;
/** Of the text by whose words a row is found. */
const LONGEST_TEXT = 4_000;

/** Slots for the elements of loops inside expressions. */
export const innerLoops = 16;

/** An indexer for an account: one frame for row after row. */
export type Indexing = (account: Account) => Indexer;

/** Compiles by what rows are found. */
export function compileIndex(compiler: Compiler, template: InventoryTemplate, context: RequestContext): Indexing {
  const scope = new Scope(context.scope);
  const slot = scope.add('row', 'dyn');
  const read = (name: 'key' | 'words' | 'keys' | 'links', type?: 'list_dyn'): Reader =>
    template[name] === undefined
      ? () => undefined
      : compiler.expression(['inventory', name], template[name], scope, type);
  const key = read('key');
  const words = read('words');
  const keys = read('keys', 'list_dyn');
  const links = read('links', 'list_dyn');
  return (account) => {
    const frame = context.frame(nothingAsked(account), scope.size + innerLoops);
    return (row) => {
      frame[slot] = row;
      const own = keyOf(key(frame));
      if (own === undefined) return undefined;
      const indexed = indexedRow(own, row, words(frame), keys(frame), links(frame));
      // Answers with such a member are refused as a whole: one row must not spoil the others.
      return indexed.row.includes('"__proto__":') ? undefined : indexed;
    };
  };
}

/** A row with what it is found by. */
export function indexedRow(key: string, row: unknown, words: unknown, keys: unknown, links: unknown): IndexedRow {
  return {
    key,
    row: JSON.stringify(row),
    words: plain(textOf(words) ?? '').slice(0, LONGEST_TEXT),
    keys: textsOf(keys),
    links: textsOf(links),
  };
}

/** A key as it is kept; undefined for what is none. */
export function keyOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined || text === '' || text.length > LONGEST_KEY || text !== plain(text) ? undefined : text;
}

/** The texts of a list. */
export function textsOf(values: unknown): string[] {
  if (!Array.isArray(values)) return [];
  return values.map(textOf).filter((text) => text !== undefined && text !== '' && text === plain(text)) as string[];
}

/** Without the characters that neither a database nor a person has a use for. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it takes out
  return text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, ' ');
}

/** The account alone: a file, a message and a row are not part of any search. */
export function nothingAsked(account: Account): AskContext {
  return { account, criteria: { vertical: undefined }, market: '', currency: '', locale: '', now: Date.now() };
}
