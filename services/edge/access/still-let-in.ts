import type { EntrepotError } from '../../../libs/errors/index.ts';
import { toEntrepotError } from '../../../libs/errors/index.ts';
import type { EdgeCall } from '../call.ts';

/**
 * Looks again who sent a request that stays open, so that a key withdrawn, a token expired or a client narrowed is known with the
 * next heartbeat and not when the connection ends by itself. Sets the call's identity to what it is now.
 *
 * @returns why it would not be let in any more: CREDENTIALS_INVALID, CREDENTIALS_EXPIRED, NOT_PERMITTED; undefined where it would, and
 * where that cannot be told for now because an issuer's keys cannot be had
 */
export async function refusalSince(call: EdgeCall): Promise<EntrepotError | undefined> {
  try {
    call.identity = (await call.identify?.()) ?? call.identity;
    return undefined;
  } catch (thrown) {
    const error = toEntrepotError(thrown);
    return error.reason === 'UNREACHABLE' ? undefined : error;
  }
}
