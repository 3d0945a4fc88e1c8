import { OutcomeStatus, type PartnerOutcome } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import {
  type AppliedFilter,
  type CreateHandoffRequest,
  type CreateHandoffResponse,
  type ExplainOfferRequest,
  type ExplainOfferResponse,
  type GetOffersRequest,
  type IdentityChange,
  type MadeOffer,
  type MakeOffers,
  type OfferHandle,
  type SearchRequest,
  type SearchResponse,
  type SearchStart,
  SupplyServiceDefinition,
  type VerifyOfferRequest,
  type VerifyOfferResponse,
} from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { type MeshContext, type MeshService, meshService } from '../../../libs/mesh/index.ts';
import { PushQueue } from '../push-queue.ts';
import { deepFreeze } from './freeze.ts';
import { batchOf, madeOf, missingOffer, outcomeOf, type TestRow } from './rows.ts';

/** One search as a pretend supply sees it: the test says what partners do. */
export class FakeSearch {
  readonly start: SearchStart;
  readonly context: MeshContext;
  readonly makes: MakeOffers[] = [];
  readonly #out = new PushQueue<SearchResponse>();
  readonly #supply: FakeSupply;
  #failure: unknown;
  #closed = false;
  /** Identity messages that are still to come. */
  #identities = 0;
  readonly #batches = new Map<string, number>();
  /** Resolves when the caller cancelled the call or went away. */
  readonly cancelled: Promise<void>;

  constructor(start: SearchStart, context: MeshContext, supply: FakeSupply) {
    this.start = start;
    this.context = context;
    this.#supply = supply;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.cancelled = promise;
    if (context.signal.aborted) resolve();
    else context.signal.addEventListener('abort', () => resolve());
  }

  /** Says who is asked. */
  plan(asked: string[], skipped: PartnerOutcome[] = [], applied: AppliedFilter[] = [], unshared: string[] = []): void {
    this.send({ message: { $case: 'plan', value: { asked, skipped, applied, unshared } } });
  }

  /** A partner's rows. Returns the answer's digest: the partner's name and a count. */
  batch(partner: string, rows: readonly TestRow[]): string {
    const count = this.#batches.get(partner) ?? 0;
    this.#batches.set(partner, count + 1);
    const answer = `${partner}${count}`;
    this.send({ message: { $case: 'batch', value: batchOf(partner, answer, rows) } });
    return answer;
  }

  /** The end of a partner's part. */
  outcome(
    partner: string,
    rows: number,
    status: OutcomeStatus = OutcomeStatus.OK,
    more: Partial<PartnerOutcome> = {},
  ): void {
    this.send({ message: { $case: 'outcome', value: { ...outcomeOf(partner, rows, status), ...more } } });
  }

  /** A partner's rows and its end. */
  answer(partner: string, rows: readonly TestRow[], more: Partial<PartnerOutcome> = {}): void {
    if (rows.length > 0) this.batch(partner, rows);
    this.outcome(partner, rows.length, rows.length > 0 ? OutcomeStatus.OK : OutcomeStatus.EMPTY, more);
  }

  /** Holds the stream open until `settle` has been called so many times. */
  awaitIdentities(times = 1): void {
    this.#identities = times;
  }

  /** Identities that came late; after the last that was announced the stream may end. */
  settle(changes: IdentityChange[], unavailable = false): void {
    this.send({ message: { $case: 'identities', value: { changes, unavailable } } });
    this.#identities--;
    this.#endIfDone();
  }

  /** Breaks the stream off. */
  fail(error: unknown): void {
    this.#failure = error;
    this.#out.end();
  }

  /** The caller's side. */
  receive({ message }: SearchRequest): void {
    if (message?.$case !== 'makeOffers') return;
    const request = message.value;
    this.makes.push(request);
    void this.#supply.make(request.handles).then((offers) => {
      this.send({ message: { $case: 'offers', value: { requestId: request.requestId, offers } } });
    });
  }

  /** The caller needs no more. */
  close(): void {
    this.#closed = true;
    this.#endIfDone();
  }

  /** What the caller reads. */
  async *responses(): AsyncGenerator<SearchResponse> {
    yield* this.#out;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #endIfDone(): void {
    if (this.#closed && this.#identities <= 0) this.#out.end();
  }

  /** Any message, as it is. */
  send(response: SearchResponse): void {
    this.#out.push(deepFreeze(response));
  }
}

