import { type MacroNode, type Node, type Operation, partsOf } from './node.ts';
import { isList, type Type, type Value } from './types.ts';

/**
 * An upper estimate of what evaluating an expression for one row costs. Filters come from anyone, and nested or chained
 * macros multiply: [1, …].all(a, [1, …].all(b, …)), or a text that each of many maps doubles. What is beyond the limits
 * is refused before it is ever evaluated.
 */

/** How much an expression may cost. */
export interface CostLimit {
  /** Most elementary steps a row; a step takes a few nanoseconds. Ordinary filters take fewer than 100. */
  readonly steps: number;
  /** Most characters and elements that a value may hold. */
  readonly weight: number;
}

/** For expressions from anyone. */
export const STRICT: CostLimit = { steps: 20_000, weight: 20_000 };
/** For expressions in reviewed files, over values whose size nobody knows beforehand. */
export const REVIEWED: CostLimit = { steps: 1_000_000, weight: 1_000_000 };

/** Characters that a text variable is taken to have. */
const TEXT_SIZE = 32;
/** Elements that a list variable is taken to have. */
const LIST_SIZE = 8;
/** Characters of a number or time as text. */
const CONVERTED_SIZE = 32;

/** How large a value may be: characters of a text, elements of a list; 1 for anything else. */
interface Extent {
  readonly size: number;
  /** Of a list's elements, the largest. */
  readonly element?: Extent;
  /** Whether it is a dyn value, whose parts are again. */
  readonly dyn?: true;
}

const UNIT: Extent = { size: 1 };

/** Elements that a list in a dyn variable is taken to have. */
const DYN_SIZE = 16;
/** Elements that a list is taken to have that is a part of another list's element: there are many such, but small. */
const DYN_INNER_SIZE = 4;
/** What a dyn value weighs, whose parts no step looks at. */
const DYN_WEIGHT = 32;
/** The parts of a list's elements in a dyn value. */
const DYN_INNER: Extent = { size: DYN_INNER_SIZE, dyn: true };
const DYN: Extent = { size: DYN_SIZE, dyn: true };

/** Steps that a row may take at most; Infinity when a value may grow beyond what is allowed. */
export function stepsOf(root: Node, limit: CostLimit): number {
  const estimate = new Estimate(limit);
  const extent = estimate.visit(root);
  return estimate.overweight || weight(extent) > limit.weight ? Number.POSITIVE_INFINITY : estimate.steps;
}

class Estimate {
  steps = 0;
  overweight = false;
  readonly #limit: CostLimit;
  readonly #elements = new Map<number, Extent>();

  constructor(limit: CostLimit) {
    this.#limit = limit;
  }

  visit(node: Node): Extent {
    const extent = this.#extent(node);
    if (weight(extent) > this.#limit.weight) this.overweight = true;
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
      case 'first':
        return largest(node.args.map((part) => this.visit(part)));
      case 'select':
        return this.visit(node.args[0]);
      case 'narrow': {
        const extent = this.visit(node.args[0]);
        return node.type === 'string' && extent.dyn ? { size: Math.max(TEXT_SIZE, extent.size) } : extent;
      }
      case 'macro':
        return this.#macro(node);
      case 'call': {
        const parts = node.args.map((part) => this.visit(part));
        for (const part of parts) this.steps += weight(part) / 32;
        this.steps += node.operation.extraSteps ?? 0;
        return extentOfCall(node.type, parts, node.operation);
      }
      default:
        for (const part of partsOf(node)) this.visit(part);
        return UNIT;
    }
  }

  #macro(node: MacroNode): Extent {
    const range = this.visit(node.range);
    this.#elements.set(node.number, elementOf(range));
    const before = this.steps;
    if (node.test !== undefined) this.visit(node.test);
    const step = node.step === undefined ? undefined : this.visit(node.step);
    this.steps = before + (this.steps - before) * range.size;
    if (node.macro === 'map') return { size: range.size, element: step ?? UNIT };
    return node.macro === 'filter' ? range : UNIT;
  }
}

function extentOfCall(type: Type, parts: readonly Extent[], { name, open }: Operation): Extent {
  const [first = UNIT, second = UNIT] = parts;
  switch (name) {
    case '_[_]':
      return elementOf(first);
    case 'elementsOf':
    case 'distinct':
    case 'sort':
      return first;
    case 'flatten':
      return { size: first.size * elementOf(first).size, element: elementOf(elementOf(first)) };
    case 'split':
      return { size: first.size, element: { size: first.size } };
    case 'join':
      return { size: first.size * (elementOf(first).size + second.size) };
    case 'replace':
      return { size: (first.size + 1) * Math.max(1, parts[2]?.size ?? 1) };
    case 'concat':
    case '_+_':
      if (type === 'string' || type === 'dyn' || isList(type)) {
        const size = parts.reduce((sum, part) => sum + part.size, 0);
        return type === 'dyn' ? { size, dyn: true } : { size, element: largest(parts.map(elementOf)) };
      }
      break;
    default:
  }
  if (open) return extentOfType(type);
  if (type === 'dyn') return largest([DYN_INNER, ...parts]);
  if (type !== 'string') return UNIT;
  return { size: Math.max(CONVERTED_SIZE, ...parts.map((part) => part.size)) };
}

function elementOf(extent: Extent): Extent {
  return extent.element ?? (extent.dyn ? DYN_INNER : UNIT);
}

function extentOfType(type: Type): Extent {
  if (isList(type)) {
    return type.list === 'dyn' ? DYN : { size: LIST_SIZE, element: extentOfType(type.list ?? 'bool') };
  }
  if (type === 'dyn') return DYN;
  return type === 'string' ? { size: TEXT_SIZE } : UNIT;
}

function extentOfValue(value: Value): Extent {
  if (typeof value === 'string') return { size: value.length };
  return typeof value === 'object' ? { size: value.length, element: largest(value.map(extentOfValue)) } : UNIT;
}

function largest(extents: readonly Extent[]): Extent {
  const size = extents.reduce((most, extent) => Math.max(most, extent.size), 0);
  const elements = extents.map((extent) => extent.element).filter((element) => element !== undefined);
  const whole: Extent = elements.length === 0 ? { size } : { size, element: largest(elements) };
  return extents.some((extent) => extent.dyn) ? { ...whole, dyn: true } : whole;
}

function weight(extent: Extent): number {
  if (extent.dyn && extent.element === undefined) return Math.max(DYN_WEIGHT, extent.size);
  return extent.element === undefined ? extent.size : extent.size * Math.max(1, weight(extent.element));
}
