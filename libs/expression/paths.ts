import type { CallNode, MacroNode, Node } from './node.ts';

/**
 * What an expression reads of dyn variables. Values are followed through fields, elements, macros and what passes parts
 * of its arguments on, so that a path starts at a variable however the expression gets there.
 */

/** The places that a value may come from. */
interface Origin {
  readonly paths: readonly string[];
  /** Of a list's elements, where they are not just elements of `paths`. */
  readonly elements?: Origin;
}

const NOWHERE: Origin = { paths: [] };

/** The paths, sorted. A list that is only gone through is not named beside what is read of its elements. */
export function pathsOf(root: Node, variables: readonly string[]): readonly string[] {
  const tracer = new Tracer(variables);
  tracer.read(root);
  const read = [...tracer.paths];
  const passed = [...tracer.passed].filter((path) => !read.some((longer) => longer.startsWith(`${path}[]`)));
  return [...new Set([...read, ...passed])].sort();
}

class Tracer {
  readonly paths = new Set<string>();
  /** Lists that macros go through. */
  readonly passed = new Set<string>();
  readonly #variables: readonly string[];
  readonly #elements = new Map<number, Origin>();

  constructor(variables: readonly string[]) {
    this.#variables = variables;
  }

  /** A value that is used as a whole. */
  read(node: Node): void {
    this.#use(this.#trace(node));
  }

  #use(origin: Origin): void {
    for (const path of origin.paths) this.paths.add(path);
    if (origin.elements !== undefined) this.#use(origin.elements);
  }

  #trace(node: Node): Origin {
    switch (node.kind) {
      case 'variable':
        return { paths: [this.#variables[node.index]!] };
      case 'element':
        return this.#elements.get(node.macro) ?? NOWHERE;
      case 'select': {
        const { paths } = this.#trace(node.args[0]);
        const step = /^[A-Za-z_]\w*$/.test(node.field) ? `.${node.field}` : `[${JSON.stringify(node.field)}]`;
        return { paths: paths.map((path) => `${path}${step}`) };
      }
      case 'narrow':
        return this.#trace(node.args[0]);
      case 'first':
        return together(node.args.map((part) => this.#trace(part)));
      case 'conditional':
        this.read(node.args[0]);
        return together([this.#trace(node.args[1]), this.#trace(node.args[2])]);
      case 'macro':
        return this.#macro(node);
      case 'call':
        return this.#call(node);
      case 'list':
        return { paths: [], elements: together(node.args.map((part) => this.#trace(part))) };
      case 'constant':
      case 'failure':
        return NOWHERE;
      default:
        for (const part of node.args) this.read(part);
        return NOWHERE;
    }
  }

  #call(node: CallNode): Origin {
    const [first, ...others] = node.args;
    switch (node.operation.name) {
      case '_[_]': {
        for (const other of others) this.read(other);
        return elementsOf(this.#trace(first!));
      }
      case 'elementsOf':
      case 'distinct':
      case 'sort':
        return this.#trace(first!);
      case 'flatten':
        return { paths: [], elements: elementsOf(elementsOf(this.#trace(first!))) };
      default:
        for (const part of node.args) this.read(part);
        return NOWHERE;
    }
  }

  #macro(node: MacroNode): Origin {
    const range = this.#trace(node.range);
    for (const path of range.paths) this.passed.add(path);
    this.#elements.set(node.number, elementsOf(range));
    if (node.test !== undefined) this.read(node.test);
    if (node.macro === 'map') return { paths: [], elements: this.#trace(node.step!) };
    return node.macro === 'filter' ? range : NOWHERE;
  }
}

function elementsOf(origin: Origin): Origin {
  return origin.elements ?? { paths: origin.paths.map((path) => `${path}[]`) };
}

function together(origins: readonly Origin[]): Origin {
  const paths = origins.flatMap((origin) => origin.paths);
  if (!origins.some((origin) => origin.elements !== undefined)) return { paths };
  return { paths, elements: together(origins.map(elementsOf)) };
}
