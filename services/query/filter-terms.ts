import { type Constraint, compileConjunction, ExpressionError, verticalScope } from '../../libs/expression/index.ts';
import type { Vertical } from '../../libs/vertical/index.ts';
import type { ResultSet } from './result-set.ts';
import type { Columns } from './set-columns.ts';
import type { View } from './view.ts';

/** One condition of a filter: an offer passes the filter where it fulfils all of them. */
export interface Term {
  /** As CEL: in its canonical form where it is a constraint, else as it was written. */
  readonly text: string;
  /** The attribute that it is a constraint on, `price` or `partner`; undefined where it is none. */
  readonly constraint: Constraint | undefined;
  /** Whether a row fulfils it, also where that is so by its partner's word alone. */
  readonly fulfilled: (row: number) => boolean;
}

/** The conditions of a view's filter, in order; none where it has no filter. */
export function termsOf(set: ResultSet, view: View, vertical: Vertical, columns: Columns): Term[] {
  const { filter, conjuncts } = view;
  if (filter === undefined) return [];
  const texts = textsOf(filter.source, vertical, conjuncts.length);
  const vouched = set.partners.map((partner) => set.applied.vouched(partner, conjuncts));
  const { codes } = set.partnerColumn();
  return conjuncts.map(({ expression, constraint }, at) => {
    const holds = expression.bind(columns);
    return {
      text: constraint?.text ?? texts[at] ?? filter.source.trim(),
      constraint,
      fulfilled: (row) => {
        const said = holds(row);
        return said === true || (said === undefined && vouched[codes[row]!]?.[at] === true);
      },
    };
  });
}

/** What each condition of a filter was written as; empty where that cannot be told. */
function textsOf(source: string, vertical: Vertical, count: number): readonly string[] {
  const scope = verticalScope(vertical, { price: 'double', partner: 'string' });
  try {
    const texts = parts(source).flatMap((part) => {
      const { conjuncts } = compileConjunction(part, scope);
      // Of those that brackets hold together each has the text of the whole.
      return conjuncts.map(() => part.trim());
    });
    return texts.length === count ? texts : [];
  } catch (error) {
    if (error instanceof ExpressionError) return [];
    throw error;
  }
}

/** What stands between the outermost `&&`. */
function parts(source: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of source.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[([{]|[)\]}]|&&|\|\|/g)) {
    if ('([{'.includes(token)) depth++;
    else if (')]}'.includes(token)) depth--;
    // A lower operator on the same level holds everything together.
    else if (token === '||' && depth === 0) return [source];
    else if (token === '&&' && depth === 0) {
      found.push(source.slice(start, index));
      start = index + token.length;
    }
  }
  return [...found, source.slice(start)];
}
