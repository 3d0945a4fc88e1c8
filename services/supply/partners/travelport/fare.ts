import { type AirPricingInfo, type FareInfo, list, type Penalty } from './format.ts';
import type { Booking, Journey } from './journey.ts';

/** Fewest checked bags on any segment for any passenger; undefined where one fare does not say. */
export function checkedBags(row: Journey): number | undefined {
  let fewest: number | undefined;
  const count = ({ fare }: Booking): boolean => {
    const bags = bagsOfFare(fare);
    if (bags === undefined) return false;
    if (fewest === undefined || bags < fewest) fewest = bags;
    return true;
  };
  return row.booked.every(count) ? fewest : bagsOfInfos(row.infos);
}

/** Pieces; a weight without pieces is one bag at least, and none where it is 0. */
function bagsOfFare(fare: FareInfo): number | undefined {
  const allowance = fare.BaggageAllowance;
  if (typeof allowance !== 'object') return undefined;
  if (allowance.NumberOfPieces !== undefined) return wholeNumber(allowance.NumberOfPieces);
  const weight = typeof allowance.MaxWeight === 'object' ? wholeNumber(allowance.MaxWeight['@Value']) : undefined;
  return weight === undefined ? undefined : Math.min(weight, 1);
}

/** Where a priced itinerary states bags: texts beside the pricing info, "1P" for pieces, "20K" for a weight. */
function bagsOfInfos(infos: readonly AirPricingInfo[]): number | undefined {
  let fewest: number | undefined;
  for (const info of infos) {
    const allowances = list(info.BaggageAllowances?.BaggageAllowanceInfo);
    if (allowances.length === 0) return undefined;
    for (const allowance of allowances) {
      const text = list(allowance.TextInfo)[0]?.Text;
      const match = /^(\d+)([PKL])$/.exec((typeof text === 'string' ? text : text?.[0]) ?? '');
      if (match === null) return undefined;
      const bags = match[2] === 'P' ? Number(match[1]) : Math.min(Number(match[1]), 1);
      if (fewest === undefined || bags < fewest) fewest = bags;
    }
  }
  return fewest;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

/**
 * Refundable for every passenger. The attribute only ever says yes; that a fare is not refundable shows in a penalty of all
 * of it, before departure too. Undefined where neither stands.
 */
export function refundable(row: Journey): boolean | undefined {
  return forAll(row.infos, (info) => {
    if (info['@Refundable'] !== undefined) return info['@Refundable'] === 'true';
    return penaltyAllows(info.CancelPenalty) === false ? false : undefined;
  });
}

/** Changeable before departure for every passenger: a penalty is stated and it is not all of the fare. */
export function changeable(row: Journey): boolean | undefined {
  return forAll(row.infos, (info) => penaltyAllows(info.ChangePenalty));
}

function forAll(
  infos: readonly AirPricingInfo[],
  of: (info: AirPricingInfo) => boolean | undefined,
): boolean | undefined {
  let all: boolean | undefined = infos.length === 0 ? undefined : true;
  for (const info of infos) {
    const one = of(info);
    if (one === false) return false;
    if (one === undefined) all = undefined;
  }
  return all;
}

/** Whether the penalties that hold before departure leave anything; undefined where there are none. */
function penaltyAllows(penalties: AirPricingInfo['ChangePenalty']): boolean | undefined {
  let allows: boolean | undefined;
  for (const penalty of list<Penalty>(penalties)) {
    if (penalty['@PenaltyApplies'] === 'After Departure' || penalty['@NoShow'] === 'true') continue;
    if (penalty.Percentage !== undefined && Number(penalty.Percentage) >= 100) return false;
    if (penalty.Percentage !== undefined || penalty.Amount !== undefined) allows = true;
  }
  return allows;
}
