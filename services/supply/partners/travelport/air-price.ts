import { FailureKind } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { faultFailure, faultText, payloadOf, saysNothing } from './errors.ts';
import { type AirPriceRsp, list, type UapiBody } from './format.ts';
import { joinsOfPriced } from './joins.ts';
import { rowOfSolution, type TravelportRow } from './rows.ts';

/**
 * What the partner says now about segments that were priced again. Of several solutions the first is the fare asked for; the
 * others are dearer brands of the same flights. No solution: the fare cannot be had any more.
 */
export function readPriced(
  body: UapiBody,
):
  | { readonly row: TravelportRow }
  | { readonly gone: string }
  | { readonly failure: FailureKind; readonly detail: string } {
  const { Fault: fault, AirPriceRsp: answer } = payloadOf(body);
  if (fault !== undefined) return saysNothing(fault) ? { gone: faultText(fault) } : faultFailure(fault);
  if (typeof answer !== 'object' || answer === null) {
    return { failure: FailureKind.MALFORMED, detail: 'no answer to an air price request in the SOAP body' };
  }
  const row = firstSolution(answer);
  if (row !== undefined) return { row };
  const error = list(answer.AirPriceResult).flatMap((result) => list(result.AirPriceError))[0];
  return { gone: error?.Message ?? 'The fare is no longer offered on these flights.' };
}

/** The row that `readPriced` found. */
export function verifiedRow(body: UapiBody): TravelportRow {
  const answer = payloadOf(body).AirPriceRsp;
  const row = answer && firstSolution(answer);
  if (row === undefined) throw new TypeError('no pricing solution');
  return row;
}

function firstSolution(answer: AirPriceRsp): TravelportRow | undefined {
  for (const result of list(answer.AirPriceResult)) {
    for (const solution of list(result.AirPricingSolution)) return rowOfSolution(solution, joinsOfPriced(answer));
  }
  return undefined;
}
