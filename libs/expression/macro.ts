import type { MacroNode } from './node.ts';
import type { Expr, Parsed } from './parse.ts';

/** The parser writes macros out as folds; code is better made from what was meant. */

/** A macro as it was written. */
export interface Macro {
  readonly name: MacroNode['macro'];
  /** The name of the element in test and step. */
  readonly element: string;
  readonly range: Expr;
  readonly test: Expr | undefined;
  readonly step: Expr | undefined;
}

/** The macro that a fold stands for; undefined for one that is not offered. */
export function macroOf(expr: Expr, sourceInfo: Parsed['sourceInfo']): Macro | undefined {
  if (expr.exprKind.case !== 'comprehensionExpr') return undefined;
  const { iterVar: element, iterVar2, iterRange: range, loopStep } = expr.exprKind.value;
  const written = sourceInfo?.macroCalls[String(expr.id)]?.exprKind;
  if (written?.case !== 'callExpr' || iterVar2 !== '' || range === undefined || loopStep === undefined)
    return undefined;
  const fold = argsOf(loopStep);
  switch (written.value.function) {
    case 'all':
    case 'exists':
      // result && test, or result || test
      return { name: written.value.function, element, range, test: fold[1], step: undefined };
    case 'exists_one':
    case 'existsOne':
      // test ? result + 1 : result
      return { name: 'exists_one', element, range, test: fold[0], step: undefined };
    case 'filter':
      // test ? result + [element] : result
      return { name: 'filter', element, range, test: fold[0], step: undefined };
    case 'map':
      // result + [step], or test ? result + [step] : result
      return fold.length === 3
        ? { name: 'map', element, range, test: fold[0], step: appended(fold[1]) }
        : { name: 'map', element, range, test: undefined, step: appended(loopStep) };
    default:
      return undefined;
  }
}

function argsOf(expr: Expr): readonly Expr[] {
  return expr.exprKind.case === 'callExpr' ? expr.exprKind.value.args : [];
}

function appended(sum: Expr | undefined): Expr | undefined {
  const list = sum === undefined ? undefined : argsOf(sum)[1];
  return list?.exprKind.case === 'listExpr' ? list.exprKind.value.elements[0] : undefined;
}
