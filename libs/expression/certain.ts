import { evaluateClosed } from './emit.ts';
import type { Node } from './node.ts';

const DIVISIONS: ReadonlySet<string> = new Set(['_/_', '_%_']);

/** What is wrong with a call that errs whatever its variables are; undefined where it need not. */
export function certainFailure(node: Node): string | undefined {
  if (node.kind !== 'call' || node.operation.open === true) return undefined;
  const [, divisor] = node.args;
  if (
    node.type === 'int' &&
    DIVISIONS.has(node.operation.name) &&
    divisor?.kind === 'constant' &&
    divisor.value === 0
  ) {
    return 'divides by zero, whatever the row says';
  }
  if (node.operation.fails && node.args.every(isLiteral) && evaluateClosed(node) === undefined) {
    return 'always errs: its result lies beyond ±(2^53 - 1), or does not exist';
  }
  return undefined;
}

function isLiteral(node: Node): boolean {
  if (node.kind === 'constant') return true;
  return (node.kind === 'list' || (node.kind === 'call' && node.operation.open !== true)) && node.args.every(isLiteral);
}
