// What an answer made by a view says of the view's end (RFC 9745, RFC 8594).
import { madeOnce } from '../api/made-once.ts';
import { deprecatedFields, headersOf } from '../rest/deprecation.ts';
import { isWithin } from './fields.ts';
import { searchMethod, type View } from './view.ts';

/** The headers of a view that will go away, or that shows fields that will; undefined where all stays. */
export const viewHeaders = madeOnce(({ label, fields, deprecation }: View) => {
  const shown = deprecatedFields(searchMethod().output).filter(
    ({ inOffer }) =>
      inOffer === undefined ||
      fields.length === 0 ||
      fields.some((field) => isWithin(field, inOffer) || isWithin(inOffer, field)),
  );
  return headersOf([...(deprecation === undefined ? [] : [{ path: label, ...deprecation }]), ...shown]);
});
