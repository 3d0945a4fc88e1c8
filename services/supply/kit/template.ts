import type { Compiler, Path } from './compiler.ts';
import type { EachTemplate, Template, WhenTemplate } from './manifest.ts';
import { type Reader, Scope } from './scope.ts';

/** Marks what a list takes in piece by piece. */
class Spliced {
  readonly values: readonly unknown[];
  constructor(values: readonly unknown[]) {
    this.values = values;
  }
}

/**
 * Compiles a template of a request: a structure whose leaves are expressions. An absent leaf leaves its key or element out;
 * what becomes empty by that stays, as an empty mapping or list.
 */
export function compileTemplate(compiler: Compiler, path: Path, template: Template, scope: Scope): Reader {
  const make = part(compiler, path, template, scope);
  return (frame) => whole(make(frame));
}

function whole(value: unknown): unknown {
  return value instanceof Spliced ? value.values : value;
}

function part(compiler: Compiler, path: Path, template: Template, scope: Scope): Reader {
  if (template === null) return () => null;
  if (typeof template !== 'object') return compiler.expression(path, template, scope);
  if (isList(template)) return listOf(template.map((one, at) => part(compiler, [...path, at], one, scope)));
  if (isEach(template)) return each(compiler, path, template, scope);
  if (isWhen(template)) {
    const holds = compiler.expression([...path, 'when'], template.when, scope, 'bool');
    const give = part(compiler, [...path, 'give'], template.give, scope);
    return (frame) => (holds(frame) === true ? give(frame) : undefined);
  }
  const parts = Object.entries(template).map(
    ([key, one]) => [key, part(compiler, [...path, key], one as Template, scope)] as const,
  );
  return (frame) => {
    const value: Record<string, unknown> = {};
    for (const [key, make] of parts) {
      const made = whole(make(frame));
      if (made !== undefined) value[key] = made;
    }
    return value;
  };
}

function listOf(parts: readonly Reader[]): Reader {
  return (frame) => {
    const values: unknown[] = [];
    for (const make of parts) {
      const made = make(frame);
      if (made instanceof Spliced) values.push(...made.values);
      else if (made !== undefined) values.push(made);
    }
    return values;
  };
}

function each(compiler: Compiler, path: Path, template: EachTemplate, scope: Scope): Reader {
  const over = compiler.expression([...path, 'each'], template.each, scope, 'list_dyn');
  const { slot, at, inner } = loopScope(compiler, path, template, scope);
  const where =
    template.where === undefined ? undefined : compiler.expression([...path, 'where'], template.where, inner, 'bool');
  const give = part(compiler, [...path, 'give'], template.give, inner);
  return (frame) => {
    const elements = over(frame);
    if (!Array.isArray(elements)) return undefined;
    const values: unknown[] = [];
    for (const [position, element] of elements.entries()) {
      frame[slot] = element;
      if (at !== undefined) frame[at] = position;
      if (where !== undefined && where(frame) !== true) continue;
      const made = whole(give(frame));
      if (made !== undefined) values.push(made);
    }
    return new Spliced(values);
  };
}

/** The scope inside a loop: with its element, and where it asks for it the element's position. */
export function loopScope(
  compiler: Compiler,
  path: Path,
  { as = 'it', at }: { readonly as?: string; readonly at?: string },
  scope: Scope,
): { readonly slot: number; readonly at: number | undefined; readonly inner: Scope } {
  const inner = new Scope(scope);
  const add = (key: string, name: string, type: 'dyn' | 'int'): number => {
    if (!inner.has(name)) return inner.add(name, type);
    compiler.problem([...path, key], `"${name}" is taken by a variable outside; choose another name`);
    return inner.slot(name);
  };
  return { slot: add('as', as, 'dyn'), at: at === undefined ? undefined : add('at', at, 'int'), inner };
}

function isList(template: Template): template is readonly Template[] {
  return Array.isArray(template);
}

/** Whether the mapping is a loop. */
export function isEach(template: object): template is EachTemplate {
  return 'each' in template && 'give' in template;
}

function isWhen(template: object): template is WhenTemplate {
  return 'when' in template && 'give' in template && Object.keys(template).length === 2;
}
