import { FailureKind } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { invalidField } from '../../../../libs/errors/index.ts';
import type { Account, AnswerContext, PartnerRequest, ReadResult } from '../../adapter.ts';
import { faultFailure, payloadOf, saysNothing } from './errors.ts';
import { type LowFareSearchRsp, list, type UapiBody } from './format.ts';
import { joinsOf } from './joins.ts';
import { lowFareSearch } from './request.ts';
import { rowOfSolution, rowsOfPricePoint, type TravelportRow } from './rows.ts';

/** Rows made of one price point at most, where the partner's configuration does not say. */
const MAX_COMBINATIONS = 64;

/** The answer to a search, in either of its two shapes, asked at once or collected later. */
export function readSearch(body: UapiBody, context: AnswerContext): ReadResult<TravelportRow> {
  const payload = payloadOf(body);
  if (payload.Fault !== undefined) {
    return saysNothing(payload.Fault) ? { rows: [] } : faultFailure(payload.Fault);
  }
  const answer = payload.LowFareSearchRsp ?? payload.LowFareSearchAsynchRsp ?? payload.RetrieveLowFareSearchRsp;
  if (typeof answer !== 'object' || answer === null) {
    return { failure: FailureKind.MALFORMED, detail: 'no answer to a low fare search in the SOAP body' };
  }

  const joins = joinsOf(answer);
  const limit = maxCombinations(context.account);
  const rows: TravelportRow[] = [];
  let cut = 0;
  for (const point of list(answer.AirPricePointList?.AirPricePoint)) {
    const made = rowsOfPricePoint(point, joins, limit);
    for (const row of made.rows) rows.push(row);
    if (made.cut) cut++;
  }
  for (const solution of list(answer.AirPricingSolution)) rows.push(rowOfSolution(solution, joins));
  return { rows, next: nextPage(answer, context), warning: warningOf(answer, cut, limit) };
}

function nextPage(answer: LowFareSearchRsp, context: AnswerContext): PartnerRequest | undefined {
  const [next] = list(answer.NextResultReference);
  const reference = next?.['#text'];
  if (reference === undefined || reference === '') return undefined;
  const request = lowFareSearch(context, { provider: next?.['@ProviderCode'] ?? '1G', reference });
  return 'unsupported' in request ? undefined : request;
}

/** Errors and warnings beside results, results that wait at the partner, and what was left out here. */
function warningOf(answer: LowFareSearchRsp, cut: number, limit: number): string | undefined {
  const warnings: string[] = [];
  for (const message of list(answer.ResponseMessage)) {
    const type = message['@Type'];
    if (type === 'Error' || type === 'Warning') {
      warnings.push(`${type} ${message['@Code'] ?? ''}: ${message['#text'] ?? ''}`.replace(' :', ':'));
    }
  }
  for (const provider of list(answer.AsyncProviderSpecificResponse)) {
    if (provider['@MoreResults'] === 'true') warnings.push(`provider ${provider['@ProviderCode']} has more results`);
  }
  if (cut > 0) warnings.push(`${cut} price points have more than ${limit} combinations; the first ${limit} were taken`);
  return warnings.length === 0 ? undefined : warnings.join('; ');
}

function maxCombinations(account: Account): number {
  const option = account.options.maxCombinations ?? MAX_COMBINATIONS;
  if (typeof option === 'number' && Number.isInteger(option) && option >= 1 && option <= 1000) return option;
  throw invalidField('options.maxCombinations', `partner ${account.partner}: a whole number from 1 to 1000 is allowed`);
}
