import { type MacroNode, type Node, partsOf } from './node.ts';
import { isList, type Type, type Value } from './types.ts';

/**
 * An upper estimate of what evaluating an expression for one row costs. Filters come from anyone, and nested or chained
 * macros multiply: [1, …].all(a, [1, …].all(b, …)), or a text that each of many maps doubles. What is beyond the limits
 * is refused before it is ever evaluated.
 */

/** Most elementary steps a row; a step takes a few nanoseconds. Ordinary filters take fewer than 100. */
export const MAX_STEPS = 20_000;
/** Most characters and elements that a value may hold. */
const MAX_WEIGHT = 20_000;
/** Characters that a text variable is taken to have. */
const TEXT_SIZE = 32;
/** Elements that a list variable is taken to have. */
const LIST_SIZE = 8;
/** Characters of a number or time as text. */
const CONVERTED_SIZE = 32;
/** What testing a pattern costs without counted repetitions. */
const PATTERN_STEPS = 100;

/** How large a value may be: characters of a text, elements of a list; 1 for anything else. */
interface Extent {
  readonly size: number;
  /** Of a list's elements, the largest. */
  readonly element?: Extent;
}

const UNIT: Extent = { size: 1 };

/** Steps that a row may take at most; Infinity when a value may grow beyond what is allowed. */
export function stepsOf(root: Node): number {
  const estimate = new Estimate();
  const extent = estimate.visit(root);
  return estimate.overweight || weight(extent) > MAX_WEIGHT ? Number.POSITIVE_INFINITY : estimate.steps;
}

class Estimate {
  steps = 0;
  overweight = false;
  readonly #elements = new Map<number, Extent>();

  visit(node: Node): Extent {
    const extent = this.#extent(node);
    if (weight(extent) > MAX_WEIGHT) this.overweight = true;
    return extent;
  }

  #extent(node: Node): Extent {
    this.steps += 1;
    switch (node.kind) {
      case 'constant':
        return extentOfValue(node.value);
      case 'variable':
        return extentOfType(node.type);
      case 'element':
        return this.#elements.get(node.macro) ?? UNIT;
      case 'list':
        return { size: node.args.length, element: largest(node.args.map((part) => this.visit(part))) };
      case 'conditional': {
        this.visit(node.args[0]);
        return largest([this.visit(node.args[1]), this.visit(node.args[2])]);
      }
      case 'macro':
        return this.#macro(node);
      case 'call': {
        const parts = node.args.map((part) => this.visit(part));
        for (const part of parts) this.steps += weight(part) / 32;
        if (node.operation.pattern !== undefined) this.steps += PATTERN_STEPS + (node.operation.patternWeight ?? 0);
        return extentOfCall(node.type, parts, node.operation.name);
      }
      default:
        for (const part of partsOf(node)) this.visit(part);
        return UNIT;
    }
  }

  #macro(node: MacroNode): Extent {
    const range = this.visit(node.range);
    this.#elements.set(node.number, range.element ?? UNIT);
    const before = this.steps;
    if (node.test !== undefined) this.visit(node.test);
    const step = node.step === undefined ? undefined : this.visit(node.step);
    this.steps = before + (this.steps - before) * range.size;
    if (node.macro === 'map') return { size: range.size, element: step ?? UNIT };
    return node.macro === 'filter' ? range : UNIT;
  }
}

function extentOfCall(type: Type, parts: readonly Extent[], name: string): Extent {
  if (name === '_[_]') return parts[0]?.element ?? UNIT;
  if (name === 'concat' || (name === '_+_' && type === 'string')) {
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    return { size, element: largest(parts.map((part) => part.element ?? UNIT)) };
  }
  if (type !== 'string') return UNIT;
  return { size: Math.max(CONVERTED_SIZE, ...parts.map((part) => part.size)) };
}

function extentOfType(type: Type): Extent {
  if (isList(type)) return { size: LIST_SIZE, element: extentOfType(type.list ?? 'bool') };
  return type === 'string' ? { size: TEXT_SIZE } : UNIT;
}

function extentOfValue(value: Value): Extent {
  if (typeof value === 'string') return { size: value.length };
  return typeof value === 'object' ? { size: value.length, element: largest(value.map(extentOfValue)) } : UNIT;
}

function largest(extents: readonly Extent[]): Extent {
  const size = extents.reduce((most, extent) => Math.max(most, extent.size), 0);
  const elements = extents.map((extent) => extent.element).filter((element) => element !== undefined);
  return elements.length === 0 ? { size } : { size, element: largest(elements) };
}

function weight(extent: Extent): number {
  return extent.element === undefined ? extent.size : extent.size * Math.max(1, weight(extent.element));
}
