import { FailureKind } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { LearnedLatency, shapeOf } from '../../libs/latency/index.ts';
import { logger } from '../../libs/telemetry/index.ts';
import type { AskContext, Progress } from './adapter.ts';
import { Breakers, type Suspension } from './breakers.ts';
import { GradientLimit } from './gradient-limit.ts';
import { type HedgedRequest, Hedging, type RequestKind } from './hedging.ts';
import { firstProgress } from './kit/context.ts';
import { breakerChanges } from './metrics.ts';
import type { AnyPartner, ConfiguredPartner } from './partner.ts';

/** Kinds of requests whose latency is remembered, a partner. */
const KINDS = 500;
/** What is usual changes slowly, so that a partner under too much load does not make its slowness usual. */
const USUAL_HALF_LIFE_MS = 900_000;
/** Without anything learned a partner can be expected to have answered after this. */
const UNKNOWN_MS = 1_000;

const log = logger('supply.partner');

/** What is known of one partner by the traffic with it. */
export class PartnerTraffic {
  readonly breakers: Breakers;
  /** Absent where its requests are not sent twice. */
  readonly hedging: Hedging | undefined;
  readonly #partner: AnyPartner;
  readonly #gradient: GradientLimit;
  /** What requests take now. */
  readonly #recent: LearnedLatency;
  /** What they usually take. */
  readonly #usual: LearnedLatency;
  /** What conversations that were answered take. */
  readonly #conversations: LearnedLatency;

  constructor(partner: AnyPartner & Partial<Pick<ConfiguredPartner, 'hedge'>>, now: () => number) {
    const { limit, concurrencyFloor, suspension, hedge } = partner;
    this.#partner = partner;
    this.#gradient = new GradientLimit({ most: limit.most, floor: concurrencyFloor, now });
    this.#recent = new LearnedLatency({ kinds: KINDS, now });
    this.#usual = new LearnedLatency({ kinds: KINDS, halfLifeMs: USUAL_HALF_LIFE_MS, now });
    this.#conversations = new LearnedLatency({ kinds: KINDS, now });
    this.hedging = hedge && new Hedging(hedge, this.#recent);
    this.breakers = new Breakers(suspension, now, (to, one) => tell(partner.name, to, one));
  }

  /** A request was answered over HTTP. A refusal says nothing of how long an answer takes. */
  responded(kind: RequestKind, status: number, ms: number): void {
    const isAnswer =
      (status >= 200 && status <= 299) || this.#partner.manifest.answerStatuses?.includes(status) === true;
    if (isAnswer) this.answered(kind, ms);
    else if (status >= 500) this.#dropped();
  }

  /** A request was answered as it should be. */
  answered(kind: RequestKind, ms: number): void {
    const { limit } = this.#partner;
    const usual = this.#usual.expect(kind, 0.5);
    if (usual !== undefined) {
      this.#gradient.answered(ms, usual, limit.active);
      limit.resize(this.#gradient.limit);
    }
    this.#usual.record(kind, ms);
    this.#recent.record(kind, ms);
  }

  /**
   * A request was given up because its second was answered first: it took so long at least. Without it the slow ones would count
   * less the more of them are overtaken, and ever more requests would seem slow.
   */
  overtaken(kind: RequestKind, ms: number): void {
    this.#recent.record(kind, ms);
  }

  /** A request was not answered. Where its time was over sooner than such usually take that is no fault of the partner's. */
  failed(kind: RequestKind, failure: FailureKind, ms: number): void {
    const waited = failure === FailureKind.TIMEOUT && ms >= (this.#usual.expect(kind, 0.95) ?? UNKNOWN_MS);
    if (waited || failure === FailureKind.CONNECTION || failure === FailureKind.SERVER_ERROR) this.#dropped();
  }

  #dropped(): void {
    const { limit } = this.#partner;
    this.#gradient.dropped(limit.active);
    limit.resize(this.#gradient.limit);
  }

  /** A conversation for a search was answered. */
  conversed(market: string, shape: string, ms: number): void {
    this.#conversations.record([market, shape], ms);
  }

  /** Whether so much time is as much as the partner can be expected to take: where less was given, silence is no failure. */
  isFairTime(market: string, shape: string, ms: number): boolean {
    const expected = this.#conversations.expect([market, shape], 0.95) ?? UNKNOWN_MS;
    return ms >= Math.min(this.#partner.timeoutMs / 2, expected);
  }
}

function tell(partner: string, to: 'opened' | 'closed', one: Suspension): void {
  const { kind: failure, market, failures, results, detail, retryAfterMs, forMs } = one;
  breakerChanges.add(1, { partner, failure, to });
  const where = { partner, failure, ...(market !== '' && { market }) };
  if (to === 'opened') log.warn({ ...where, failures, results, detail, retryAfterMs }, 'partner suspended');
  else log.info({ ...where, forMs: Math.round(forMs) }, 'partner no longer suspended');
}

/** What is known of partners by the traffic with them. A partner whose configuration changes begins anew. */
export class Traffic {
  readonly #of = new WeakMap<AnyPartner, PartnerTraffic>();
  readonly #now: () => number;

  /** @param now milliseconds of a clock that never goes back; default the process's own */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  of(partner: AnyPartner): PartnerTraffic {
    let traffic = this.#of.get(partner);
    if (traffic === undefined) {
      traffic = new PartnerTraffic(partner, this.#now);
      this.#of.set(partner, traffic);
    }
    return traffic;
  }
}

/** Shapes of criteria: one search asks many partners by the same ones. */
const shapes = new WeakMap<object, string>();

/** The shape of what is sought. */
export function shapeOfCriteria({ criteria }: AskContext): string {
  let shape = shapes.get(criteria);
  if (shape === undefined) {
    shape = shapeOf(criteria);
    shapes.set(criteria, shape);
  }
  return shape;
}

/** What kind of request of a search it is. */
export function kindOfRequest(
  { manifest }: AnyPartner,
  context: AskContext,
  progress: Progress | undefined,
): RequestKind {
  return [requestOf(manifest, progress), context.market, shapeOfCriteria(context)];
}

function requestOf(
  manifest: object,
  { step, polls, page }: Progress = firstProgress,
): HedgedRequest | `steps ${number}` {
  const steps: unknown = 'steps' in manifest ? manifest.steps : undefined;
  // The step after the last is the search itself.
  if (Array.isArray(steps) && step < steps.length) return `steps ${step + 1}`;
  if (polls > 0) return 'poll';
  return page > 1 ? 'paging' : 'search';
}
