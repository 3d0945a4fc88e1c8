import { type Constraint, excludes, implies } from '../../libs/expression/index.ts';
import type { TermShape } from './condition.ts';
import type { ArmDeclaration } from './experiments.ts';
import type { Validity } from './validity.ts';

/** What tells a rule from another, for one vertical. */
export interface Overlapper {
  readonly terms: readonly TermShape[];
  readonly validity: Validity | undefined;
  readonly experiment: ArmDeclaration | undefined;
  /** Of a rounding, the currency that it is for. */
  readonly shownCurrency: string | undefined;
}

/** So few are compared each with each. */
const FEW = 24;

/**
 * Pairs of rules that are not seen to rule each other out, so that a row may have both; the later one first in the list that was
 * given stands second. Of thousands only those are compared that agree on the attribute that most of them compare.
 *
 * @param most stops after so many
 */
export function overlaps<T extends Overlapper>(rules: readonly T[], most: number): (readonly [T, T])[] {
  const found = new Map<string, readonly [T, T]>();
  const order = new Map(rules.map((rule, at) => [rule, at]));
  const compare = (a: T, b: T): void => {
    const [first, second] = order.get(a)! < order.get(b)! ? [a, b] : [b, a];
    if (!disjoint(first, second)) found.set(`${order.get(first)} ${order.get(second)}`, [first, second]);
  };
  const search = (some: readonly T[], split: ReadonlySet<string>): void => {
    const attribute = some.length > FEW ? commonAttribute(some, split) : undefined;
    if (attribute === undefined) {
      for (let i = 0; i < some.length; i++) {
        for (let j = i + 1; j < some.length && found.size < most; j++) compare(some[i]!, some[j]!);
      }
      return;
    }
    const byValue = new Map<string | number, T[]>();
    const others: T[] = [];
    for (const rule of some) {
      const values = valuesOf(rule, attribute);
      if (values === undefined) others.push(rule);
      for (const value of values ?? []) {
        const group = byValue.get(value);
        if (group === undefined) byValue.set(value, [rule]);
        else group.push(rule);
      }
    }
    const further = new Set([...split, attribute]);
    for (const group of byValue.values()) {
      search(group, further);
      for (const one of group) for (const other of others) if (found.size < most) compare(one, other);
    }
    search(others, further);
  };
  search(rules, new Set());
  return [...found.values()];
}

/** An attribute that at least half of the rules compare with constants. */
function commonAttribute(rules: readonly Overlapper[], split: ReadonlySet<string>): string | undefined {
  const counts = new Map<string, number>();
  for (const { terms } of rules) {
    for (const { constraint } of terms) {
      if (constraint === undefined || split.has(constraint.attribute) || !countable(constraint)) continue;
      counts.set(constraint.attribute, (counts.get(constraint.attribute) ?? 0) + 1);
    }
  }
  const [best] = [...counts].sort(([, a], [, b]) => b - a);
  return best !== undefined && best[1] * 2 >= rules.length ? best[0] : undefined;
}

function countable({ operator }: Constraint): boolean {
  return operator === 'equals' || operator === 'any_of';
}

function valuesOf({ terms }: Overlapper, attribute: string): readonly (string | number)[] | undefined {
  const constraint = terms.find(
    (term) => term.constraint?.attribute === attribute && countable(term.constraint),
  )?.constraint;
  if (constraint === undefined) return undefined;
  return constraint.operator === 'equals'
    ? [constraint.value as string | number]
    : (constraint.value as readonly (string | number)[]);
}

/** Whether no row can have both. */
function disjoint(a: Overlapper, b: Overlapper): boolean {
  if (a.shownCurrency !== undefined && b.shownCurrency !== undefined && a.shownCurrency !== b.shownCurrency)
    return true;
  if (a.experiment !== undefined && a.experiment.name === b.experiment?.name && a.experiment.arm !== b.experiment.arm) {
    return true;
  }
  return (
    neverTogether(a.validity, b.validity) || a.terms.some((one) => b.terms.some((other) => contradict(one, other)))
  );
}

function contradict(one: TermShape, other: TermShape): boolean {
  if (one.constraint !== undefined && other.constraint !== undefined) return excludes(one.constraint, other.constraint);
  if (one.constraint !== undefined && other.exclusion !== undefined) return implies(one.constraint, other.exclusion);
  return one.exclusion !== undefined && other.constraint !== undefined && implies(other.constraint, one.exclusion);
}

function neverTogether(a: Validity | undefined, b: Validity | undefined): boolean {
  if (a === undefined || b === undefined || a.zone !== b.zone) return false;
  // Spans of local times that do not meet in one zone do not meet in another.
  const [aFrom, aUntil] = a.span('UTC');
  const [bFrom, bUntil] = b.span('UTC');
  if ((aUntil <= bFrom || bUntil <= aFrom) && a.local === b.local) return true;
  if (a.weekdays !== undefined && b.weekdays !== undefined && a.weekdays.isDisjointFrom(b.weekdays)) return true;
  if (a.hours === undefined || b.hours === undefined) return false;
  const [x, y] = [a.hours, b.hours];
  return x.from < x.until && y.from < y.until && (x.until <= y.from || y.until <= x.from);
}
