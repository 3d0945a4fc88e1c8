import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Decimal } from '../../../../libs/money/index.ts';
import { Rejection } from '../../adapter.ts';
import { instantOf } from '../../mapping/time.ts';
import type { RateNode } from './format.ts';
import { isInHotelCurrency } from './price.ts';

/** What cancelling a rate costs from a moment on. */
export interface Fee {
  /** Epoch ms: an instant, because the text has an offset. */
  readonly from: number;
  /** Exact decimal in the currency of the rate's price; empty where it is not stated in it. */
  readonly amount: string;
}

/**
 * The fees of a rate, ascending: the answer promises no order.
 *
 * @param hotel its code, for rejections
 * @throws Rejection INVALID_TIME
 */
export function feesOf(rate: RateNode, hotel: unknown): Fee[] {
  const inHotelCurrency = isInHotelCurrency(rate);
  const fees: Fee[] = [];
  for (const policy of rate.cancellationPolicies ?? []) {
    const from = instantOf(policy?.from);
    if (from === undefined) {
      throw new Rejection(RejectionReason.INVALID_TIME, `cancellation of hotel ${hotel} from "${policy?.from}"`);
    }
    fees.push({ from, amount: String((inHotelCurrency ? policy.hotelAmount : policy.amount) ?? '') });
  }
  return fees.length > 1 ? fees.sort((a, b) => a.from - b.from) : fees;
}

/** The fees of rates that are booked together: from each moment at which one begins, what all of them cost then. */
export function sumFees(fees: readonly (readonly Fee[])[]): readonly Fee[] {
  const [first] = fees;
  if (first === undefined || fees.length === 1) return first ?? [];
  const moments = [...new Set(fees.flatMap((of) => of.map(({ from }) => from)))].sort((a, b) => a - b);
  return moments.map((from) => {
    let sum: Decimal | undefined = Decimal.parse('0');
    for (const of of fees) {
      const due = of.findLast((fee) => fee.from <= from);
      const amount = due === undefined ? undefined : Decimal.parse(due.amount);
      if (due !== undefined) sum = amount && sum?.plus(amount);
    }
    return { from, amount: sum?.toString() ?? '' };
  });
}
