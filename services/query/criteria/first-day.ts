import type { VerticalCriteria } from './index.ts';

type CriteriaOf<Name> = Extract<VerticalCriteria, { $case: Name }>['value'];

/** One line a vertical: the local date, or date and time, at which what is sought begins; empty for now, undefined for none. */
const begins: {
  readonly [Name in VerticalCriteria['$case']]: (criteria: CriteriaOf<Name>) => string | undefined;
} = {
  flight: ({ departureDate, slices }) => departureDate || slices[0]?.departureDate,
  stay: ({ checkIn }) => checkIn,
  good: () => undefined,
  ride: ({ pickupAt }) => pickupAt,
};

/** The day on which what is sought begins: a local date, 'now' for as soon as possible, undefined where it has none. */
export function firstDay(criteria: VerticalCriteria): string | undefined {
  const of = begins[criteria.$case] as (value: VerticalCriteria['value']) => string | undefined;
  const text = of(criteria.value);
  return text === '' ? 'now' : text?.slice(0, 10);
}
