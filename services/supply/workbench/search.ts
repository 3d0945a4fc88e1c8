import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import {
  OutcomeStatus,
  type PartnerOutcome,
  RejectionReason,
} from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { vertical } from '../../../libs/vertical/index.ts';
import { type Adapter, type AnswerContext, type AskContext, Rejection } from '../adapter.ts';
import { askPartner, emptyOutcome } from '../ask.ts';
import type { ConversationAnswer } from '../drift/read-again.ts';
import { nameOf, PartnerFailure } from '../failure.ts';
import { appliedBy, constraintsIn } from '../filters.ts';
import type { HttpAnswer, HttpRequest, HttpSender } from '../http.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { mapRows } from '../map-rows.ts';
import type { HeldRow } from '../offers.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { firstQuestion, type Question } from '../question.ts';
import { Rejections } from '../rejections.ts';
import { SeenOffers } from '../seen-offers.ts';
import { TokenCache } from '../tokens.ts';
import { Turns } from '../turns.ts';
import { type OfferView, offerView } from './offer-view.ts';
import { type Read, ReadLog } from './reads.ts';

/** What is asked of a partner. */
export interface Asked {
  readonly criteria: Criteria;
  readonly market: string;
  readonly currency: string;
  readonly locale: string;
  /** Epoch ms. */
  readonly now: number;
  /** Filter of the search, of which the partner is asked to apply what its manifest says; absent: none. */
  readonly filter?: string | undefined;
}

/** A request as it was sent, with what came back. */
export interface Exchanged {
  readonly request: HttpRequest;
  readonly answer: HttpAnswer | undefined;
}

/** What became of one row. */
export interface RowFate {
  /** The partner's id of the row where the mapping has one, else its number. */
  readonly id: string;
  /** What the mapping looked at. */
  readonly reads: readonly Read[];
  readonly offer: OfferView | undefined;
  readonly rejection: { readonly reason: string; readonly example: string } | undefined;
  /** The row itself, as it was read. */
  readonly held: HeldRow;
}

/** One answer that was read. */
export interface ReadAnswer {
  readonly body: unknown;
  readonly context: AnswerContext;
  readonly rows: readonly unknown[];
  /** A step, or an answer that is not whole yet. */
  readonly intermediate: boolean;
}

/** A search of one partner, as supply does it, with everything that can be seen of it. */
export interface Search {
  readonly partner: ConfiguredPartner;
  readonly outcome: PartnerOutcome;
  readonly exchanged: readonly Exchanged[];
  readonly answers: readonly ReadAnswer[];
  /** Every answer of the format, also those in which the mapping did not find what it needs. */
  readonly bodies: readonly ConversationAnswer[];
  readonly fates: readonly RowFate[];
}

/** What bounds a search; absent: the partner's own timeout. */
export interface SearchBounds {
  /** Epoch ms. */
  readonly deadline?: number;
  readonly signal?: AbortSignal;
  /** Dates answers by the time of the question instead of the clock, and does not wait between polls: for recordings. */
  readonly frozen?: boolean;
  /** What partners have handed over, for one that is not asked. */
  readonly inventory?: Inventory;
  /** Requests go out with a made-up token instead of asking for one. */
  readonly signedIn?: boolean;
  /** Where tokens are kept, for who goes on asking afterwards. */
  readonly tokens?: TokenCache;
}

/**
 * Searches a partner through supply's own code. Never throws for what the partner or its mapping does, but EntrepotError
 * INVALID_FILTER for a filter that is none.
 */
export async function searchPartner(
  partner: ConfiguredPartner,
  asked: Asked,
  http: HttpSender,
  bounds: SearchBounds = {},
): Promise<Search> {
  const tap = new Tap(http);
  const answers: ReadAnswer[] = [];
  const bodies: ConversationAnswer[] = [];
  const watched = { ...partner, adapter: observed(partner.adapter, answers, bodies, bounds.frozen === true) };
  const { filter = '', ...what } = asked;
  const plain: AskContext = { account: partner.account, ...what };
  const kind = vertical(partner.adapter.vertical);
  const filters = appliedBy(partner.adapter.filters, constraintsIn(filter, kind), kind, plain);
  const context: AskContext = filters.length === 0 ? plain : { ...plain, filters };
  const outcome = await outcomeOf(watched, context, tap, bounds);
  return { partner, outcome, exchanged: tap.exchanged, answers, bodies, fates: fatesOf(partner, answers) };
}

