import type { IncomingHttpHeaders } from 'node:http';
import type { Identity } from '../../../../libs/clients/index.ts';
import { EntrepotError } from '../../../../libs/errors/index.ts';

const thisMachine = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/**
 * Browsers ask no leave for WebSockets as they do for other requests, and say from which page they come: it has to be one of the edge's
 * own, or one of the client's. In development, any of this machine.
 * @throws EntrepotError NOT_PERMITTED
 */
export function checkOrigin({ origin, host }: IncomingHttpHeaders, identity: Identity): void {
  if (origin === undefined || identity.origins.includes('*') || identity.origins.includes(origin)) return;
  const page = URL.canParse(origin) ? new URL(origin) : undefined;
  if (page !== undefined && (page.host === host || (identity.development && thisMachine.test(page.hostname)))) return;
  throw new EntrepotError({
    reason: 'NOT_PERMITTED',
    message: `Pages of ${origin.slice(0, 200)} may not act for the client "${identity.client}".`,
    metadata: { origin: origin.slice(0, 200) },
  });
}
