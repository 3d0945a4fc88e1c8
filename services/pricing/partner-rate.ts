import type { PartnerRate } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { Decimal } from '../../libs/money/index.ts';
import { type FxPolicy, judgeAge, oldest } from './fx.ts';
import { readPlainRate } from './rate.ts';
import { dayOf } from './rate-book.ts';
import { addedSpread, type Conversion, conversionOf } from './rates.ts';
import { businessDaysSince } from './target-calendar.ts';

const ONE = new Decimal(1n, 0);

/**
 * The conversion at a rate that a partner states itself. It is what the partner converts at, so no spread is added to it but for age.
 *
 * @param day of pricing, ISO 8601
 * @param policy absent where ages are not judged
 * @returns the conversion; what is wrong with the rate, for a person: nothing stands in for it; undefined where the partner states none
 *   from the one currency to the other
 */
export function partnerConversion(
  partner: string,
  rates: readonly PartnerRate[],
  from: string,
  to: string,
  day: string,
  policy: FxPolicy | undefined,
): Conversion | string | undefined {
  if (from === to) return undefined;
  const stated = rates.filter((rate) => rate.fromCurrency === from && rate.toCurrency === to);
  const [one] = stated;
  if (one === undefined) return undefined;
  const of = `the rate of ${partner} from ${from} to ${to}`;
  if (stated.length > 1) return `${partner} states ${stated.length} rates from ${from} to ${to}`;
  const rate = readPlainRate(one.rate);
  if (rate === undefined) return `${of} is ${JSON.stringify(one.rate.slice(0, 40))}; expected a decimal above 0`;
  const { date } = one;
  if (!isDate(date)) return `${of} is of ${JSON.stringify(date.slice(0, 40))}; expected a date, "YYYY-MM-DD"`;
  // Somewhere it is tomorrow already.
  if (date > dayOf(Date.parse(day) + 86_400_000)) return `${of} is dated in the future (${date})`;
  const age = businessDaysSince(date, day);
  const judgement = policy === undefined ? ({ kind: 'current' } as const) : judgeAge(policy.staleness, age);
  if (judgement.kind === 'refused') {
    return `${of} is of ${date}, ${age} business days old, and refused after ${policy === undefined ? 0 : oldest(policy.staleness)}`;
  }
  const widened = judgement.kind === 'widened' ? { percentage: judgement.percentage, date, age } : undefined;
  return conversionOf({
    from,
    to,
    numerator: rate,
    denominator: ONE,
    description: `${from} to ${to} at ${rate} (rate of ${partner}, ${date})`,
    source: partner,
    version: date,
    date,
    spread: addedSpread(undefined, widened),
  });
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}
