import { FailureKind, OutcomeStatus, type PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Breaker, type BreakerResult, type BreakerSettings, type Opened, type Ticket } from './breaker.ts';

/** Kinds of failure that partners are suspended for; that a rate limit was met is remembered by itself. */
export const breakerKinds = ['timeouts', 'errors', 'authentication', 'malformed'] as const;

/** A kind of failure. */
export type BreakerKind = (typeof breakerKinds)[number];

/** How a partner is suspended, by the kind of failure; false for not at all. */
export type SuspensionSettings = Readonly<Record<BreakerKind, BreakerSettings | false>>;

/** What holds where an account does not say otherwise. */
export const defaultSuspension: Readonly<Record<BreakerKind, BreakerSettings>> = {
  timeouts: { windowMs: 30_000, failures: 5, share: 0.5, pauseMs: 5_000, longestPauseMs: 60_000 },
  errors: { windowMs: 30_000, failures: 5, share: 0.5, pauseMs: 5_000, longestPauseMs: 60_000 },
  // Credentials do not mend themselves, and partners lock accounts that go on trying.
  authentication: { windowMs: 60_000, failures: 3, share: 0.5, pauseMs: 30_000, longestPauseMs: 300_000 },
  malformed: { windowMs: 60_000, failures: 5, share: 0.5, pauseMs: 10_000, longestPauseMs: 120_000 },
};

/** What came of asking a partner, as far as it says something about the partner. */
export type Verdict =
  /** It gave an answer. */
  | { readonly was: 'good' }
  | { readonly was: 'failed'; readonly kind: BreakerKind; readonly detail: string }
  /** It refused, which it could: it is there. */
  | { readonly was: 'refused' }
  /** Nothing can be said: cancelled, or never asked. */
  | { readonly was: 'unknown' };

/** A failure that a partner is suspended for. */
export interface Suspension {
  readonly kind: BreakerKind;
  /** The market in which; empty for all of the account. */
  readonly market: string;
  /** How long it has been so, ms. */
  readonly forMs: number;
  readonly failures: number;
  readonly results: number;
  /** The failure that was seen last. */
  readonly detail: string;
  /** Until it is tried again, ms. */
  readonly retryAfterMs: number;
}

/** Told when a partner is suspended, and when that is over. */
export type SuspensionListener = (to: 'opened' | 'closed', suspension: Suspension) => void;

/** A conversation that may begin; to be told once what came of it. */
export interface Admission {
  /** It tries whether a failure is over. */
  readonly probe: boolean;
  end(verdict: Verdict): void;
}

interface Scope {
  readonly kind: BreakerKind;
  readonly market: string;
  readonly breaker: Breaker;
}

/**
 * The breakers of one partner: one for each kind of failure, and of the kinds that are about a market one for each market, so that
 * a market that fails takes none of the others with it. Refused credentials are refused in every market.
 */
export class Breakers {
  readonly #settings: SuspensionSettings;
  readonly #now: () => number;
  readonly #listener: SuspensionListener;
  readonly #scopes = new Map<string, readonly Scope[]>();
  readonly #ofAccount: readonly Scope[];

  /** @param now milliseconds of a clock that never goes back */
  constructor(settings: SuspensionSettings, now: () => number, listener: SuspensionListener = () => {}) {
    this.#settings = settings;
    this.#now = now;
    this.#listener = listener;
    this.#ofAccount = this.#make(['authentication'], '');
  }

  /**
   * Whether the partner may be asked now for a market.
   *
   * @param leaseMs how long asking takes at most
   */
  admit(market: string, leaseMs: number): Admission | Suspension {
    return this.#admit(this.#scopesOf(market), leaseMs);
  }

  /** Whether it may be asked for something that is no search: only what holds for all of the account counts. */
  admitAny(leaseMs: number): Admission | Suspension {
    return this.#admit(this.#ofAccount, leaseMs);
  }

