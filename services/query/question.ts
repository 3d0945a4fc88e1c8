import { createHash } from 'node:crypto';
import { Criteria } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { shapeOf } from '../../libs/latency/index.ts';
import type { PreparedSearch } from './request.ts';
import { filterOfPartners } from './view.ts';

/** What partners are asked in a search, and under which prices are made: everything that a result set depends on. */
export interface Question {
  /** Equal for equal questions, and different for different ones. */
  readonly key: string;
  /** The search that asks it. */
  readonly prepared: PreparedSearch;
  /** What of the filter partners are told, as CEL. */
  readonly filter: string;
  readonly client: string;
  /** From coarse to fine, to be led by a partner: what it takes to answer depends on it. */
  readonly kind: readonly [market: string, shape: string];
}

const known = new WeakMap<PreparedSearch, Question>();

/** The question of a search. */
export function questionOf(prepared: PreparedSearch, client: string): Question {
  const before = known.get(prepared);
  if (before?.client === client) return before;
  const question = makeQuestion(prepared, client);
  known.set(prepared, question);
  return question;
}

function makeQuestion(prepared: PreparedSearch, client: string): Question {
  const { vertical, criteria, currency, market, locale, experimentKey, partners, view, completion } = prepared;
  const filter = filterOfPartners(view, vertical);
  // What is found depends on who is waited for. Which keys are in one arm only pricing knows, so that two keys share nothing.
  const asked = [
    client,
    currency,
    market,
    locale,
    experimentKey,
    [...new Set(partners)].sort(),
    filter,
    completion?.source,
  ];
  const key = createHash('sha256')
    .update(JSON.stringify(asked))
    // The wire form is the same for the same criteria: unset and default are one, and fields come in the order of their numbers.
    .update(Criteria.encode(criteria).finish())
    .digest('base64url');
  return { key, prepared, filter, client, kind: [market, `${vertical.name} ${shapeOf(criteria)}`] };
}
