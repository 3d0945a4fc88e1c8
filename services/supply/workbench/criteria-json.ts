import { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { checkShape, descriptors } from '../../../libs/vertical/index.ts';

/**
 * Criteria as the API takes them, as strictly as there: a field that does not exist would be a search for something else.
 *
 * @throws EntrepotError UNKNOWN_FIELD or INVALID_FIELD, naming every field
 */
export function criteriaFromJson(json: Readonly<Record<string, unknown>>): Criteria {
  checkShape(descriptors().getMessage('entrepot.offer.v1.Criteria')!, json);
  return Criteria.fromJSON(json);
}
