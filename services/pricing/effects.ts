import { Decimal, minorDigits, type RoundingMode } from '../../libs/money/index.ts';

/** An amount as a rule file states it. */
export interface AmountDeclaration {
  /** Major units, a quoted decimal. */
  readonly amount: string;
  readonly currency: string;
}

/** What a rule does, as its file declares it: one of percentage, fixed, limit and round. */
export interface EffectDeclaration {
  /** Of the total before this priority, "-1.5" for a discount; not below -100. */
  readonly percentage?: string;
  /** Of a percentage: it adds or takes at least so much. */
  readonly floor?: AmountDeclaration;
  /** Of a percentage: it adds or takes at most so much. */
  readonly cap?: AmountDeclaration;
  /** Negative for a discount. */
  readonly fixed?: AmountDeclaration;
  /** What the price is at least and at most, in per cent over the partner's total. */
  readonly limit?: { readonly least_margin?: string; readonly most_margin?: string };
  readonly round?: {
    /** The step in major units, "0.05". */
    readonly to: string;
    /** Where between two steps prices end: "0.99" with steps of "1.00". */
    readonly ending?: string;
    readonly mode: RoundingMode;
    /** The shown currency for which it is. */
    readonly currency: string;
  };
}

/** An amount of a currency. */
export interface Amount {
  readonly amount: Decimal;
  readonly currency: string;
}

/** What a rule does. */
export type Effect =
  | {
      readonly kind: 'percentage' /** 0.03 for 3 %. */;
      readonly share: Decimal;
      readonly floor: Amount | undefined;
      readonly cap: Amount | undefined;
    }
  | ({ readonly kind: 'fixed' } & Amount)
  | {
      readonly kind: 'limit' /** 0.03 for 3 %. */;
      readonly least: Decimal | undefined;
      readonly most: Decimal | undefined;
    }
  | {
      readonly kind: 'round';
      readonly to: Decimal;
      readonly ending: Decimal;
      readonly mode: RoundingMode;
      readonly currency: string;
    };

type Report = (path: readonly string[], reason: string) => void;

const PERCENT = new Decimal(1n, 2);

/** Reads an effect whose shape the schema has checked; undefined where something is wrong with it, which is reported. */
export function readEffect(apply: EffectDeclaration, report: Report): Effect | undefined {
  const { percentage, floor, cap, fixed, limit, round } = apply;
  const stated = Object.entries({ percentage, fixed, limit, round }).filter(([, value]) => value !== undefined);
  if (stated.length !== 1) {
    report(
      [],
      `expected exactly one of percentage, fixed, limit, round; found ${stated.map(([key]) => key).join(', ') || 'none'}`,
    );
    return undefined;
  }
  if (percentage === undefined) {
    for (const [key, value] of Object.entries({ floor, cap })) {
      if (value === undefined) continue;
      report([key], 'bounds a percentage; there is none');
      return undefined;
    }
  }
  if (percentage !== undefined) return readPercentage(percentage, floor, cap, report);
  if (fixed !== undefined) {
    const amount = readAmount(fixed, ['fixed'], report);
    return amount && { kind: 'fixed', ...amount };
  }
  if (limit !== undefined) return readLimit(limit, report);
  return readRound(round!, report);
}

function readPercentage(
  text: string,
  floorOf: AmountDeclaration | undefined,
  capOf: AmountDeclaration | undefined,
  report: Report,
): Effect | undefined {
  const percentage = decimal(text);
  if (percentage.compare(new Decimal(-100n, 0)) < 0) {
    report(['percentage'], 'takes more than the whole price; expected -100 or more');
    return undefined;
  }
  const floor = floorOf && readAmount(floorOf, ['floor'], report, true);
  const cap = capOf && readAmount(capOf, ['cap'], report, true);
  if ((floorOf !== undefined && floor === undefined) || (capOf !== undefined && cap === undefined)) return undefined;
  if (floor !== undefined && cap !== undefined && floor.currency === cap.currency) {
    if (floor.amount.compare(cap.amount) > 0) {
      report(['cap'], `is less than the floor of ${floor.amount} ${floor.currency}`);
      return undefined;
    }
  }
  return { kind: 'percentage', share: percentage.times(PERCENT), floor, cap };
}

