import type { JSONSchema } from '../../../libs/config/index.ts';
import { FailureKind, OutcomeStatus, RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Verification, WayOn } from './actions.ts';
import type { HandedOverFate } from './hand-over.ts';

/** A golden case: what a recorded conversation, or what a partner has handed over, has to become. */
export interface GoldenCase {
  /** Exemplary: how the format is meant, ends without an error. Supplemental: faults, oddities, refused rows. */
  readonly kind: 'exemplary' | 'supplemental';
  readonly about?: string;
  /** Cassette, relative to the case; absent where nothing is sent. */
  readonly cassette?: string;
  /** The moment at which the answers came, ISO 8601. */
  readonly now: string;
  readonly market: string;
  readonly currency: string;
  readonly locale: string;
  readonly criteria: Readonly<Record<string, unknown>>;
  /** Options of the account. */
  readonly options: Readonly<Record<string, unknown>>;
  /** An offer of the search is asked for again. */
  readonly verify?: OfferAction;
  /** A shopper goes on with an offer of the search. */
  readonly handoff?: OfferAction & { readonly click: string };
  /** As far as the case says. Absent or empty in one that is new: `test --update` writes it. */
  readonly expect?: Partial<Expectation> | null;
}

/** What is done with an offer of the case's search. */
export interface OfferAction {
  /** Its id, or its place among the offers from 0. */
  readonly offer: string | number;
  /** The cassette whose exchanges answer; absent: what the case's own has under `verify` or `handoff`. */
  readonly cassette?: string;
}

/** Types of fields of a partner's answers, by kind of answer and path; null for a field that is not there. */
export type AnswerTypes = Readonly<Record<string, Readonly<Record<string, string | null>>>>;

/** What came of a search. */
export interface Expectation {
  readonly outcome: string;
  readonly failure?: string;
  /** "POST /air/offer_requests?return_offers=true". */
  readonly requests?: readonly string[];
  /** What became of each file or message before the search, in order; each says only what it says. */
  readonly handedOver?: readonly Partial<HandedOverFate>[];
  readonly received: number;
  readonly kept: number;
  /** Rows rejected, by reason. */
  readonly rejections: Readonly<Record<string, number>>;
  /** The first offers; each says only what it says. */
  readonly offers: readonly Readonly<Record<string, unknown>>[];
  /** What all offers cost together, by currency: tells what became of money beyond the listed ones. */
  readonly sums?: Readonly<Record<string, MoneySums>>;
  /** Of all offers in full: tells that one beyond the listed ones changed. */
  readonly digest?: string;
  /** What came of asking for an offer again. */
  readonly verify?: Verification;
  /** What came of the hand-off. */
  readonly handoff?: WayOn;
  /** What fields of the answers are taken for. One that the mapping no longer looks at may be anything. */
  readonly answers?: AnswerTypes;
}

/** Sums over the offers of one currency, decimals in major units; what none has is left out. */
export interface MoneySums {
  readonly offers: number;
  readonly total: string;
  readonly tax?: string;
  readonly dueLater?: string;
}

const count: JSONSchema = { type: 'integer', minimum: 0 };

const handedOver: Readonly<Record<keyof HandedOverFate, JSONSchema>> = {
  result: {
    enum: ['loaded', 'unchanged', 'refused', 'failed', 'applied', 'absorbed', 'ignored', 'forged'],
    description:
      'of a file: loaded, unchanged, refused, failed; of a message: applied, absorbed, ignored, forged, refused, failed',
  },
  detail: { description: 'why not', type: 'string' },
  failure: { enum: names(FailureKind) },
  status: { description: "what the message's sender is told", type: 'integer' },
  retryAfterMs: { ...count, description: 'how long the server of a file wants to be left alone' },
  written: count,
  deleted: count,
  stale: count,
  unreadable: count,
  rows: { ...count, description: 'rows that can be found afterwards' },
};

const object = (description: string): JSONSchema => ({ description, type: 'object' });

const cassetteFile = (description: string): JSONSchema => ({ description, type: 'string', pattern: '\\.ya?ml$' });

