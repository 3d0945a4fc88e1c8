import type { KitAnswer, KitRow } from './answer.ts';
import type { Compiler, Path } from './compiler.ts';
import type { RowValues } from './door.ts';
import type { Cel, GivenRows, RowLoop } from './manifest.ts';
import { type Frame, type Reader, Scope } from './scope.ts';

/** Rows are made by loops, one in the other: hotels, their rooms, the rooms' rates. */

interface CompiledLoop {
  readonly slot: number;
  readonly over: Reader;
  readonly where: Reader | undefined;
}

/** The loops that make rows of an answer. */
export interface CompiledRows {
  readonly scope: Scope;
  readonly names: readonly string[];
  readonly slots: readonly number[];
  /** The rows; undefined where the answer has no such list. */
  read(frame: Frame): ReadRows | undefined;
}

/** Rows as loops made them. */
export interface ReadRows {
  /** The elements of each row's loops. */
  readonly rows: readonly (readonly unknown[])[];
  /** Elements of the outermost list, also those that became no row: what partners count pages by. */
  readonly elements: number;
}

/**
 * Compiles `rows`: one list, whose elements are called `row`, or loops with names of their own.
 *
 * @param again names of the outer scope that loops give other values to: those of the row that is asked for again
 */
export function compileRows(
  compiler: Compiler,
  path: Path,
  rows: Cel | readonly RowLoop[],
  outer: Scope,
  again: readonly string[] = [],
): CompiledRows {
  const plain = typeof rows === 'string';
  const loops: readonly RowLoop[] = plain ? [{ each: rows, as: 'row' }] : rows;
  let scope = outer;
  const compiled: CompiledLoop[] = [];
  for (const [at, loop] of loops.entries()) {
    const place: Path = plain ? path : [...path, at];
    const over = compiler.expression(plain ? place : [...place, 'each'], loop.each, scope, 'list_dyn');
    const inner = new Scope(scope);
    const known = again.includes(loop.as);
    if (inner.has(loop.as) && !known) {
      compiler.problem([...place, 'as'], `"${loop.as}" is taken; choose another name`);
      continue;
    }
    const slot = known ? inner.slot(loop.as) : inner.add(loop.as, 'dyn');
    const where =
      loop.where === undefined ? undefined : compiler.expression([...place, 'where'], loop.where, inner, 'bool');
    compiled.push({ slot, over, where });
    scope = inner;
  }
  return {
    scope,
    names: loops.map(({ as }) => as),
    slots: compiled.map(({ slot }) => slot),
    read(frame) {
      const list = compiled[0]?.over(frame);
      if (!Array.isArray(list)) return undefined;
      const rows: unknown[][] = [];
      walk(compiled, 0, list, frame, rows);
      return { rows, elements: list.length };
    },
  };
}

/** A list that an element lacks gives it no rows. */
function walk(
  loops: readonly CompiledLoop[],
  depth: number,
  elements: unknown,
  frame: Frame,
  found: unknown[][],
): void {
  if (!Array.isArray(elements)) return;
  const loop = loops[depth]!;
  const inner = loops[depth + 1];
  const before = frame[loop.slot];
  for (const element of elements) {
    frame[loop.slot] = element;
    if (loop.where !== undefined && loop.where(frame) !== true) continue;
    if (inner !== undefined) walk(loops, depth + 1, inner.over(frame), frame, found);
    else found.push(loops.map(({ slot }) => frame[slot]));
  }
  frame[loop.slot] = before;
}

/** Rows of an answer. */
export function rowsOf(answer: KitAnswer, values: readonly (readonly unknown[])[]): KitRow[] {
  return values.map((own) => ({ answer, values: own, named: undefined, derived: undefined }));
}

/** The names of rows that map.ts makes. */
export function givenNames({ given }: GivenRows, compiler: Compiler, outer: Scope): CompiledRows {
  const scope = new Scope(outer);
  const names = given.filter((name, at) => {
    const isFree = !scope.has(name);
    if (isFree) scope.add(name, 'dyn');
    else compiler.problem(['rows', 'given', at], `"${name}" is taken; choose another name`);
    return isFree;
  });
  return { scope, names, slots: names.map((name) => scope.slot(name)), read: () => undefined };
}

/** Rows that map.ts made of an answer. */
export function givenRows(answer: KitAnswer, rows: readonly object[]): KitRow[] {
  return (rows as readonly RowValues[]).map((named) => ({ answer, values: named, named, derived: undefined }));
}

/** Whether map.ts makes the rows. */
export function isGiven(rows: Cel | readonly RowLoop[] | GivenRows): rows is GivenRows {
  return typeof rows === 'object' && 'given' in rows;
}
