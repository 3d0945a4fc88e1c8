import { randomUUID } from 'node:crypto';

/** What a request id of a client may be: it stands in headers and logs. */
const acceptable = /^[\w.:-]{1,128}$/;

/** The client's request id where it is one, else a new one. */
export function requestIdOf(given: string | undefined): string {
  return given !== undefined && acceptable.test(given) ? given : randomUUID();
}
