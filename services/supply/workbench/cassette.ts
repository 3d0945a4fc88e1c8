import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { type JSONSchema, loadYaml } from '../../../libs/config/index.ts';
import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { PartnerFailure } from '../failure.ts';
import type { HttpAnswer, HttpRequest, HttpSender } from '../http.ts';

/** A recorded conversation with a partner: what was sent and what came back, in order. No secrets, nothing personal. */
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
  /** Those of the search; none where it sends nothing. */
  readonly exchanges: readonly CassetteExchange[];
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
  readonly answer: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    /** The body as text. */
    readonly body?: string;
    /** A file that holds the body, relative to the cassette. */
    readonly bodyFile?: string;
    /** A body that is no text. */
    readonly bodyBase64?: string;
  };
}

const headers: JSONSchema = {
  description: 'by name in small letters',
  type: 'object',
  additionalProperties: { type: 'string' },
};

const exchange: JSONSchema = {
  type: 'object',
  required: ['answer'],
  additionalProperties: false,
  properties: {
    request: {
      type: 'object',
      required: ['method', 'path'],
      additionalProperties: false,
      properties: {
        method: { type: 'string' },
        path: { type: 'string' },
        headers,
        body: { type: 'string' },
      },
    },
    answer: {
      type: 'object',
      required: ['status'],
      additionalProperties: false,
      properties: {
        status: { type: 'integer', minimum: 200, maximum: 599 },
        headers,
        body: { description: 'the body as text', type: 'string' },
        bodyFile: { description: 'a file with the body, relative to this one', type: 'string' },
        bodyBase64: { description: 'a body that is no text', type: 'string' },
      },
    },
  },
};

const exchanges = (description: string): JSONSchema => ({ description, type: 'array', items: exchange });

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
    exchanges: exchanges('requests and answers of the search, in order'),
    verify: exchanges('those of asking for one of its offers again'),
    handoff: exchanges('those of handing off one of its offers'),
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
export function answersOf(exchanges: readonly CassetteExchange[], directory: string): HttpAnswer[] {
  return exchanges.map(({ answer }) => ({
    status: answer.status,
    headers: answer.headers ?? {},
    body: bodyOf(answer, directory),
  }));
}

function bodyOf({ body, bodyFile, bodyBase64 }: CassetteExchange['answer'], directory: string): Buffer {
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
