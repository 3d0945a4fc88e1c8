import { isUtf8 } from 'node:buffer';
import { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { Adapter } from '../adapter.ts';
import type { HttpAnswer, HttpRequest } from '../http.ts';
import type { ConfiguredPartner } from '../partner.ts';
import type { Cassette, CassetteExchange } from './cassette.ts';
import { laidOut } from './layout.ts';
import { Redactor, tokensSent } from './redact.ts';
import type { Asked, Exchanged } from './search.ts';

/** Headers of an answer that the platform looks at; of all others those stay out of recordings that the adapter does not read. */
const ANSWER_HEADERS = /^(content-type|retry-after|link|(x-)?rate-?limit-[\w-]+)$/;
/** Headers of a request that say nothing. */
const IDLE_HEADERS = new Set(['accept-encoding', 'traceparent']);

/** A cassette of a conversation. */
type RecordedConversation = Omit<Cassette, 'exchanges'> & { readonly exchanges: readonly CassetteExchange[] };

/**
 * A search as a cassette: every request and answer in order, without secrets and personal data.
 *
 * @param secrets texts of the account's credentials; what its requests authenticated with counts as well
 * @param basePath path of the account's endpoint, which is no part of the format
 * @param adapter says what authenticates, and which headers it reads
 * @param actions what went to the partner when one of the offers was asked for again, and handed off
 */
export function recordOf(
  asked: Asked,
  exchanged: readonly Exchanged[],
  secrets: readonly string[],
  basePath = '',
  { authenticatedBy, answerHeaders }: Pick<Adapter, 'authenticatedBy' | 'answerHeaders'> = {},
  actions: Readonly<Record<'verify' | 'handoff', readonly Exchanged[]>> = { verify: [], handoff: [] },
): RecordedConversation {
  const requests = [...exchanged, ...actions.verify, ...actions.handoff].map(({ request }) => request);
  const redactor = new Redactor([...secrets, ...tokensSent(requests, authenticatedBy)], authenticatedBy);
  const shown = (list: readonly Exchanged[]): CassetteExchange[] =>
    list.flatMap(({ request, answer }) =>
      answer === undefined
        ? []
        : [
            {
              request: readableRequest(below(basePath, request), redactor),
              answer: recordedAnswer(answer, redactor, answerHeaders),
            },
          ],
    );
  return {
    recordedAt: new Date(asked.now).toISOString(),
    asked: {
      criteria: Criteria.toJSON(asked.criteria) as Record<string, unknown>,
      market: asked.market,
      currency: asked.currency,
    },
    exchanges: shown(exchanged),
    ...(actions.verify.length > 0 && { verify: shown(actions.verify) }),
    ...(actions.handoff.length > 0 && { handoff: shown(actions.handoff) }),
  };
}

/** A request as it may be shown: the one of a recording. */
export function recordedRequest(
  { method, path, headers, body }: Pick<HttpRequest, 'method' | 'path' | 'headers' | 'body'>,
  redactor: Redactor,
): NonNullable<CassetteExchange['request']> {
  const telling = Object.fromEntries(Object.entries(headers).filter(([name]) => !IDLE_HEADERS.has(name)));
  return {
    method,
    path: redactor.path(path),
    headers: redactor.headers(telling),
    ...(body !== undefined && { body: redactor.sentBody(body) }),
  };
}

function below(basePath: string, request: HttpRequest): HttpRequest {
  return request.path.startsWith(`${basePath}/`) ? { ...request, path: request.path.slice(basePath.length) } : request;
}

/** A request as it may be shown, its body laid out. */
export function readableRequest(
  request: Parameters<typeof recordedRequest>[0],
  redactor: Redactor,
): NonNullable<CassetteExchange['request']> {
  const shown = recordedRequest(request, redactor);
  return { ...shown, ...(shown.body !== undefined && { body: laidOut(shown.body) }) };
}

/** An answer as it may be shown. @param read headers that the adapter reads */
export function recordedAnswer(
  { status, headers, body }: HttpAnswer,
  redactor: Redactor,
  read: readonly string[] = [],
): CassetteExchange['answer'] {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && (ANSWER_HEADERS.test(name) || read.includes(name)))
      kept[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const isText = isUtf8(body);
  return {
    status,
    headers: {
      ...redactor.headers(kept),
      // One that is read has to be there when the recording is replayed.
      ...(kept['set-cookie'] !== undefined && { 'set-cookie': 'redacted' }),
    },
    ...(isText ? { body: laidOut(redactor.body(body.toString('utf8'))) } : { bodyBase64: body.toString('base64') }),
  };
}

/** Texts of every credential that an account has; those that are missing are left out. */
export function secretsOf({ account }: ConfiguredPartner, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    try {
      return [account.credential(name)];
    } catch {
      return [];
    }
  });
}
