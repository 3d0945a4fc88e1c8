import type { AnswerContext } from '../../adapter.ts';
import type { Door } from '../../kit/door.ts';
import { changeable, checkedBags, refundable } from './fare.ts';
import { type AirPriceRsp, type Joins, type LowFareSearchRsp, list, type UapiBody } from './format.ts';
import type { Journey } from './journey.ts';
import { journeyOfSolution, journeysOfPoint } from './journeys.ts';
import { expiresAt, summedPrice, taxes } from './price.ts';

/** What expressions would say badly: price points multiplied out to journeys, bags, penalties, and totals that are not stated. */

interface Names extends Joins {
  readonly found: LowFareSearchRsp | '' | undefined;
  readonly repriced: AirPriceRsp | '' | undefined;
  readonly max_combinations: number;
}

export const map: Door = {
  rows(body: UapiBody, _context: AnswerContext, names) {
    const { found, repriced, max_combinations: limit, ...joins } = names as unknown as Names;
    if (typeof body?.Envelope?.Body !== 'object') throw new TypeError('no SOAP envelope with a body');
    if (typeof repriced === 'object') return firstSolution(repriced, joins);
    if (typeof found !== 'object') return undefined;
    const rows: Journey[] = [];
    const instants = new Map<string, number>();
    let cut = 0;
    for (const point of list(found.AirPricePointList?.AirPricePoint)) {
      const made = journeysOfPoint(point, joins, limit, instants);
      rows.push(...made.rows);
      if (made.cut) cut++;
    }
    for (const solution of list(found.AirPricingSolution)) rows.push(journeyOfSolution(solution, joins));
    if (cut === 0) return rows;
    return { rows, warning: `${cut} price points have more than ${limit} combinations; the first ${limit} were taken` };
  },
  price: summedPrice,
  charges: taxes,
  expiresAt,
  fields: {
    checked_bags: checkedBags,
    refundable,
    changeable,
  },
};

/** Of several solutions the first is the fare asked for; the others are dearer brands of the same flights. */
function firstSolution(answer: AirPriceRsp, joins: Joins): Journey[] {
  for (const result of list(answer.AirPriceResult)) {
    for (const solution of list(result.AirPricingSolution)) return [journeyOfSolution(solution, joins)];
  }
  return [];
}
