import {
  FailureKind,
  OutcomeStatus,
  type PartnerOutcome,
} from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type {
  AppliedFilter,
  PartnerBatch,
  SearchPlan,
  SearchRequest,
  SearchResponse,
  SearchStart,
} from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { type Constraint, implies } from '../../../libs/expression/index.ts';
import type { SharedState } from '../../../libs/shared/index.ts';
import { vertical } from '../../../libs/vertical/index.ts';
import type { AskContext } from '../adapter.ts';
import { type Page, report } from '../ask.ts';
import { payFor } from '../budget/spending.ts';
import type { ExchangeBounds } from '../exchange.ts';
import { PartnerFailure } from '../failure.ts';
import { constraintIn, wireConstraints } from '../filters.ts';
import { Rejections } from '../rejections.ts';
import { SeenOffers } from '../seen-offers.ts';
import { kindOfRequest, type Traffic } from '../traffic.ts';
import type { Turns } from '../turns.ts';
import { bytesOf, MOST_ROWS, malformed, readPage } from './batch.ts';
import { RemoteCall } from './call.ts';
import type { RemoteConnections } from './connections.ts';
import { remoteFailure } from './failure.ts';
import { checkOutcome, outcomeFailed, outcomeSaid } from './outcome.ts';
import type { RemotePartner } from './partner.ts';

/** What asking remotes needs. */
export interface RemoteTools {
  readonly remotes: RemoteConnections;
  readonly turns: Turns;
  readonly shared?: SharedState;
  /** What is known of partners by the traffic with them; absent where nothing is learned of it. */
  readonly traffic?: Traffic;
}

/** A remote's part of a search, not yet asked. */
export interface RemoteQuestion {
  readonly partner: RemotePartner;
  readonly context: AskContext;
  readonly start: SearchStart;
  /** What of the search's filter it may apply itself. */
  readonly constraints: readonly Constraint[];
}

/** Messages of one stream: a remote that sends empty ones for ever is cut off. */
const MOST_MESSAGES = 10_000;
/** How long a remote may take to close its stream after its outcome before the stream is cancelled. */
const GOODBYE_MS = 1_000;

/**
 * Asks a remote for its part of a search and hands over its batches as they come, checked. Always ends with an outcome;
 * never throws.
 *
 * @param onApplied told what it applies of the filter, if anything, before its first batch
 */
export async function askRemote(
  tools: RemoteTools,
  question: RemoteQuestion,
  bounds: ExchangeBounds,
  onPage: (page: Page) => void,
  onApplied: (partner: string, constraints: readonly string[]) => void,
): Promise<PartnerOutcome> {
  const { partner } = question;
  const call = new RemoteCall(partner, 'search', bounds);
  const part = new Part(question, onPage, onApplied);
  let outcome: PartnerOutcome;
  let cause: unknown;
  let askedAt: number | undefined;
  // The search may be over the moment after this part is: the stream then still ends by itself, not by being cancelled.
  const stream = new AbortController();
  const cancel = (): void => stream.abort(bounds.signal.reason);
  bounds.signal.addEventListener('abort', cancel, { once: true });
  try {
    const said = await call.within(async (options) => {
      await payFor(partner, tools.shared, bounds.priority, call.deadline, bounds.signal);
      askedAt = performance.now();
      const constraints = wireConstraints(question.constraints, vertical(partner.adapter.vertical));
      // Its time is the call's deadline, as is every caller's.
      // Who else may be asked is none of its business.
      const alone = { partners: [partner.name], times: [], permitted: undefined };
      const start = { ...question.start, ...alone, constraints, keepIdentity: true };
      const client = tools.remotes.client(partner);
      return readStream(client.search(only(start), { ...options, signal: stream.signal }), part, tools.turns);
    });
    outcome = outcomeSaid(partner, said, part, call.elapsedMs);
    // How many requests the search takes is known only afterwards.
    void partner.budget?.count(tools.shared, 'search', outcome.requests - 1);
  } catch (error) {
    const failure = remoteFailure(partner, error, bounds.signal);
    ({ cause } = failure);
    outcome = outcomeFailed(partner, failure, part, call.elapsedMs);
  } finally {
    bounds.signal.removeEventListener('abort', cancel);
  }
  if (askedAt !== undefined) learn(tools, question, outcome, performance.now() - askedAt);
  outcome.appliedFilters = [...part.applied];
  call.end(outcome.status, outcome.failure, outcome.detail, outcome.rowsReceived, outcome.offersKept);
  report(outcome, call.elapsedMs, bounds.trace, cause);
  return outcome;
}

/** Takes in how long a whole answer took, or that none came. */
function learn(
  { traffic }: RemoteTools,
  { partner, context }: RemoteQuestion,
  { status, failure }: PartnerOutcome,
  ms: number,
): void {
  const of = traffic?.of(partner);
  const kind = kindOfRequest(partner, context, undefined);
  if (status === OutcomeStatus.OK || status === OutcomeStatus.EMPTY) of?.answered(kind, ms);
  else of?.failed(kind, failure, ms);
}

/** A caller that starts a search and says nothing more: rows are made into offers by GetOffers. */
export async function* only(start: SearchStart): AsyncGenerator<SearchRequest> {
  yield { message: { $case: 'start', value: start } };
}

