import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Account } from '../adapter.ts';
import type { SenderCheck } from '../inventory/types.ts';

/** Headers by name in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** Whether the sender can be told from the headers alone, before the body is read. */
export function knownByHeaders(check: SenderCheck): boolean {
  return !('hmac' in check);
}

/**
 * Whether a message is the partner's. How long it takes says nothing about how much of it was right. Throws PartnerFailure where
 * the account lacks the credential.
 *
 * @param body as it came; every byte counts
 */
export function isFromPartner(check: SenderCheck, headers: Headers, body: Buffer, account: Account): boolean {
  if ('hmac' in check) {
    const { header, algorithm, encoding, prefix = '', secret } = check.hmac;
    const expected = createHmac(algorithm, account.credential(secret)).update(body).digest();
    const stated = after(prefix, headers[header.toLowerCase()]);
    // An encoding that is passed over character by character would let many texts mean one signature.
    return (
      stated !== undefined && same(Buffer.from(stated, 'latin1'), Buffer.from(expected.toString(encoding), 'latin1'))
    );
  }
  if ('basic' in check) {
    const { username, password } = check.basic;
    const stated = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    return same(
      Buffer.from(stated, 'base64'),
      Buffer.from(`${account.credential(username)}:${account.credential(password)}`),
    );
  }
  const { header, prefix = '', credential } = check.token;
  const stated = after(prefix, headers[header.toLowerCase()]);
  return same(Buffer.from(stated ?? ''), Buffer.from(account.credential(credential)));
}

function after(prefix: string, value: string | undefined): string | undefined {
  return value?.startsWith(prefix) === true ? value.slice(prefix.length).trim() : undefined;
}

/** Compared as digests: those have one length, whatever was sent. */
function same(stated: Buffer, expected: Buffer): boolean {
  return timingSafeEqual(digest(stated), digest(expected));
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