/** A pretend supply. */
export class FakeSupply {
  readonly service: MeshService;
  readonly searches: FakeSearch[] = [];
  readonly gets: GetOffersRequest[] = [];
  readonly handoffs: CreateHandoffRequest[] = [];
  readonly verifies: VerifyOfferRequest[] = [];
  /** Answers whose rows are no longer held. */
  readonly lost = new Set<string>();
  /** Charges that the made offers have. */
  charges: MadeOffer['charges'] = [];
  /** Waited for before offers are made. */
  gate: Promise<void> | undefined;
  /** What asking a partner again gives. */
  verify: (handle: OfferHandle) => VerifyOfferResponse | Promise<VerifyOfferResponse> = (handle) => ({
    batch: batchOf(handle.partner, 'verified', [{}]),
    offer: madeOf({ ...handle, answer: 'verified', row: 0 }),
  });
  /** The way on, or an error. */
  handoff: () => CreateHandoffResponse = () => ({
    target: { $case: 'url', value: 'https://partner.example/book' },
    expiresAt: Temporal.Instant.from('2030-01-01T00:00:00Z'),
  });
  /** Where an offer came from; throws where it does not say, as it does unless a test says otherwise. */
  explain: (request: ExplainOfferRequest) => ExplainOfferResponse = () => {
    throw new EntrepotError({ reason: 'OFFER_EXPIRED', message: 'not held' });
  };
  /** Thrown by getOffers when set. */
  getFailure: unknown;
  #waiting: ((search: FakeSearch) => void)[] = [];
  #taken = 0;

  constructor() {
    const supply = this;
    this.service = meshService(SupplyServiceDefinition, {
      async *search(requests: AsyncIterable<SearchRequest>, context: MeshContext): AsyncGenerator<SearchResponse> {
        const incoming = requests[Symbol.asyncIterator]();
        const first = await incoming.next();
        const message = first.done ? undefined : first.value.message;
        if (message?.$case !== 'start') throw new Error('the first message must be start');
        const search = new FakeSearch(message.value, context, supply);
        void listen(incoming, search);
        supply.#began(search);
        yield* search.responses();
      },
      getOffers: async (request) => {
        supply.gets.push(request);
        if (supply.getFailure !== undefined) throw supply.getFailure;
        return { offers: await supply.make(request.handles) };
      },
      verifyOffer: async (request) => {
        supply.verifies.push(request);
        return deepFreeze(await supply.verify(request.handle!));
      },
      createHandoff: async (request) => {
        supply.handoffs.push(request);
        return supply.handoff();
      },
      explainOffer: async (request) => deepFreeze(supply.explain(request)),
      getQuality: async () => ({ partners: [] }),
      listPartners: async () => ({ partners: [] }),
    });
  }

  /** Makes offers of rows. */
  async make(handles: readonly OfferHandle[]): Promise<MadeOffer[]> {
    await this.gate;
    const { charges } = this;
    return handles.map((handle) =>
      deepFreeze(this.lost.has(handle.answer) ? missingOffer : { ...madeOf(handle), charges }),
    );
  }

  /** The next search that query starts. */
  next(): Promise<FakeSearch> {
    const begun = this.searches[this.#taken];
    if (begun !== undefined) {
      this.#taken++;
      return Promise.resolve(begun);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #began(search: FakeSearch): void {
    this.searches.push(search);
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    this.#taken++;
    waiting(search);
  }
}

async function listen(requests: AsyncIterator<SearchRequest>, search: FakeSearch): Promise<void> {
  try {
    for (let next = await requests.next(); !next.done; next = await requests.next()) search.receive(next.value);
    search.close();
  } catch {
    // The call was cancelled; the search's own signal tells the test.
  }
}
