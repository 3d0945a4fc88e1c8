import { CacheUse, type PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';

/** How a search came by its fan-out: it asked itself, joined one that was under way, or found one that was complete. */
export type Share = 'asked' | 'joined' | 'held';

/**
 * Outcomes as a search tells them: partners that were asked for another search were not asked for this one, and what was found
 * before it began is as old as it is.
 */
export class ToldOutcomes {
  readonly #share: Share;
  readonly #beganAt: number;
  readonly #startedAt: number;
  /** The same outcome is told by the same object, so that who compares sees no change. */
  readonly #told = new WeakMap<PartnerOutcome, PartnerOutcome>();

  /**
   * @param beganAt when the search began, epoch ms
   * @param startedAt when its fan-out did
   */
  constructor(share: Share, beganAt: number, startedAt: number) {
    this.#share = share;
    this.#beganAt = beganAt;
    this.#startedAt = startedAt;
  }

  /** @param asked the partners that were asked */
  of(outcomes: readonly PartnerOutcome[], asked: readonly string[]): readonly PartnerOutcome[] {
    if (this.#share === 'asked') return outcomes;
    return outcomes.map((outcome) => {
      if (!asked.includes(outcome.partner)) return outcome;
      const known = this.#told.get(outcome) ?? (this.#share === 'held' ? this.#held(outcome) : joined(outcome));
      this.#told.set(outcome, known);
      return known;
    });
  }

  #held(outcome: PartnerOutcome): PartnerOutcome {
    const sinceThen = this.#beganAt - this.#startedAt - outcome.latencyMs;
    const cacheAgeMs = Math.max(0, Math.round(sinceThen)) + (outcome.cacheAgeMs ?? 0);
    const asked = outcome.cache === CacheUse.UNSPECIFIED || outcome.cache === CacheUse.SHARED;
    return { ...outcome, cache: asked ? CacheUse.HIT : outcome.cache, cacheAgeMs, requests: 0, hedges: 0 };
  }
}

function joined(outcome: PartnerOutcome): PartnerOutcome {
  const asked = outcome.cache === CacheUse.UNSPECIFIED;
  return asked ? { ...outcome, cache: CacheUse.SHARED, requests: 0, hedges: 0 } : outcome;
}
