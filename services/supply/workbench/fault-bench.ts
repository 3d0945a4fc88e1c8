import type { PartnerOutcome } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { ConcurrencyLimit } from '../concurrency.ts';
import { HttpClient, type HttpSender } from '../http.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { RateLimitHold } from '../rate-limit.ts';
import { RequestRate } from '../request-rate.ts';
import type { LoadedCase } from './cases.ts';
import { Conversation, type Fault, FaultServer } from './fault-server.ts';
import { searchPartner } from './search.ts';

/** A machine under load is late by so much at most; that is no fault of the adapter's. */
export const GRACE_MS = 5_000;

/** What a search is bounded by, other than usually. */
export interface Bounds {
  readonly timeoutMs?: number;
  readonly maxPages?: number;
  readonly maxBodyBytes?: number;
  readonly deadline?: number;
  readonly signal?: AbortSignal;
}

/** A search of the misbehaving partner, with the conversation that it was. */
export interface Tried {
  readonly outcome: PartnerOutcome;
  readonly conversation: Conversation;
  /** How long after its deadline it ended. */
  readonly lateMs: number;
}

/** A partner that is asked on this machine alone, in conversations that replay a recording until something goes wrong. */
export class FaultBench {
  readonly partner: ConfiguredPartner;
  readonly server: FaultServer;
  /** The requests of the recording in order: "POST /v2/quotes". */
  readonly requests: readonly string[];
  /** Large enough for the recording, small enough to be sent often. */
  readonly bodyLimit: number;
  readonly #case: LoadedCase;
  readonly #http: HttpClient;
  #opened = 0;

  private constructor(partner: ConfiguredPartner, one: LoadedCase, requests: readonly string[], server: FaultServer) {
    this.partner = partner;
    this.server = server;
    this.requests = requests.map((request) => request.replace(/[?].*$/s, ''));
    this.#case = one;
    this.#http = new HttpClient();
    this.bodyLimit = Math.max(65_536, ...one.answers.map(({ body }) => body.length + 1_024));
  }

  /**
   * Opens one.
   *
   * @param one a case whose answers are whole
   * @param requests those that the case sends, one for each answer
   */
  static async open(partner: ConfiguredPartner, one: LoadedCase, requests: readonly string[]): Promise<FaultBench> {
    return new FaultBench(partner, one, requests, await FaultServer.start());
  }

  /** Its requests carry a token, which the first one gets. */
  get hasToken(): boolean {
    return this.partner.adapter.session !== undefined;
  }

  /** Largest answer in bytes; that to a login has a limit of its own. */
  get largestBody(): number {
    return Math.max(...this.#case.answers.slice(this.hasToken ? 1 : 0).map(({ body }) => body.length));
  }

  /** A conversation of its own, in which one answer goes wrong. */
  converse(fault: Fault, at: number): Conversation {
    return new Conversation(this.#case.answers, fault, at);
  }

  /** Searches in a conversation of its own. */
  async search(fault: Fault, at: number, bounds: Bounds): Promise<Tried> {
    const conversation = this.converse(fault, at);
    const outcome = await this.searchIn(conversation, { timeoutMs: 20_000, ...bounds });
    return { outcome, conversation, lateMs: Date.now() - (bounds.deadline ?? Number.POSITIVE_INFINITY) };
  }

  /** As {@link search}, within the first of some times (ms) in which the fault is met. */
  async impatient(
    fault: Fault,
    at: number,
    bounds: (ms: number) => Bounds,
    [ms, ...longer]: readonly [number, ...number[]],
  ): Promise<Tried> {
    const tried = await this.search(fault, at, { ...bounds(ms), maxBodyBytes: this.bodyLimit });
    const [next, ...rest] = longer;
    if (tried.conversation.isReached || next === undefined) return tried;
    return this.impatient(fault, at, bounds, [next, ...rest]);
  }

  /** Searches in a conversation that may be there already; `onSend` hears of every request that goes out. */
  async searchIn(
    conversation: Conversation,
    { timeoutMs, maxPages, maxBodyBytes, ...bounds }: Bounds,
    limits: Partial<Pick<ConfiguredPartner, 'limit' | 'rate'>> = {},
    onSend: () => void = () => {},
  ): Promise<PartnerOutcome> {
    const path = `/c${++this.#opened}`;
    this.server.open(path, conversation);
    const { partner, server } = this;
    const asked: ConfiguredPartner = {
      ...partner,
      account: { ...partner.account, endpoint: `${server.url}${path}` },
      origin: server.url,
      basePath: path,
      limit: new ConcurrencyLimit(2),
      hold: new RateLimitHold(),
      // Conversations are tried at once, more than the partner would take.
      rate: new RequestRate(undefined),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(maxPages !== undefined && { maxPages }),
      ...(maxBodyBytes !== undefined && { maxBodyBytes }),
      ...limits,
    };
    const { outcome } = await searchPartner(asked, this.#case.asked, this.#within(path, onSend), {
      ...bounds,
      frozen: true,
    });
    return outcome;
  }

  /** Other hosts of the partner (where it logs in, where a link leads) are on this machine too: nothing goes out. */
  #within(path: string, onSend: () => void): HttpSender {
    const { url: origin } = this.server;
    return {
      send: (request) => {
        onSend();
        if (request.origin === origin) return this.#http.send(request);
        return this.#http.send({ ...request, origin, path: `${path}${request.path}` });
      },
    };
  }

  async close(): Promise<void> {
    await this.#http.close();
    await this.server.close();
  }
}
