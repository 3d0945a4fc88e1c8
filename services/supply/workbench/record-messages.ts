import { isUtf8 } from 'node:buffer';
import { invalidField } from '../../../libs/errors/index.ts';
import { formFields } from '../ingress/form.ts';
import type { Receiver } from '../ingress/receive.ts';
import type { Headers } from '../ingress/sender.ts';
import { startIngress } from '../ingress/server.ts';
import type { PushFormat } from '../inventory/types.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { onShelf, withInventory } from './bench-inventory.ts';
import type { CassetteMessage, PartnerMessage } from './cassette.ts';
import { receiverOf } from './hand-over.ts';
import type { Redactor } from './redact.ts';
import { signatureOf } from './sealed-message.ts';

/** Where messages are waited for, and until when. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  /** Messages after which it ends. */
  readonly messages: number;
  /** Ends it before; what has come so far is kept. */
  readonly signal: AbortSignal;
  /** Told once somebody listens: the address that the partner sends to. */
  onListening?(url: string): void;
}

/** Headers that say nothing of the message, or come with every one. */
const IDLE_HEADERS =
  /^(host|connection|content-length|transfer-encoding|accept(-.*)?|content-encoding|user-agent|expect|via|forwarded|x-forwarded-.*|x-real-ip|cookie|authorization)$/;

/** Waits for messages of a partner, and keeps those that are its own, in order. Rejects where the address is taken. */
export function heardMessages(
  partner: ConfiguredPartner,
  push: PushFormat,
  { host, port, messages, signal, onListening }: Listening,
): Promise<PartnerMessage[]> {
  return withInventory(async (bench) => {
    const heard: PartnerMessage[] = [];
    const enough = Promise.withResolvers<void>();
    const receiver: Receiver = {
      ...(await receiverOf(bench, onShelf(partner), push)),
      onMessage: ({ result }, headers, body) => {
        if (result === 'forged' || heard.length === messages) return;
        heard.push(messageOf(receiver, headers, body));
        if (heard.length === messages) enough.resolve();
      },
    };
    const ingress = await startIngress(new Map([[partner.name, receiver]]), { host, port });
    signal.addEventListener('abort', () => enough.resolve(), { once: true });
    try {
      onListening?.(`${ingress.url}/push/${partner.name}`);
      await enough.promise;
      return heard;
    } finally {
      // The last one is still to be told what became of its message.
      await ingress.close();
    }
  });
}

/** A message without what signs it, and out of the form that it came in. */
function messageOf({ partner, push }: Receiver, headers: Headers, body: Buffer): PartnerMessage {
  const signing = Object.keys(signatureOf(push.verify, body, partner.account));
  const telling = Object.entries(headers).filter(([name]) => !IDLE_HEADERS.test(name) && !signing.includes(name));
  const plain = { headers: Object.fromEntries(telling), form: {}, sender: 'partner', body } as const;
  if (push.field === undefined || !(headers['content-type'] ?? '').startsWith('multipart/')) return plain;
  const fields = formFields(body, headers['content-type']);
  const own = fields.get(push.field);
  if (own === undefined) return plain;
  const others = [...fields]
    .filter(([name]) => name !== push.field)
    .map(([name, bytes]) => [name, bytes.toString('utf8')]);
  const { 'content-type': _, ...rest } = plain.headers;
  return { ...plain, headers: rest, form: Object.fromEntries(others), body: own };
}

/** A message as a cassette has it, redacted. Throws EntrepotError for one that is no text. */
export function recordedMessage({ headers, form, body }: PartnerMessage, redactor: Redactor): CassetteMessage {
  if (!isUtf8(body)) {
    throw invalidField(
      'message',
      'it is no text in UTF-8, so what is personal in it would stay; write a cassette by hand',
    );
  }
  const fields = Object.entries(form).map(([name, value]) => [name, redactor.text(value)]);
  return {
    message: {
      ...(Object.keys(headers).length > 0 && { headers: redactor.headers(headers) }),
      ...(fields.length > 0 && { form: Object.fromEntries(fields) }),
      body: redactor.body(body.toString('utf8')),
    },
  };
}
