import type { EntrepotError } from '../../../../libs/errors/index.ts';
import { problemOf } from '../../rest/problem.ts';

/** The edge goes away: connect again. */
const goingAway = 1001;
/** The edge cannot take it on now: try again later. */
const tryAgainLater = 1013;
/** What a code in the range of applications begins with; the HTTP status of the problem follows. */
const application = 4000;
/** Said where the client took too long: to say who it is, or to read. */
export const tooSlow = 4408;

/** The code with which a socket is closed for an error: 4000 and its HTTP status (4401, 4403, 4429), 1001 or 1013. */
export function closeCodeOf(error: EntrepotError): number {
  if (error.reason === 'DRAINING') return goingAway;
  const { status } = problemOf(error);
  return status >= 500 || error.reason === 'OVERLOADED' ? tryAgainLater : application + status;
}