function readLimit(
  { least_margin, most_margin }: NonNullable<EffectDeclaration['limit']>,
  report: Report,
): Effect | undefined {
  const least = least_margin === undefined ? undefined : decimal(least_margin).times(PERCENT);
  const most = most_margin === undefined ? undefined : decimal(most_margin).times(PERCENT);
  const whole = new Decimal(-1n, 0);
  for (const [key, value] of Object.entries({ least_margin: least, most_margin: most })) {
    if (value === undefined || value.compare(whole) >= 0) continue;
    report(['limit', key], 'is below a price of nothing; expected -100 or more');
    return undefined;
  }
  if (least !== undefined && most !== undefined && least.compare(most) > 0) {
    report(['limit', 'most_margin'], `is less than the least margin of ${least_margin} %`);
    return undefined;
  }
  return { kind: 'limit', least, most };
}

function readRound(
  { to, ending = '0', mode, currency }: NonNullable<EffectDeclaration['round']>,
  report: Report,
): Effect | undefined {
  const digits = minorDigits(currency);
  if (digits === undefined) {
    report(['round', 'currency'], `"${currency}" is no ISO 4217 currency code`);
    return undefined;
  }
  const step = decimal(to);
  const end = decimal(ending);
  for (const [key, value, text] of [['to', step, to] as const, ['ending', end, ending] as const]) {
    if (value.toMinor(digits) !== undefined) continue;
    report(['round', key], `${text} has more digits than ${currency} can have (${digits})`);
    return undefined;
  }
  if (step.isZero()) report(['round', 'to'], 'is zero; expected the step between two prices ("0.05")');
  else if (end.compare(step) >= 0) report(['round', 'ending'], `${ending} is not below the step of ${to}`);
  else return { kind: 'round', to: step, ending: end, mode, currency };
  return undefined;
}

function readAmount(
  { amount: text, currency }: AmountDeclaration,
  path: readonly string[],
  report: Report,
  positive = false,
): Amount | undefined {
  const digits = minorDigits(currency);
  const amount = decimal(text);
  if (digits === undefined) report([...path, 'currency'], `"${currency}" is no ISO 4217 currency code`);
  else if (amount.toMinor(digits) === undefined) {
    report([...path, 'amount'], `${text} has more digits than ${currency} can have (${digits})`);
  } else if (positive && amount.isNegative()) {
    report([...path, 'amount'], `${text} is negative; it bounds the size of the effect, of a discount too`);
  } else return { amount, currency };
  return undefined;
}

function decimal(text: string): Decimal {
  const value = Decimal.parse(text);
  if (value === undefined) throw new TypeError('The schema lets only plain decimals through.');
  return value;
}

/** What a rule does, in one line: "2.5 %, at least 4.00 EUR". */
export function effectText(apply: EffectDeclaration): string {
  const { percentage, floor, cap, fixed, limit, round } = apply;
  if (percentage !== undefined) {
    const bounds = [floor && `at least ${amountText(floor)}`, cap && `at most ${amountText(cap)}`];
    return [`${percentage} %`, ...bounds.filter((bound) => bound !== undefined)].join(', ');
  }
  if (fixed !== undefined) return amountText(fixed);
  if (limit !== undefined) {
    const { least_margin: least, most_margin: most } = limit;
    const bounds = [least && `at least ${least} %`, most && `at most ${most} %`].filter((bound) => bound !== undefined);
    return `${bounds.join(' and ')} over the partner's total`;
  }
  const { to, ending, mode, currency } = round!;
  const how = `${mode.replace('_', ' ')}`;
  return ending === undefined
    ? `rounded to ${to} ${currency}, ${how}`
    : `rounded to end at ${ending} in every ${to} ${currency}, ${how}`;
}

/** "4.00 EUR" */
export function amountText({ amount, currency }: AmountDeclaration): string {
  return `${amount} ${currency}`;
}