async function outcomeOf(
  partner: ConfiguredPartner,
  context: AskContext,
  http: HttpSender,
  { deadline, signal, frozen, inventory, signedIn, tokens = new TokenCache() }: SearchBounds,
): Promise<PartnerOutcome> {
  let first: Question | { readonly unsupported: string };
  try {
    first = firstQuestion(partner.adapter, context);
  } catch (error) {
    const outcome = emptyOutcome(partner.name, OutcomeStatus.FAILED, messageOf(error));
    if (error instanceof PartnerFailure) outcome.failure = error.failure;
    return outcome;
  }
  if ('unsupported' in first) {
    return emptyOutcome(partner.name, OutcomeStatus.UNSUPPORTED_CRITERIA, first.unsupported);
  }
  const tools = {
    http,
    tokens: signedIn === true ? new HeldToken() : tokens,
    turns: new Turns(),
    answers: { hold: () => '' },
    ...(inventory !== undefined && { inventory }),
    ...(frozen === true && { now: () => context.now }),
  };
  const limits = { deadline, signal: signal ?? new AbortController().signal, trace: ROOT_CONTEXT };
  return askPartner(tools, partner, context, first, limits, () => {});
}

/** The adapter, with what it reads noted. */
function observed(adapter: Adapter, answers: ReadAnswer[], bodies: ConversationAnswer[], frozen: boolean): Adapter {
  return {
    ...adapter,
    read(body, context) {
      bodies.push({ body, context });
      const result = adapter.read(body, context);
      if ('failure' in result) return result;
      answers.push({ body, context, rows: result.rows, intermediate: result.intermediate === true });
      const { next } = result;
      if (!frozen || next?.afterMs === undefined) return result;
      return { ...result, next: { ...next, afterMs: 0 } };
    },
  };
}

/** Every row on its own, as the search took it: an offer, or why it is none. */
export function fatesOf(partner: ConfiguredPartner, answers: readonly Omit<ReadAnswer, 'intermediate'>[]): RowFate[] {
  const { adapter, plan } = partner;
  const seen = new SeenOffers();
  const shown = new Set<string>();
  const fates: RowFate[] = [];
  for (const { rows, context } of answers) {
    for (const row of rows) {
      const id = rowName(adapter, row) ?? `row ${fates.length + 1}`;
      if (adapter.idOf !== undefined) {
        if (shown.has(id)) continue;
        shown.add(id);
      }
      const rejections = new Rejections();
      const mapped = mapRows(plan, adapter, [row], context, seen, rejections);
      const [rejected] = rejections.toCounts();
      const reads = readsOf(partner, row, context);
      const rejection = rejected && {
        reason: nameOf(RejectionReason, rejected.reason).toUpperCase(),
        example: rejected.example,
      };
      const offer = mapped.rows.length === 1 ? offerView(partner, row, context) : undefined;
      fates.push({ id, reads, offer, rejection, held: { partner, context, row } });
    }
  }
  return fates;
}

/** What the mapping looks at in a row. */
export function readsOf(
  { adapter, manifest }: ConfiguredPartner,
  row: unknown,
  context: AnswerContext,
): readonly Read[] {
  const log = new ReadLog();
  const watched = log.watch(row, loopNames(manifest));
  const tries = [
    () => adapter.price(watched, context),
    () => adapter.expiresAt(watched, context),
    ...Object.values(adapter.columns).map((column) => () => column(watched, context)),
    () => adapter.item(watched, context, () => true),
  ];
  for (const one of tries) {
    try {
      one();
    } catch (error) {
      // A row that is rejected was read up to where that was found.
      if (!(error instanceof Rejection || error instanceof Error)) throw error;
    }
  }
  return log.reads;
}

/** Names of the loops that make rows. */
export function loopNames(manifest: object): readonly string[] {
  const rows: unknown = 'rows' in manifest ? manifest.rows : undefined;
  if (!Array.isArray(rows)) return ['row'];
  return rows.map((loop: { as: string }) => loop.as);
}

function rowName(adapter: Adapter, row: unknown): string | undefined {
  try {
    return adapter.nameOf?.(row);
  } catch {
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A token that is there already. */
export class HeldToken extends TokenCache {
  override get(): Promise<string> {
    return Promise.resolve('placeholder-token');
  }
}

/** Notes what passes through a sender. */
export class Tap implements HttpSender {
  readonly exchanged: Exchanged[] = [];
  readonly #inner: HttpSender;

  constructor(inner: HttpSender) {
    this.#inner = inner;
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    const at = this.exchanged.push({ request, answer: undefined }) - 1;
    const answer = await this.#inner.send(request);
    this.exchanged[at] = { request, answer };
    return answer;
  }
}
