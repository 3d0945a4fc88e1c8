// What an answer made by a view says of the view's end (RFC 9745, RFC 8594).
import { headersOf } from '../rest/deprecation.ts';
import type { View } from './view.ts';

/** The headers of a view that will go away; undefined for one that stays. */
export function viewHeaders({ label, deprecation }: View): Readonly<Record<string, string>> | undefined {
  return deprecation && headersOf([{ path: label, ...deprecation }]);
}
