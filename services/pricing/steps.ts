import type { Decimal, RoundingMode } from '../../libs/money/index.ts';

/**
 * What rules do to a price, exactly. Steps of one priority are one level, and within a level nothing depends on their order:
 *
 * 1. every percentage is of the total before the level, kept within its floor and cap, and every fixed amount is added;
 * 2. the total is kept within the greatest least and the least most of the level's limits; where they cross, the least wins;
 * 3. the total is rounded by the level's rounding, of which there is one at most.
 *
 * Levels follow each other in the order of their priorities, greatest first.
 */

/** A rule's effect in one view: amounts in major units of the shown currency. */
export type Step = { readonly rule: StepRule; readonly priority: number } & StepEffect;

/** What a step does. */
export type StepEffect =
  | {
      readonly kind: 'percentage';
      /** 0.03 for 3 %; not below -1. */
      readonly share: Decimal;
      /** What it adds or takes at least and at most; where they cross, the cap wins. */
      readonly floor: Decimal | undefined;
      readonly cap: Decimal | undefined;
    }
  | { readonly kind: 'fixed'; readonly amount: Decimal }
  | {
      readonly kind: 'limit';
      /** Shares of the partner's total, as converted. */
      readonly least: Decimal | undefined;
      readonly most: Decimal | undefined;
    }
  | { readonly kind: 'round'; readonly to: Decimal; readonly ending: Decimal; readonly mode: RoundingMode };

/** What a line says about its rule. */
export interface StepRule {
  readonly name: string;
  /** For a person: "Service fee: 4.00 EUR". */
  readonly effect: string;
}

/** What a step made of the running total. */
export interface StepLine {
  readonly kind: 'percentage' | 'fixed' | 'limit' | 'round';
  readonly rule: StepRule;
  /** Which bound a limit is of: "floor", "cap", "least margin", "most margin"; empty otherwise. */
  readonly bound: string;
  readonly amount: Decimal;
  readonly running: Decimal;
}

/** Digits after the point that a percentage's amount has at most: no more would fit a price of any number of levels. */
const MAX_DIGITS = 40;

/**
 * The total after all steps, in the order of their priorities.
 *
 * @param start the partner's total as converted
 * @param line told of everything that changed the total, in order: the amounts add up exactly
 */
export function applySteps(start: Decimal, steps: readonly Step[], line?: (line: StepLine) => void): Decimal {
  let running = start;
  for (let first = 0; first < steps.length; ) {
    let end = first + 1;
    while (end < steps.length && steps[end]!.priority === steps[first]!.priority) end++;
    running = applyLevel(start, running, steps.slice(first, end), line);
    first = end;
  }
  return running;
}

function applyLevel(
  start: Decimal,
  before: Decimal,
  level: readonly Step[],
  line: ((line: StepLine) => void) | undefined,
): Decimal {
  let running = before;
  const add = (step: Step, kind: StepLine['kind'], amount: Decimal, bound = ''): void => {
    running = running.plus(amount);
    line?.({ kind, rule: step.rule, bound, amount, running });
  };
  for (const step of level) {
    if (step.kind === 'fixed') add(step, 'fixed', step.amount);
    if (step.kind !== 'percentage') continue;
    const product = before.times(step.share);
    const amount = product.scale > MAX_DIGITS ? product.round(MAX_DIGITS, 'half_even') : product;
    add(step, 'percentage', amount);
    const { bounded, bound } = withinBounds(step, amount);
    if (bounded.compare(amount) !== 0) add(step, 'limit', bounded.minus(amount), bound);
  }
  for (const side of ['most', 'least'] as const) {
    const tightest = tightestLimit(level, side);
    if (tightest === undefined) continue;
    const target = start.plus(start.times(tightest.share));
    const order = running.compare(target);
    const beyond = side === 'least' ? order < 0 : order > 0;
    if (beyond) add(tightest.step, 'limit', target.minus(running), `${side} margin`);
  }
  const rounding = level.find((step) => step.kind === 'round');
  if (rounding?.kind === 'round' && !running.isNegative()) {
    const rounded = roundToStep(running, rounding.to, rounding.ending, rounding.mode);
    if (rounded.compare(running) !== 0) add(rounding, 'round', rounded.minus(running));
  }
  return running;
}

function withinBounds(
  { share, floor, cap }: Extract<StepEffect, { kind: 'percentage' }>,
  amount: Decimal,
): { bounded: Decimal; bound: string } {
  const negative = share.isNegative();
  let size = negative ? amount.negate() : amount;
  let bound = '';
  if (floor !== undefined && size.compare(floor) < 0) {
    size = floor;
    bound = 'floor';
  }
  if (cap !== undefined && size.compare(cap) > 0) {
    size = cap;
    bound = 'cap';
  }
  return { bounded: negative ? size.negate() : size, bound };
}

function tightestLimit(level: readonly Step[], side: 'least' | 'most'): { step: Step; share: Decimal } | undefined {
  let tightest: { step: Step; share: Decimal } | undefined;
  for (const step of level) {
    const share = step.kind === 'limit' ? step[side] : undefined;
    if (share === undefined) continue;
    const order = tightest === undefined ? 0 : share.compare(tightest.share);
    if (tightest === undefined || (side === 'least' ? order > 0 : order < 0)) tightest = { step, share };
  }
  return tightest;
}

/**
 * The nearest amount that ends as it should; never below the first that does.
 *
 * @param value not negative
 */
export function roundToStep(value: Decimal, to: Decimal, ending: Decimal, mode: RoundingMode): Decimal {
  const distance = value.minus(ending);
  if (distance.isNegative()) return ending;
  return distance.dividedBy(to, 0, mode).times(to).plus(ending);
}
