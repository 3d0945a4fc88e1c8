// What is said to who is not recognised. Nothing here repeats what was sent.
import { EntrepotError } from '../../../libs/errors/index.ts';

/** No credentials came. */
export function missing(): EntrepotError {
  return new EntrepotError({
    reason: 'CREDENTIALS_MISSING',
    message:
      'Say who asks: send a key or a token as "Authorization: Bearer …", a key as "Entrepot-Key", or either as the parameter ' +
      'access_token where headers cannot be sent. Who runs this edge gives keys out (entrepot client key <name>).',
  });
}

/** What came is not known here. */
export function invalid(message: string): EntrepotError {
  return new EntrepotError({ reason: 'CREDENTIALS_INVALID', message });
}

/** What came was known once. */
export function expired(what: string, at: number, then: string): EntrepotError {
  const when = new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
  return new EntrepotError({
    reason: 'CREDENTIALS_EXPIRED',
    message: `${what} expired at ${when}. ${then}`,
    metadata: { expiredAt: when },
  });
}
