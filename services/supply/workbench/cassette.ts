import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { type JSONSchema, loadYaml } from '../../../libs/config/index.ts';
import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { PartnerFailure } from '../failure.ts';
import type { HttpAnswer, HttpRequest, HttpSender } from '../http.ts';

/**
 * A recorded conversation with a partner, in order: what was sent and what came back, and of a partner that hands its inventory
 * over the answers with its file, one for each time it was fetched, or the messages that it sent. No secrets, nothing personal.
 */
export interface Cassette {
  /** When it was recorded, ISO 8601; absent where it was written by hand. */
  readonly recordedAt?: string;
  /** What was asked; absent where the cases that use it say so. */
  readonly asked?: {
    readonly criteria: Readonly<Record<string, unknown>>;
    readonly market: string;
    readonly currency: string;
  };
  /** It began with a token that was there already: no answer here is one to a request for a token. */
  readonly signedIn?: boolean;
  /** Those of the search, or what was handed over before it; none where nothing is sent. */
  readonly exchanges: readonly (CassetteExchange | CassetteMessage | CassetteFinding)[];
  /** Those of a verification of one of its offers. */
  readonly verify?: readonly CassetteExchange[];
  /** Those of a hand-off of one of its offers. */
  readonly handoff?: readonly CassetteExchange[];
}

/** One request with its answer. */
export interface CassetteExchange {
  /** Absent where a hand-written cassette answers whatever is asked. */
  readonly request?: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  readonly answer: CassetteBody & { readonly status: number };
}

/** A message that the partner sent by itself. It is signed as the manifest has it when it is replayed. */
export interface CassetteMessage {
  readonly message: CassetteBody & {
    /** Other fields of the form that it comes in, where the manifest says that it comes in one. */
    readonly form?: Readonly<Record<string, string>>;
    readonly sender?: MessageSender;
  };
}

/** What a search of the inventory found, in the place of all that was handed over: how drift shows rows. */
export interface CassetteFinding {
  readonly found: CassetteBody;
}

/** Who signs a message: the partner, or somebody with other credentials. */
export type MessageSender = 'partner' | 'stranger';

/** What is sent, with its headers. */
interface CassetteBody {
  readonly headers?: Readonly<Record<string, string>>;
  /** The body as text. */
  readonly body?: string;
  /** A file that holds the body, relative to the cassette. */
  readonly bodyFile?: string;
  /** A body that is no text. */
  readonly bodyBase64?: string;
}

/** A message as it is replayed, before it is signed. */
export interface PartnerMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly form: Readonly<Record<string, string>>;
  readonly sender: MessageSender;
  readonly body: Buffer;
}

const headers: JSONSchema = {
  description: 'by name in small letters',
  type: 'object',
  additionalProperties: { type: 'string' },
};

const body = {
  headers,
  body: { description: 'the body as text', type: 'string' },
  bodyFile: { description: 'a file with the body, relative to this one', type: 'string' },
  bodyBase64: { description: 'a body that is no text', type: 'string' },
} as const satisfies Record<string, JSONSchema>;

const request: JSONSchema = {
  type: 'object',
  required: ['method', 'path'],
  additionalProperties: false,
  properties: { method: { type: 'string' }, path: { type: 'string' }, headers, body: { type: 'string' } },
};

const answer: JSONSchema = {
  type: 'object',
  required: ['status'],
  additionalProperties: false,
  properties: { status: { type: 'integer', minimum: 200, maximum: 599 }, ...body },
};

/** Exchanges of an action with one offer. */
const actionExchanges = (description: string): JSONSchema => ({
  description,
  type: 'array',
  items: { type: 'object', required: ['answer'], additionalProperties: false, properties: { request, answer } },
});

