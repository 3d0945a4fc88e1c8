import { type DynamicExpression, evaluateForm, type Form, formOf } from './dynamic.ts';
import type { CallNode, Node } from './node.ts';
import { typeName } from './types.ts';

/** Why a value is absent: a variable that is, or what went wrong in a part whose own parts are all there. */
export type Absence = { readonly variable: string } | { readonly reason: string };

/**
 * The innermost part of an expression that is absent though all that it is made of is there: an overflow, a text that is no
 * number, a key that is missing. For people who look for the cause; far too slow for rows that are well.
 *
 * @param values of the variables that the expression reads, in the order of `reads`
 * @returns undefined where the expression has a value
 */
export function explainAbsence(expression: DynamicExpression, values: readonly unknown[]): Absence | undefined {
  return absent(formOf(expression), values);
}

function absent(form: Form, values: readonly unknown[]): Absence | undefined {
  const { root } = form;
  if (evaluateForm(form, values) !== undefined) return undefined;
  const inner = (node: Node): Absence | undefined => absent({ ...form, root: node }, values);
  const settledValue = (node: Node): unknown => evaluateForm({ ...form, root: node }, values);
  switch (root.kind) {
    case 'constant':
    case 'failure':
    case 'element':
    case 'present':
      return { reason: 'it never has a value' };
    case 'variable':
      return { variable: form.variables[root.index]! };
    case 'select':
      return inner(root.args[0]) ?? { reason: `there is no "${root.field}"` };
    case 'narrow':
      return inner(root.args[0]) ?? { reason: `${shown(settledValue(root.args[0]))} is no ${typeName(root.type)}` };
    case 'conditional': {
      const [condition, then, otherwise] = root.args;
      const decided = settledValue(condition);
      return decided === undefined ? inner(condition) : inner(decided === true ? then : otherwise);
    }
    case 'macro': {
      const elements = settledValue(root.range);
      if (!Array.isArray(elements)) return inner(root.range);
      for (const element of elements) {
        for (const part of [root.test, root.step]) {
          const found = part && absent(withElement(form, part, root.number), [...values, element]);
          if (found !== undefined) return found;
        }
      }
      return undefined;
    }
    case 'call': {
      if (root.operation.takesAbsent !== true) {
        for (const part of root.args) {
          const found = inner(part);
          if (found !== undefined) return found;
        }
      }
      return { reason: failureOf(root, root.args.map(settledValue)) };
    }
    default:
      return root.args.map(inner).find((found) => found !== undefined);
  }
}

/** A part of a macro in which the element is one variable more. */
function withElement(form: Form, part: Node, number: number): Form {
  const { variables, types } = form;
  return {
    root: replaced(part, number, variables.length),
    variables: [...variables, `element ${number}`],
    types: [...types, 'dyn'],
  };
}

function replaced(node: Node, number: number, index: number): Node {
  const again = (part: Node): Node => replaced(part, number, index);
  switch (node.kind) {
    case 'element':
      return node.macro === number ? { kind: 'variable', type: node.type, index } : node;
    case 'constant':
    case 'failure':
    case 'variable':
      return node;
    case 'macro':
      return {
        ...node,
        range: again(node.range),
        test: node.test === undefined ? undefined : again(node.test),
        step: node.step === undefined ? undefined : again(node.step),
      };
    default:
      return { ...node, args: node.args.map(again) } as Node;
  }
}

/** What went wrong in an operation whose arguments are there. */
function failureOf({ operation: { name }, type }: CallNode, values: readonly unknown[]): string {
  const [a, b] = values.map(shown);
  const operator = /^_(.+)_$/.exec(name)?.[1];
  if (name === '_[_]') return `${a} has nothing at ${b}`;
  if (operator !== undefined && '+-*'.includes(operator) && type === 'int' && values.every(Number.isSafeInteger)) {
    return `${a} ${operator} ${b} overflows: whole numbers go to 2^53 - 1`;
  }
  if (operator !== undefined) return `${a} ${operator} ${b} has no value`;
  if (name === 'sum' && type === 'int') return `the sum of ${a} overflows, or one of them is no whole number`;
  return `${name}(${values.map(shown).join(', ')}) has no value`;
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
