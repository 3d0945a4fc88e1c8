import { hash } from 'node:crypto';
import type { PartnerRequest } from './adapter.ts';
import type { Lookup } from './inventory/types.ts';
import type { ConfiguredPartner } from './partner.ts';
import type { Question } from './question.ts';
import { recordedRequest, secretsOf } from './workbench/record.ts';
import { Redactor, tokensSent } from './workbench/redact.ts';

/** What an answer was asked with, as it may be told to anybody: no secrets, nothing personal. */
export interface ToldRequest {
  /** "POST https://api.example.com/air/offer_requests?supplier_timeout=8000"; what was looked for, where nothing was sent. */
  readonly request: string;
  /** SHA-256 of it with its body, base64url: equal for equal questions. */
  readonly digest: string;
}

/**
 * The question of an answer, to be told when somebody asks, which is seldom: then it is redacted, and the question itself let
 * go of. What is kept of it until then has no token of a session, but may have other secrets.
 */
export function askedRequest(partner: ConfiguredPartner, question: Question): () => ToldRequest {
  let kept: KeptQuestion | undefined = keptOf(question);
  let told: ToldRequest | undefined;
  return () => {
    told ??= tell(partner, kept!);
    kept = undefined;
    return told;
  };
}

/** Takes out of a partner's texts what must not be told of it, as out of recordings. */
export function redactorOf(partner: ConfiguredPartner, path = ''): Redactor {
  const { authenticatedBy } = partner.adapter;
  const credentials = secretsOf(partner, partner.credentials);
  const sent = tokensSent([{ path, headers: {} }], authenticatedBy);
  return new Redactor([...credentials, ...partner.secrets.texts, ...sent], authenticatedBy);
}

type KeptQuestion = { readonly lookup: Lookup } | Pick<PartnerRequest, 'method' | 'path' | 'body'>;

/** Only texts: the question as a whole may hold on to the answer that it was made of. */
function keptOf(question: Question): KeptQuestion {
  if ('lookup' in question) return { lookup: question.lookup };
  const { method, path, body } = question.withToken?.('redacted') ?? question;
  return { method, path, ...(body !== undefined && { body }) };
}

function tell(partner: ConfiguredPartner, question: KeptQuestion): ToldRequest {
  if ('lookup' in question) {
    const request = redactorOf(partner).text(lookupText(question.lookup));
    return { request, digest: hash('sha256', request, 'base64url') };
  }
  const way = question.path.startsWith('/') ? question.path : `/${question.path}`;
  const redactor = redactorOf(partner, way);
  const path = partner.basePath + way;
  const { method, path: shown, body = '' } = recordedRequest({ ...question, path, headers: {} }, redactor);
  const request = `${method} ${partner.origin}${shown}`;
  return { request, digest: hash('sha256', `${request}\n${body}`, 'base64url') };
}

function lookupText({ words, keys, only, limit }: Lookup): string {
  const sought = [
    ...(only === undefined ? [] : [`the row ${only}`]),
    ...(words === undefined ? [] : [`words ${JSON.stringify(words)}`]),
    ...(keys === undefined ? [] : [`keys ${keys.join(', ')}`]),
  ];
  return `what it has handed over: ${sought.join(', ') || 'all'}; at most ${limit} rows`;
}
