import type { HelperName } from './runtime.ts';
import type { Type, Value } from './types.ts';

/** A checked expression: every part with its type, every name resolved. */
export type Node =
  | ConstantNode
  | FailureNode
  | VariableNode
  | ElementNode
  | PresentNode
  | SelectNode
  | NarrowNode
  | FirstNode
  | ListNode
  | LogicNode
  | NotNode
  | ConditionalNode
  | CallNode
  | MacroNode;

/** A value known when the expression is compiled. */
export interface ConstantNode {
  readonly kind: 'constant';
  readonly type: Type;
  readonly value: Value;
}

/** What always errs: 1 / 0. */
export interface FailureNode {
  readonly kind: 'failure';
  readonly type: Type;
}

/** A variable of the scope, by its position among those that the expression reads. */
export interface VariableNode {
  readonly kind: 'variable';
  readonly type: Type;
  readonly index: number;
}

/** The element that a macro looks at. */
export interface ElementNode {
  readonly kind: 'element';
  readonly type: Type;
  readonly macro: number;
}

/** Whether something has a value. */
export interface PresentNode {
  readonly kind: 'present';
  readonly type: 'bool';
  readonly args: readonly [Node];
}

/** A field of a dyn value: absent when the value is no object, has no such field of its own, or null in it. */
export interface SelectNode {
  readonly kind: 'select';
  readonly type: 'dyn';
  readonly field: string;
  readonly args: readonly [Node];
}

/** A dyn value where a type is needed: absent when it is of another. */
export interface NarrowNode {
  readonly kind: 'narrow';
  readonly type: Type;
  readonly args: readonly [Node];
}

/** The first of several that has a value. */
export interface FirstNode {
  readonly kind: 'first';
  readonly type: Type;
  readonly args: readonly Node[];
}

/** A list written out. */
export interface ListNode {
  readonly kind: 'list';
  readonly type: Type;
  readonly args: readonly Node[];
}

/** && or ||, of two or more terms: an error counts only when no term decides. */
export interface LogicNode {
  readonly kind: 'logic';
  readonly type: 'bool';
  readonly operator: '&&' | '||';
  readonly args: readonly Node[];
}

/** Negation of a bool. */
export interface NotNode {
  readonly kind: 'not';
  readonly type: 'bool';
  readonly args: readonly [Node];
}

/** condition ? then : otherwise. Only the chosen side is evaluated. */
export interface ConditionalNode {
  readonly kind: 'conditional';
  readonly type: Type;
  readonly args: readonly [Node, Node, Node];
}

/** An operator or function that errs when an argument errs. */
export interface CallNode {
  readonly kind: 'call';
  readonly type: Type;
  readonly operation: Operation;
  readonly args: readonly Node[];
}

/** How a call is written in JavaScript. */
export interface Operation {
  /** For people and for the emitter's special cases. */
  readonly name: string;
  /** Whether it can err although its arguments did not; the code then yields undefined. */
  readonly fails: boolean;
  /** Whether it may yield null, which is absent. */
  readonly nullable?: true;
  /** A compiled pattern or a function of the host, given to `emit` behind the arguments. */
  readonly constant?: unknown;
  /** Steps that it takes beyond those that its arguments' sizes tell: those of a pattern. */
  readonly extraSteps?: number;
  /** Whether the same arguments may give something else another time: a function of the host. */
  readonly open?: true;
  /** Whether it is given undefined for an absent argument. */
  readonly takesAbsent?: true;
  /** The code, given the code of the arguments; each stands in it exactly once. `helper` makes a runtime helper usable. */
  readonly emit: (
    args: readonly string[],
    helper: (name: HelperName) => string,
    /** Code as something that can stand twice: the expression for the first time, and the one for the second. */
    hold: (code: string) => [string, string],
  ) => string;
}

/** A macro over a list. `number` tells its element from those of other macros. */
export interface MacroNode {
  readonly kind: 'macro';
  readonly type: Type;
  readonly macro: 'all' | 'exists' | 'exists_one' | 'map' | 'filter';
  readonly number: number;
  readonly range: Node;
  /** The test; absent for a map without one. */
  readonly test: Node | undefined;
  /** What map makes of an element. */
  readonly step: Node | undefined;
}

/** The parts of a node. */
export function partsOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'constant':
    case 'failure':
    case 'variable':
    case 'element':
      return [];
    case 'macro':
      return [node.range, node.test, node.step].filter((part) => part !== undefined);
    default:
      return node.args;
  }
}

/** Tells variables and elements apart. */
export function keyOf(node: VariableNode | ElementNode): string {
  return node.kind === 'variable' ? `variable ${node.index}` : `element ${node.macro}`;
}
