import { RepairReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { AnswerContext } from '../adapter.ts';
import { repaired } from '../repairs.ts';
import type { KitRow } from './answer.ts';
import type { Compiler, Path } from './compiler.ts';
import { textOf } from './leaf.ts';
import type { Scope } from './scope.ts';

/** The table and the code of an expression that is `<table>[<code>]` and nothing else; undefined for any other. */
export function lookupOf(source: string): { readonly table: string; readonly code: string } | undefined {
  const start = /^\s*([A-Za-z_]\w*)\[/.exec(source);
  if (start === null) return undefined;
  let depth = 0;
  let quote = '';
  for (let at = start[0].length - 1; at < source.length; at++) {
    const character = source[at]!;
    if (quote !== '') {
      if (character === '\\') at++;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '[') depth++;
    else if (character === ']' && --depth === 0) {
      if (source.slice(at + 1).trim() !== '') return undefined;
      return { table: start[1]!, code: source.slice(start[0].length, at) };
    }
  }
  return undefined;
}

type ReadColumn = (row: KitRow, context: AnswerContext) => unknown;

/** The column, which notes codes that its table does not have; as it is where it is not a table's word and nothing else. */
export function notingUnknownCodes(
  compiler: Compiler,
  path: Path,
  template: unknown,
  scope: Scope,
  read: ReadColumn,
): ReadColumn {
  const lookup = typeof template === 'string' ? lookupOf(template) : undefined;
  if (lookup === undefined || !compiler.tables.has(lookup.table)) return read;
  const code = compiler.expression(path, lookup.code, scope);
  return (row, context) => {
    const word = read(row, context);
    if (word === undefined) {
      const unknown = textOf(code(row.answer.enter(row)));
      if (unknown !== undefined && unknown !== '') repaired(RepairReason.CODE_UNKNOWN, unknown);
    }
    return word;
  };
}