  /** The suspensions in force. */
  suspensions(): Suspension[] {
    const markets = [...this.#scopes.values()].flat().filter(({ market }) => market !== '');
    return [...this.#ofAccount, ...markets].flatMap((scope) => {
      const { opened } = scope.breaker;
      return opened === undefined ? [] : [this.#describe(scope, opened)];
    });
  }

  #admit(scopes: readonly Scope[], leaseMs: number): Admission | Suspension {
    let longest: Scope | undefined;
    for (const scope of scopes) {
      const { waitMs } = scope.breaker;
      if (waitMs > 0 && waitMs > (longest?.breaker.waitMs ?? 0)) longest = scope;
    }
    if (longest?.breaker.opened !== undefined) return this.#describe(longest, longest.breaker.opened);
    const tickets = scopes.map((scope) => ({ scope, ticket: scope.breaker.begin(leaseMs) }));
    return {
      probe: tickets.some(({ ticket }) => ticket.probe),
      end: (verdict) => {
        for (const { scope, ticket } of tickets) this.#end(scope, ticket, verdict);
      },
    };
  }

  #end(scope: Scope, ticket: Ticket, verdict: Verdict): void {
    const { breaker } = scope;
    const before = breaker.opened;
    const detail = verdict.was === 'failed' ? verdict.detail : '';
    const changed = breaker.end(ticket, resultFor(scope.kind, verdict), detail);
    const opened = changed === 'opened' ? breaker.opened : before;
    if (changed !== undefined && opened !== undefined) this.#listener(changed, this.#describe(scope, opened));
  }

  #describe({ kind, market, breaker }: Scope, { since, failures, results, detail }: Opened): Suspension {
    const forMs = this.#now() - since;
    return { kind, market, forMs, failures, results, detail, retryAfterMs: Math.ceil(breaker.waitMs) };
  }

  #scopesOf(market: string): readonly Scope[] {
    let scopes = this.#scopes.get(market);
    if (scopes === undefined) {
      scopes = [...this.#ofAccount, ...this.#make(['timeouts', 'errors', 'malformed'], market)];
      this.#scopes.set(market, scopes);
    }
    return scopes;
  }

  #make(kinds: readonly BreakerKind[], market: string): Scope[] {
    return kinds.flatMap((kind) => {
      const settings = this.#settings[kind];
      return settings === false ? [] : [{ kind, market, breaker: new Breaker(settings, this.#now) }];
    });
  }
}

/** What a verdict is for the breaker of a kind. */
function resultFor(kind: BreakerKind, verdict: Verdict): BreakerResult {
  if (verdict.was === 'good') return 'good';
  if (verdict.was === 'unknown') return 'none';
  if (verdict.was === 'failed' && verdict.kind === kind) return 'bad';
  const answered = verdict.was === 'refused' || verdict.kind === 'authentication' || verdict.kind === 'malformed';
  // Whoever refuses in time, and not with a 5xx, is neither late nor broken; whether it takes our credentials is not known by it.
  if (answered && (kind === 'timeouts' || kind === 'errors')) return 'good';
  return answered ? 'none' : 'other';
}

/**
 * What an outcome says about its partner.
 *
 * @param hadTime it was asked, and had as long as it can be expected to take; else that it did not answer says nothing
 */
export function verdictOf({ status, failure, detail, offersKept }: PartnerOutcome, hadTime: boolean): Verdict {
  if (status === OutcomeStatus.CANCELLED) return { was: 'unknown' };
  // Offers came, whatever else did not.
  if (offersKept > 0) return { was: 'good' };
  switch (failure) {
    case FailureKind.UNSPECIFIED:
      return status === OutcomeStatus.SUSPENDED || status === OutcomeStatus.BUDGET_SPENT
        ? { was: 'unknown' }
        : { was: 'good' };
    case FailureKind.TIMEOUT:
      return hadTime ? { was: 'failed', kind: 'timeouts', detail } : { was: 'unknown' };
    case FailureKind.CONNECTION:
    case FailureKind.SERVER_ERROR:
      return { was: 'failed', kind: 'errors', detail };
    case FailureKind.AUTHENTICATION:
      return { was: 'failed', kind: 'authentication', detail };
    case FailureKind.MALFORMED:
      return { was: 'failed', kind: 'malformed', detail };
    case FailureKind.PLATFORM:
      return { was: 'unknown' };
    default:
      return { was: 'refused' };
  }
}