/** JSON Schema of a cassette file. */
export const cassetteSchema: JSONSchema = {
  description: 'a recorded conversation with a partner',
  type: 'object',
  required: ['exchanges'],
  additionalProperties: false,
  properties: {
    recordedAt: { description: 'when it was recorded', type: 'string' },
    asked: {
      description: 'what was asked',
      type: 'object',
      required: ['criteria', 'market', 'currency'],
      additionalProperties: false,
      properties: { criteria: { type: 'object' }, market: { type: 'string' }, currency: { type: 'string' } },
    },
    signedIn: { description: 'it began with a token that was there already', type: 'boolean' },
    exchanges: {
      description:
        'requests and answers of the search, or messages of the partner, in order; none where nothing is sent',
      type: 'array',
      items: {
        type: 'object',
        anyOf: [{ required: ['answer'] }, { required: ['message'] }, { required: ['found'] }],
        additionalProperties: false,
        properties: {
          found: {
            description:
              'what a search of the inventory found, {"rows": […]}, in the place of all that was handed over',
            type: 'object',
            additionalProperties: false,
            properties: body,
          },
          message: {
            description: 'what the partner sent by itself; signed when it is replayed, by credentials that are made up',
            type: 'object',
            additionalProperties: false,
            properties: {
              ...body,
              form: {
                description:
                  'the other fields of the form that it comes in, where push.field says that it comes in one',
                type: 'object',
                additionalProperties: { type: 'string' },
              },
              sender: {
                description: 'who signs it: the partner (the default), or a stranger with other credentials',
                enum: ['partner', 'stranger'],
              },
            },
          },
          request,
          answer,
        },
      },
    },
    verify: actionExchanges('those of asking for one of its offers again'),
    handoff: actionExchanges('those of handing off one of its offers'),
  },
};

/** Reads a cassette. Throws ConfigError. */
export function loadCassette(file: string): Cassette {
  return loadYaml<Cassette>(file, cassetteSchema);
}

/** A cassette as the text of its file. */
export function cassetteText(cassette: Cassette): string {
  const text = stringify(cassette, { lineWidth: 0, version: '1.2' });
  // The reader of configuration fills in environment variables; here nothing is to be filled in.
  return text.replaceAll('${', () => '$${');
}

/** The answers of exchanges as they came over the wire. `directory` is where their cassette lies. */
export function answersOf(exchanges: Cassette['exchanges'], directory: string): HttpAnswer[] {
  return exchanges.flatMap((one) =>
    'answer' in one
      ? [{ status: one.answer.status, headers: one.answer.headers ?? {}, body: bodyOf(one.answer, directory) }]
      : [],
  );
}

/** What searches of the inventory found, as answers. `directory` is where the cassette lies. */
export function findingsOf(cassette: Cassette, directory: string): HttpAnswer[] {
  return cassette.exchanges.flatMap((one) =>
    'found' in one ? [{ status: 200, headers: one.found.headers ?? {}, body: bodyOf(one.found, directory) }] : [],
  );
}

/** The messages of a cassette. `directory` is where it lies. */
export function messagesOf(cassette: Cassette, directory: string): PartnerMessage[] {
  return cassette.exchanges.flatMap((one) => {
    if (!('message' in one)) return [];
    const { headers: stated = {}, form = {}, sender = 'partner' } = one.message;
    return [{ headers: stated, form, sender, body: bodyOf(one.message, directory) }];
  });
}

function bodyOf({ body, bodyFile, bodyBase64 }: CassetteBody, directory: string): Buffer {
  if (bodyFile !== undefined) return readFileSync(path.join(directory, bodyFile));
  return bodyBase64 === undefined ? Buffer.from(body ?? '') : Buffer.from(bodyBase64, 'base64');
}

/** Answers in the order of a recording, whatever is asked. */
export class Replay implements HttpSender {
  readonly #answers: readonly HttpAnswer[];
  #next = 0;

  constructor(answers: readonly HttpAnswer[]) {
    this.#answers = answers;
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    const answer = this.#answers[this.#next++];
    if (answer === undefined) {
      throw new PartnerFailure({
        failure: FailureKind.CONNECTION,
        detail: `the cassette has ${this.#answers.length} answers, and this is request ${this.#next}: ${request.method} ${request.path.split('?', 1)[0]}`,
      });
    }
    if (answer.body.length <= request.maxBodyBytes) return answer;
    throw new PartnerFailure({
      failure: FailureKind.TOO_LARGE,
      detail: `the answer has ${answer.body.length} bytes or more, the limit is ${request.maxBodyBytes}; raise maxBodyBytes or ask for fewer offers`,
      httpStatus: answer.status,
    });
  }
}