const offer: JSONSchema = {
  description: 'id of the offer, or its place among the offers from 0',
  type: ['string', 'integer'],
  minimum: 0,
};

/** JSON Schema of a case file. */
export const caseSchema: JSONSchema = {
  description: 'a golden case',
  type: 'object',
  required: ['kind', 'now', 'market', 'currency', 'criteria'],
  additionalProperties: false,
  properties: {
    kind: {
      description: 'exemplary (no error) or supplemental (faults and oddities)',
      enum: ['exemplary', 'supplemental'],
    },
    about: { description: 'what it shows', type: 'string' },
    cassette: cassetteFile('the cassette, relative to this file; none for a search that sends nothing'),
    now: {
      description: 'when the answers came, ISO 8601 with offset',
      type: 'string',
      pattern: '^\\d{4}-\\d\\d-\\d\\dT[0-9:.]+(Z|[+-]\\d\\d:\\d\\d)$',
    },
    market: { description: 'ISO 3166-1 alpha-2', type: 'string', pattern: '^[A-Z]{2}$' },
    currency: { description: 'ISO 4217', type: 'string', pattern: '^[A-Z]{3}$' },
    locale: { description: 'BCP 47: in which language texts are asked for', type: 'string', default: 'en-GB' },
    criteria: { ...object('what is sought, by vertical: {flight: {…}}'), minProperties: 1, maxProperties: 1 },
    options: { ...object('options of the account'), default: {} },
    verify: {
      ...object('an offer of the search is asked for again'),
      required: ['offer'],
      additionalProperties: false,
      properties: { offer, cassette: cassetteFile('its answers; without it, those under `verify` in the cassette') },
    },
    handoff: {
      ...object('a shopper goes on with an offer of the search'),
      required: ['offer', 'click'],
      additionalProperties: false,
      properties: {
        offer,
        click: { description: 'id of the click', type: 'string', minLength: 1 },
        cassette: cassetteFile('its answers; without it, those under `handoff` in the cassette'),
      },
    },
    expect: {
      ...object('what comes of it; `entrepot partner test --update` writes it'),
      type: ['object', 'null'],
      additionalProperties: false,
      properties: {
        outcome: { enum: names(OutcomeStatus) },
        failure: { enum: names(FailureKind) },
        requests: { type: 'array', items: { type: 'string' } },
        handedOver: {
          description: 'what became of each file or message',
          type: 'array',
          items: { type: 'object', required: ['result'], additionalProperties: false, properties: handedOver },
        },
        received: { type: 'integer', minimum: 0 },
        kept: { type: 'integer', minimum: 0 },
        rejections: {
          type: 'object',
          propertyNames: { enum: names(RejectionReason) },
          additionalProperties: { type: 'integer', minimum: 1 },
        },
        offers: { type: 'array', items: { type: 'object' } },
        sums: { description: 'what all offers cost together, by currency', type: 'object' },
        digest: { type: 'string' },
        verify: {
          type: 'object',
          additionalProperties: false,
          properties: {
            outcome: { enum: ['SAME', 'PRICE_CHANGED', 'CHANGED', 'SOLD_OUT', ...names(OutcomeStatus)] },
            failure: { enum: names(FailureKind) },
            requests: { type: 'array', items: { type: 'string' } },
            price: { type: 'object' },
            changes: { type: 'object' },
          },
        },
        handoff: {
          type: 'object',
          additionalProperties: false,
          properties: {
            outcome: { enum: ['SOLD_OUT', ...names(OutcomeStatus)] },
            failure: { enum: names(FailureKind) },
            requests: { type: 'array', items: { type: 'string' } },
            url: { type: 'string' },
            token: { type: 'string' },
          },
        },
        answers: {
          description: 'types of fields that the mapping looks at, by kind of answer ("search") and path',
          type: 'object',
          additionalProperties: { type: 'object', additionalProperties: { type: ['string', 'null'] } },
        },
      },
    },
  },
};

function names(values: object): string[] {
  return Object.keys(values).filter((name) => name !== 'UNSPECIFIED' && name !== 'UNRECOGNIZED');
}
