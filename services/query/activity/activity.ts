import { LRUCache } from 'lru-cache';
import { CacheUse, OutcomeStatus, type PartnerOutcome } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type {
  ActivitySlot,
  ListPartnerActivityRequest,
  ListPartnerActivityResponse,
  OutcomeCount,
  PartnerActivity,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { invalidField } from '../../../libs/errors/index.ts';
import { bucketOf, latencyBounds, percentileOf } from '../../../libs/latency/index.ts';

/** What is counted is kept by slots of so many milliseconds. */
const slotMs = 10_000;
const slotsAMinute = 60_000 / slotMs;
const mostMinutes = 60;
const defaultMinutes = 15;
const slots = mostMinutes * slotsAMinute;
/** Partners that are counted, at 66 KB each; of more the ones that were not searched for longest are forgotten. */
const mostPartners = 256;

const statuses: readonly OutcomeStatus[] = Object.values(OutcomeStatus).filter((status) => status > 0);
/** Outcomes with which a partner has answered. */
const answered: ReadonlySet<OutcomeStatus> = new Set([OutcomeStatus.OK, OutcomeStatus.PARTIAL, OutcomeStatus.EMPTY]);

/** The counts of a slot stand in a row: outcomes by status, then offers, then latencies by bucket. */
const offersAt = Math.max(...statuses) + 1;
const latenciesAt = offersAt + 1;
const width = latenciesAt + latencyBounds.length;

/** One partner's slots: a ring that is written over. */
class PartnerSlots {
  readonly #counts = new Uint32Array(slots * width);
  readonly #numbers = new Float64Array(slots).fill(-1);

  note(slot: number, { status, offersKept, latencyMs, cache }: PartnerOutcome): void {
    const at = slot % slots;
    if (this.#numbers[at] !== slot) {
      this.#numbers[at] = slot;
      this.#counts.fill(0, at * width, (at + 1) * width);
    }
    const row = at * width;
    this.#counts[row + status]! += 1;
    this.#counts[row + offersAt]! += offersKept;
    // What was held before says nothing of how long the partner takes.
    if (answered.has(status) && cache === CacheUse.UNSPECIFIED) {
      this.#counts[row + latenciesAt + bucketOf(latencyMs)]! += 1;
    }
  }

  /** The counts of some slots, added up. */
  sum(first: number, last: number): number[] {
    const sum = new Array<number>(width).fill(0);
    for (let slot = first; slot <= last; slot++) {
      const at = slot % slots;
      if (this.#numbers[at] !== slot) continue;
      for (let column = 0; column < width; column++) sum[column]! += this.#counts[at * width + column]!;
    }
    return sum;
  }
}

/**
 * How partners did in the last hour's searches, as those who searched saw it: what each ended with when the search was complete, once
 * for a fan-out however many look at it. An outcome costs the same whatever there is, and memory is bounded by the number of partners.
 */
export class Activity {
  readonly #partners = new LRUCache<string, PartnerSlots>({ max: mostPartners });
  readonly #now: () => number;
  readonly #startedAt: number;
  #newest = 0;

  /** @param now epoch milliseconds; default the clock of the process */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#startedAt = now();
  }

  /** A fan-out is complete. */
  note(outcomes: readonly PartnerOutcome[]): void {
    const slot = this.#slot();
    for (const outcome of outcomes) {
      let partner = this.#partners.get(outcome.partner);
      if (partner === undefined) {
        partner = new PartnerSlots();
        this.#partners.set(outcome.partner, partner);
      }
      partner.note(slot, outcome);
    }
  }

  /** @throws EntrepotError INVALID_FIELD for a window that is not kept */
  list({ partner, minutes }: ListPartnerActivityRequest): ListPartnerActivityResponse {
    if (minutes > mostMinutes) {
      throw invalidField(
        'minutes',
        `is ${minutes}; it must be from 1 to ${mostMinutes}, or left out for ${defaultMinutes}`,
      );
    }
    const window = minutes === 0 ? defaultMinutes : minutes;
    const last = this.#slot();
    const first = last - window * slotsAMinute + 1;
    const names = [...this.#partners.keys()].filter((name) => partner === '' || name === partner).sort();
    const from = Math.max(first * slotMs, this.#startedAt);
    return {
      partners: names.flatMap((name) => activityOf(name, this.#partners.peek(name)!, first, last, window) ?? []),
      windowSeconds: Math.max(0, Math.round((this.#now() - from) / 1_000)),
      replicas: 0,
      replicasMissing: 0,
    };
  }

  /** A clock that is put back counts into the newest slot until it has caught up. */
  #slot(): number {
    this.#newest = Math.max(this.#newest, Math.floor(this.#now() / slotMs));
    return this.#newest;
  }
}

/** What is counted of a partner; undefined where nothing is. */
function activityOf(
  partner: string,
  counted: PartnerSlots,
  first: number,
  last: number,
  minutes: number,
): PartnerActivity | undefined {
  const sum = counted.sum(first, last);
  const searches = searchesIn(sum);
  if (searches === 0) return undefined;
  const latencies = sum.slice(latenciesAt);
  // Some sixty of them at most, whatever the window.
  const length = minutes <= 10 ? 1 : slotsAMinute;
  const told: ActivitySlot[] = [];
  for (let slot = first; slot <= last; slot += length) told.push(slotOf(counted, slot, slot + length - 1));
  return {
    partner,
    searches,
    outcomes: outcomesIn(sum),
    offers: sum[offersAt]!,
    latencies: latencyBounds.map((upperMs, bucket) => ({ upperMs, count: latencies[bucket]! })),
    p50Ms: percentileOf(latencies, 0.5),
    p95Ms: percentileOf(latencies, 0.95),
    slots: told,
  };
}

function slotOf(counted: PartnerSlots, first: number, last: number): ActivitySlot {
  const sum = counted.sum(first, last);
  const latencies = sum.slice(latenciesAt);
  let done = 0;
  for (const status of answered) done += sum[status]!;
  return {
    start: Temporal.Instant.fromEpochMilliseconds(first * slotMs),
    searches: searchesIn(sum),
    answered: done,
    p50Ms: percentileOf(latencies, 0.5),
    p95Ms: percentileOf(latencies, 0.95),
    outcomes: outcomesIn(sum),
    latencies: latencyBounds.flatMap((upperMs, bucket) =>
      latencies[bucket]! > 0 ? [{ upperMs, count: latencies[bucket]! }] : [],
    ),
  };
}

function outcomesIn(sum: readonly number[]): OutcomeCount[] {
  return statuses.filter((status) => sum[status]! > 0).map((status) => ({ status, count: sum[status]! }));
}

function searchesIn(sum: readonly number[]): number {
  return statuses.reduce<number>((searches, status) => searches + sum[status]!, 0);
}
