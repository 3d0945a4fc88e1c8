import { Condition, type GoodCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import { gtin14 } from '../../../libs/reference/index.ts';
import { isCountry } from '../country.ts';
import type { CriteriaCheck } from './check.ts';

const longestQuery = 200;
const longestName = 100;
const longestPostalCode = 16;
const mostResults = 1_000;

/** Checks what a client asks for when it searches goods. */
export function checkGood(criteria: GoodCriteria, check: CriteriaCheck): void {
  checkWhat(criteria, check);
  check.noLonger('category', criteria.category, longestName);
  checkConditions(criteria, check);
  checkShipTo(criteria, check);
  if (criteria.maxResults !== undefined) check.within('maxResults', criteria.maxResults, 1, mostResults);
}

function checkWhat({ query, gtin, brand, mpn }: GoodCriteria, check: CriteriaCheck): void {
  check.noLonger('query', query, longestQuery);
  check.noLonger('brand', brand, longestName);
  check.noLonger('mpn', mpn, longestName);
  if (gtin !== '' && gtin14(gtin) === undefined) {
    const shown = JSON.stringify(gtin.slice(0, 40));
    const right =
      '8, 12, 13 or 14 digits with the right check digit, and not a number of a shop\'s own: "4006381333931"';
    check.refuse('gtin', `is ${shown}, no GTIN; give ${right}`);
  }
  if (mpn.trim() !== '' && brand.trim() === '') {
    check.refuse('brand', 'is missing; part numbers mean something within a brand alone');
  }
  if (query.trim() === '' && gtin === '' && mpn.trim() === '') {
    check.refuse('query', 'is missing; give words, a gtin, or brand and mpn');
  }
}

function checkConditions({ conditions }: GoodCriteria, check: CriteriaCheck): void {
  for (const [index, condition] of conditions.entries()) {
    if (condition <= Condition.UNSPECIFIED || condition > Condition.FOR_PARTS) {
      check.refuse(`conditions[${index}]`, 'is no condition; leave conditions out for any');
    } else if (conditions.indexOf(condition) < index) {
      check.refuse(`conditions[${index}]`, 'stands in the list before; give each once');
    }
  }
}

function checkShipTo({ shipTo }: GoodCriteria, check: CriteriaCheck): void {
  if (shipTo === undefined) return;
  if (!isCountry(shipTo.country)) {
    const shown = JSON.stringify(shipTo.country.slice(0, 40));
    check.refuse('shipTo.country', `is ${shown}, no ISO 3166-1 alpha-2 code; give two capital letters: "GB"`);
  }
  check.noLonger('shipTo.postalCode', shipTo.postalCode, longestPostalCode);
}
