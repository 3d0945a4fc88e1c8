import { evaluateClosed } from './emit.ts';
import { type Node, partsOf } from './node.ts';

/** Evaluates once, when compiling, every part that reads no variable: literals of time, lists, sums of numbers. */
export function fold(node: Node): Node {
  if (node.kind === 'constant' || node.kind === 'failure') return node;
  if (isClosed(node)) {
    const value = evaluateClosed(node);
    if (value === undefined) return { kind: 'failure', type: node.type };
    // A constant list is handed out to whoever evaluates: nobody may change it.
    return { kind: 'constant', type: node.type, value: typeof value === 'object' ? Object.freeze(value) : value };
  }
  switch (node.kind) {
    case 'list':
    case 'call':
    case 'first':
    case 'logic':
      return { ...node, args: node.args.map(fold) };
    case 'not':
    case 'select':
    case 'narrow':
      return { ...node, args: [fold(node.args[0])] };
    case 'present':
      return { ...node, args: [fold(node.args[0])] };
    case 'conditional':
      return { ...node, args: [fold(node.args[0]), fold(node.args[1]), fold(node.args[2])] };
    case 'macro': {
      const { range, test, step } = node;
      return { ...node, range: fold(range), test: test && fold(test), step: step && fold(step) };
    }
    default:
      return node;
  }
}

function isClosed(node: Node, inside: readonly number[] = []): boolean {
  switch (node.kind) {
    case 'variable':
      return false;
    case 'call':
      return node.operation.open !== true && node.args.every((part) => isClosed(part, inside));
    case 'element':
      return inside.includes(node.macro);
    case 'macro': {
      const within = [...inside, node.number];
      return partsOf(node).every((part) => isClosed(part, within));
    }
    default:
      return partsOf(node).every((part) => isClosed(part, inside));
  }
}