/** Reads until the outcome. The stream is never left open. Throws PartnerFailure where it is not as promised. */
export async function readStream(
  responses: AsyncIterableIterator<SearchResponse>,
  part: Part,
  turns: Turns,
): Promise<PartnerOutcome> {
  let finished = false;
  try {
    for (let messages = 1; ; messages++) {
      const { done, value } = await responses.next();
      if (done === true) throw malformed('the stream ended without an outcome');
      if (messages > MOST_MESSAGES) throw tooLarge(`it sent more than ${MOST_MESSAGES} messages`);
      if (value.message?.$case === 'batch') await turns.take();
      const outcome = part.take(value);
      if (outcome === undefined) continue;
      finished = true;
      void leave(responses);
      return outcome;
    }
  } finally {
    if (!finished) responses.return?.().catch(ignore);
  }
}

/** Lets the remote end its stream by itself, so that it sees no cancelled call; what it still says is of no interest. */
async function leave(responses: AsyncIterableIterator<SearchResponse>): Promise<void> {
  const timer = setTimeout(() => responses.return?.().catch(ignore), GOODBYE_MS).unref();
  try {
    const { done } = await responses.next();
    if (done !== true) await responses.return?.();
  } catch {
    // Its part is over; how the stream ends is its own affair.
  } finally {
    clearTimeout(timer);
  }
}

function ignore(): void {}

/** What a remote has said of its part so far. */
export class Part {
  received = 0;
  kept = 0;
  readonly rejections = new Rejections();
  readonly #question: RemoteQuestion;
  readonly #onPage: (page: Page) => void;
  readonly #onApplied: (partner: string, constraints: readonly string[]) => void;
  readonly #seen = new SeenOffers();
  /** What it says that it applies of the filter. */
  applied: readonly string[] = [];
  #planned = false;
  #bytes = 0;

  constructor(
    question: RemoteQuestion,
    onPage: (page: Page) => void,
    onApplied: (partner: string, constraints: readonly string[]) => void,
  ) {
    this.#question = question;
    this.#onPage = onPage;
    this.#onApplied = onApplied;
  }

  /** Takes the next message; answers the outcome once it has come. Throws PartnerFailure for what is not as promised. */
  take({ message }: SearchResponse): PartnerOutcome | undefined {
    switch (message?.$case) {
      case 'plan':
        if (this.#planned) throw malformed('it sent its plan twice');
        this.#planned = true;
        return this.#plan(message.value);
      case 'batch':
        this.#expectPlan('a batch');
        this.#batch(message.value);
        return undefined;
      case 'outcome':
        this.#expectPlan('its outcome');
        checkOutcome(this.#question.partner, message.value);
        return message.value;
      case 'offers':
        throw malformed('it sent offers on the stream, which were not asked for');
      default:
        // Identities are not its to say, and what a newer contract adds is not known here.
        return undefined;
    }
  }

  #expectPlan(what: string): void {
    if (!this.#planned) throw malformed(`it sent ${what} before its plan`);
  }

  #plan({ asked, skipped, applied }: SearchPlan): PartnerOutcome | undefined {
    const { partner } = this.#question;
    const [first] = skipped;
    if (asked.length + skipped.length !== 1) {
      throw malformed(
        `its plan has ${asked.length + skipped.length} partners; it was asked for "${partner.name}" alone`,
      );
    }
    if (first !== undefined) {
      checkOutcome(partner, first);
      return first;
    }
    if (asked[0] !== partner.name) throw malformed(`its plan asks another than "${partner.name}"`);
    this.#apply(applied);
    return undefined;
  }

  /** It can only have applied what follows from what it was given: anything else would leave out what is of interest. */
  #apply(applied: readonly AppliedFilter[]): void {
    const { partner, constraints } = this.#question;
    const said = applied.flatMap((one) => {
      if (one.partner !== partner.name) throw malformed(`its plan applies filters of another than "${partner.name}"`);
      return one.constraints;
    });
    const kind = vertical(partner.adapter.vertical);
    for (const text of said) {
      const one = constraintIn(text, kind);
      if (one !== undefined && constraints.some((constraint) => implies(constraint, one))) continue;
      throw malformed(
        `its plan applies ${JSON.stringify(text.slice(0, 100))}, which follows from none of the constraints`,
      );
    }
    this.applied = [...new Set(said)];
    if (this.applied.length > 0) this.#onApplied(partner.name, this.applied);
  }

  #batch(batch: PartnerBatch): void {
    const { partner, context } = this.#question;
    this.#bytes += bytesOf(batch);
    if (this.#bytes > partner.maxBodyBytes) {
      throw tooLarge(`its batches have more than the ${partner.maxBodyBytes} bytes that maxBodyBytes allows`);
    }
    const rows = batch.columns?.rowCount ?? 0;
    if (this.received + rows > MOST_ROWS) throw tooLarge(`it sent more than ${MOST_ROWS} rows`);
    const answered = { ...context, fetchedAt: Date.now(), manifest: partner.manifest };
    const page = readPage(partner, batch, answered, this.#seen, this.rejections);
    this.received += page.mapped.received;
    this.kept += page.mapped.rows.length;
    if (page.mapped.rows.length > 0) this.#onPage(page);
  }
}

function tooLarge(detail: string): PartnerFailure {
  return new PartnerFailure({ failure: FailureKind.TOO_LARGE, detail });
}
