import type { SearchRequest } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { FieldViolation } from '../../../libs/errors/index.ts';
import { CriteriaCheck } from './check.ts';
import { checkFlight } from './flight.ts';
import { checkGood } from './good.ts';
import { checkRide } from './ride.ts';
import { checkStay } from './stay.ts';

/** The criteria of a search with the vertical that they are of. */
export type VerticalCriteria = NonNullable<SearchRequest['vertical']>;

type CriteriaOf<Name> = Extract<VerticalCriteria, { $case: Name }>['value'];

/** One line a vertical: what its criteria must be. The one place in query that names verticals. */
const checks: {
  readonly [Name in VerticalCriteria['$case']]: (criteria: CriteriaOf<Name>, check: CriteriaCheck) => void;
} = {
  flight: checkFlight,
  stay: checkStay,
  good: checkGood,
  ride: checkRide,
};

/**
 * Everything that is wrong with a search's criteria; empty when nothing is.
 * @param now the moment of the search, epoch milliseconds: dates before it, on the clock of their place, are refused
 */
export function checkCriteria(criteria: VerticalCriteria, now: number): FieldViolation[] {
  const check = new CriteriaCheck(criteria.$case, now);
  const run = checks[criteria.$case] as (value: VerticalCriteria['value'], check: CriteriaCheck) => void;
  run(criteria.value, check);
  return check.violations;
}
