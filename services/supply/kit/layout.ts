import { DynamicWriter } from '../../../libs/expression/index.ts';
import type { Compiler } from './compiler.ts';
import type { Lets } from './context.ts';
import type { Frame, Reader } from './scope.ts';

/** Puts a row's values and the names that the mapping gives into a frame. */
export type RowLoader = (frame: Frame, values: unknown) => void;

/**
 * Writes the loader of rows as one function: rows are entered more often than anything else is done with them.
 *
 * @param values slots of a row's values, each with the key under which the row holds it
 * @param lets names in order: each may read those before it
 */
export function compileLoader(
  compiler: Compiler,
  values: readonly (readonly [key: string | number, slot: number])[],
  lets: Lets,
): RowLoader {
  const writer = new DynamicWriter();
  return writer.build<RowLoader>(['$frame', '$values'], () => {
    const known = new Set<number>();
    const lines: string[] = [];
    const keep = (slot: number, code: string): void => {
      known.add(slot);
      lines.push(`const $${slot} = ${code};`, `$frame[${slot}] = $${slot};`);
    };
    for (const [key, slot] of values) keep(slot, `$values[${JSON.stringify(key)}]`);
    for (const [slot, read] of lets) keep(slot, codeOf(compiler, writer, read, known, lines));
    return lines.join('\n');
  });
}

function codeOf(compiler: Compiler, writer: DynamicWriter, read: Reader, known: Set<number>, lines: string[]): string {
  const source = compiler.sourceOf(read);
  if (source === undefined) return `${writer.constant(read)}($frame)`;
  for (const slot of source.slots) {
    if (known.has(slot)) continue;
    known.add(slot);
    lines.push(`const $${slot} = $frame[${slot}];`);
  }
  const names = new Map(source.expression.reads.map((name, at) => [name, `$${source.slots[at]}`]));
  return writer.value(source.expression, names);
}
