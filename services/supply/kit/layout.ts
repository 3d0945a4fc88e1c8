import { DynamicWriter } from '../../../libs/expression/index.ts';
import type { Compiler } from './compiler.ts';
import type { Lets } from './context.ts';
import type { CompiledField } from './item.ts';
import { textOf, textsOf } from './leaf.ts';
import type { Frame, Reader } from './scope.ts';

/** Puts a row's values and the names that the mapping gives into a frame. */
export type LoadRow = (frame: Frame, values: unknown) => void;

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
): LoadRow {
  const writer = new DynamicWriter();
  return writer.build<LoadRow>(['$frame', '$values'], () => {
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

/** Columns that are read in one go: the first that is asked for of a row has all of them worked out. */
export interface JointColumns {
  /** Puts the values of all into a list. */
  readonly fill: (frame: Frame, values: unknown[]) => void;
  /** Each by itself. */
  readonly readers: readonly Reader[];
}

/** Writes the columns that are one expression each as one function: one call instead of several for each of them. */
export function compileColumns(compiler: Compiler, fields: readonly CompiledField[]): JointColumns {
  const writer = new DynamicWriter();
  const fill = writer.build<JointColumns['fill']>(['$frame', '$values'], () => {
    const known = new Set<number>();
    const lines: string[] = [];
    const text = writer.constant(textOf);
    const texts = writer.constant(textsOf);
    for (const [at, { leaf }] of fields.entries()) {
      const code = codeOf(compiler, writer, leaf!.read, known, lines);
      if (leaf!.as === 'value') lines.push(`$values[${at}] = ${code};`);
      else if (leaf!.as === 'texts') lines.push(`$values[${at}] = ${texts}(${code});`);
      else
        lines.push(
          `const $text${at} = ${code};`,
          `$values[${at}] = typeof $text${at} === 'string' ? $text${at} : ${text}($text${at});`,
        );
    }
    return lines.join('\n');
  });
  return { fill, readers: fields.map(({ column }) => column) };
}

/** Writes an object of expressions as one function. */
export function compileObject<T>(
  compiler: Compiler,
  members: Readonly<Record<string, Reader | undefined>>,
): (frame: Frame) => T {
  const writer = new DynamicWriter();
  return writer.build<(frame: Frame) => T>(['$frame'], () => {
    const known = new Set<number>();
    const lines: string[] = [];
    const codes = Object.entries(members).map(([name, read]) => {
      return `${JSON.stringify(name)}: ${read === undefined ? 'undefined' : codeOf(compiler, writer, read, known, lines)}`;
    });
    return `${lines.join('\n')}\nreturn {${codes.join(', ')}};`;
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
