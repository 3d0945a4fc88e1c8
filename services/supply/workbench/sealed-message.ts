import { createHmac } from 'node:crypto';
import type { Account } from '../adapter.ts';
import type { Headers } from '../ingress/sender.ts';
import type { PushFormat, SenderCheck } from '../inventory/types.ts';
import type { PartnerMessage } from './cassette.ts';

/** A message as it goes over the wire. */
export interface SealedMessage {
  readonly headers: Headers;
  readonly body: Buffer;
}

/** No text of a message has it. */
const BOUNDARY = 'entrepot-workbench-2f6d';

/** A message in the form that the partner's take, signed by the account's credentials or, for a stranger, by others. */
export function sealed(push: PushFormat, message: PartnerMessage, account: Account): SealedMessage {
  const { headers, body } = inItsForm(push, message);
  const signer = message.sender === 'partner' ? account : strange(account);
  return { headers: { ...headers, ...signatureOf(push.verify, body, signer) }, body };
}

/** An account with other credentials. */
export function strange(account: Account): Account {
  return { ...account, credential: (name) => `not-${account.credential(name)}` };
}

/** What tells the sender of a body, as it writes it. */
export function signatureOf(verify: SenderCheck, body: Buffer, account: Account): Headers {
  if ('hmac' in verify) {
    const { header, algorithm, encoding, prefix = '', secret } = verify.hmac;
    const signature = createHmac(algorithm, account.credential(secret)).update(body).digest(encoding);
    return { [header.toLowerCase()]: prefix + signature };
  }
  if ('basic' in verify) {
    const pair = `${account.credential(verify.basic.username)}:${account.credential(verify.basic.password)}`;
    return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  }
  const { header, prefix = '', credential } = verify.token;
  return { [header.toLowerCase()]: prefix + account.credential(credential) };
}

function inItsForm({ field, format }: PushFormat, { headers, form, body }: PartnerMessage): SealedMessage {
  const plain = { 'content-type': format === 'json' ? 'application/json' : 'text/xml', ...headers };
  if (field === undefined || plain['content-type'].startsWith('multipart/')) return { headers: plain, body };
  const fields: [string, Buffer][] = [
    ...Object.entries(form).map(([name, text]): [string, Buffer] => [name, Buffer.from(text)]),
    [field, body],
  ];
  const parts = fields.flatMap(([name, value]) => [
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`),
    value,
    Buffer.from('\r\n'),
  ]);
  return {
    headers: { ...headers, 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    body: Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]),
  };
}
