// What a call may be refused with, by HTTP status, from the contracts.
import { Status } from 'nice-grpc-common';
import { EntrepotError, type ReasonName, reasonStatus } from '../../../libs/errors/index.ts';
import { descriptors, docOf } from '../../../libs/vertical/index.ts';
import type { PublicMethod } from '../api/method.ts';
import type { Json } from './openapi-schemas.ts';
import { problemOf, statusOf } from './problem.ts';

/** Headers that say what is left of the client's budget. */
export const rateLimits = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset', 'RateLimit-Policy'] as const;

const problemType = 'application/problem+json';

/** Every reason without its prefix, with what it means. */
export function errorReasons(): readonly { readonly name: ReasonName; readonly doc: string }[] {
  const reasons = descriptors().getEnum('entrepot.type.v1.ErrorReason');
  if (reasons === undefined) throw new Error('The contracts have no entrepot.type.v1.ErrorReason.');
  return reasons.values
    .filter((value) => value.number !== 0)
    .map((value) => ({ name: value.name.replace('ERROR_REASON_', '') as ReasonName, doc: docOf(value) }));
}

/** Reasons that every call may be refused with. */
const always: readonly ReasonName[] = [
  'INVALID_FIELD',
  'CREDENTIALS_MISSING',
  'CREDENTIALS_INVALID',
  'CREDENTIALS_EXPIRED',
  'NOT_PERMITTED',
  'QUOTA_SPENT',
  'OVERLOADED',
  'INTERNAL',
  'UNKNOWN_METHOD',
  'UNREACHABLE',
  'DRAINING',
  'DEADLINE_EXCEEDED',
];

/** Reasons that a call with a body may be refused with. */
const ofBodies: readonly ReasonName[] = ['UNKNOWN_FIELD', 'MALFORMED_BODY', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];

/** Every reason that a method may be refused with, each once. */
export function reasonsOf({ errors, http, streams }: PublicMethod): readonly ReasonName[] {
  const protocol = [...(http.verb === 'POST' ? ofBodies : []), ...(streams ? (['TOO_MANY_STREAMS'] as const) : [])];
  return [...new Set([...errors, ...always, ...protocol])];
}

/** The responses of a method that is refused, by status. */
export function errorResponses(method: PublicMethod): Readonly<Record<string, Json>> {
  const docs = new Map(errorReasons().map(({ name, doc }) => [name, doc]));
  const byStatus = Map.groupBy(reasonsOf(method), statusOf);
  return Object.fromEntries(
    [...byStatus]
      .sort(([one], [other]) => one - other)
      .map(([status, reasons]) => [
        String(status),
        {
          description: reasons.map((reason) => `${reason}: ${docs.get(reason)}`).join('\n\n'),
          headers: headersOf(status),
          content: {
            [problemType]: {
              schema: { $ref: '#/components/schemas/Problem' },
              examples: Object.fromEntries(
                reasons.map((reason) => [reason, { $ref: `#/components/examples/${reason}` }]),
              ),
            },
          },
        },
      ]),
  );
}

function headersOf(status: number): Json {
  const names = ['X-Request-Id'];
  if (status === 401 || status === 403) names.push('WWW-Authenticate');
  if (status === 429 || status === 503) names.push('Retry-After');
  if (status === 429) names.push(...rateLimits);
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** What is answered where no other response fits. */
export const otherProblem: Json = {
  description: 'What went wrong, and what to do about it.',
  content: { [problemType]: { schema: { $ref: '#/components/schemas/Problem' } } },
};

/** A problem of each reason. */
export function problemExamples(): Readonly<Record<string, Json>> {
  const examples = errorReasons().map(({ name, doc }) => {
    // "INVALID_ARGUMENT: a field's value is not allowed" says its status twice.
    const message = doc.replace(/^[^:]+: /, '');
    const error = new EntrepotError({
      reason: name,
      message: `${message.charAt(0).toUpperCase()}${message.slice(1)}`,
      ...(exampleFacts[name] ?? {}),
    });
    const origin = { requestId: 'rq_7Zt1', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' };
    return [name, { summary: doc, value: problemOf(error, origin) }] as const;
  });
  return Object.fromEntries(examples);
}

const later = { retryAfterMs: 1_500 };

const exampleFacts: Readonly<Partial<Record<ReasonName, object>>> = {
  INVALID_FIELD: { violations: [{ field: 'flight.adults', description: 'is 12; it must be from 1 to 9' }] },
  UNKNOWN_FIELD: {
    violations: [
      { field: 'flight.orgin', description: 'There is no such field; FlightCriteria has origin, destination.' },
    ],
  },
  INVALID_FILTER: { violations: [{ field: 'filter', description: 'line 1, column 1: there is no "stps".' }] },
  NOT_PERMITTED: { metadata: { permission: 'PARTNERS_READ' } },
  METHOD_NOT_ALLOWED: { metadata: { allow: 'GET, HEAD, OPTIONS' } },
  OVERLOADED: later,
  QUOTA_SPENT: later,
};

/** The schema of a problem. */
export function problemSchema(): Json {
  return {
    type: 'object',
    description: 'A problem document (RFC 9457) with everything that the platform says of an error.',
    required: ['type', 'title', 'status', 'detail', 'reason', 'code'],
    properties: {
      type: { type: 'string', format: 'uri', description: 'Names the reason: urn:entrepot:error:INVALID_FIELD.' },
      title: { type: 'string', description: 'The reason in words, the same for every occurrence.' },
      status: { type: 'integer', description: 'HTTP status.' },
      detail: { type: 'string', description: 'What happened this time, and what to do about it.' },
      reason: {
        type: 'string',
        enum: errorReasons().map(({ name }) => name),
        description: errorReasons()
          .map(({ name, doc }) => `${name}: ${doc}`)
          .join('\n'),
      },
      code: {
        type: 'string',
        description: 'gRPC status.',
        enum: [...new Set(Object.values(reasonStatus).map((code) => Status[code]))].sort(),
      },
      violations: {
        type: 'array',
        description: 'Every field that is wrong.',
        items: {
          type: 'object',
          required: ['field', 'description'],
          properties: {
            field: { type: 'string', description: 'JSON path, or the name of a parameter: flight.legs[1].origin.' },
            description: { type: 'string', description: 'What is wrong, and what is allowed.' },
          },
        },
      },
      retryAfterMs: { type: 'integer', description: 'When to come back, in milliseconds.' },
      metadata: { type: 'object', additionalProperties: { type: 'string' }, description: 'Facts for programs.' },
      requestId: { type: 'string', description: 'The request, as the header X-Request-Id names it.' },
      traceId: { type: 'string', description: 'Its trace, for GET /v1/traces/{traceId}.' },
    },
  };
}
