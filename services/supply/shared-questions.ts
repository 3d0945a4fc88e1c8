import { randomUUID } from 'node:crypto';
import { PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { SharedState } from '../../libs/shared/index.ts';
import { logger } from '../../libs/telemetry/index.ts';
import { type Answered, endOf } from './freshness.ts';
import { sharedQuestions } from './metrics.ts';

/** How long somebody waits for another replica's answer. */
export interface WaitBounds {
  /** Epoch ms; it may move on. */
  readonly until: () => number;
  readonly signal: AbortSignal;
}

/** The right to ask a question for all replicas. */
export interface Lead {
  /**
   * Gives it back, with what came of it: what may serve again, or else what those get who wait now; neither where others have to
   * ask for themselves. Never rejects.
   */
  end(answered: Answered | undefined, told: Answered | undefined): Promise<void>;
}

/** What comes of wanting to ask a question. */
export type Asked =
  | { readonly lead: Lead }
  | { readonly told: Answered }
  | { readonly held: Answered }
  | 'late'
  | 'cancelled';

/** What a replica was told, with the right by which it asked. */
interface Kept {
  readonly answered: Answered;
  readonly by: string;
}

/** A lease that its holder does not prolong ends after this: the holder is gone, or its process stands still. */
const LEASE_MS = 2_000;
const PROLONG_MS = 600;
/** Notices can be lost: so often it is looked whether the answer is there. */
const LOOK_MS = 250;
/** What came of a question is kept so long for those who wait. */
const TOLD_MS = 10_000;
const log = logger('supply.questions');

/**
 * Questions to partners that all replicas ask: what came of them, for as long as it may serve again, and who asks one that all of
 * them want to ask now. Where the shared state cannot be reached each replica asks for itself.
 */
export class SharedQuestions {
  readonly #shared: SharedState;

  constructor(shared: SharedState) {
    this.#shared = shared;
  }

  /** What any replica was told to a question, if it is of any use. Never rejects. */
  async find(key: string): Promise<Answered | undefined> {
    try {
      return readKept(await this.#shared.get(answeredKey(key)))?.answered;
    } catch (error) {
      this.#alone(error);
      return undefined;
    }
  }

  /** What any replica was told to a question where it serves; otherwise whoever asks tells the others, and waits for none. */
  async look(
    key: string,
    serves: (held: Answered) => boolean,
  ): Promise<Extract<Asked, { readonly held: Answered } | { readonly lead: Lead }>> {
    const held = await this.find(key);
    return held !== undefined && serves(held) ? { held } : { lead: new NoLead(this.#shared, key) };
  }

  /**
   * Takes the right to ask a question, or waits for what another replica is told, until that is there, or the right is free, or
   * the time is over. Never rejects.
   *
   * @param serves whether what any replica was told before will do: then there is nothing to ask or to wait for
   */
  async ask(key: string, bounds: WaitBounds, serves: (held: Answered) => boolean): Promise<Asked> {
    const holder = randomUUID();
    let noticed = false;
    let wake = (): void => {};
    let leave: (() => void) | undefined;
    const waitedFor = new Set<string>();
    const onAbort = (): void => wake();
    bounds.signal.addEventListener('abort', onAbort, { once: true });
    try {
      for (;;) {
        if (bounds.signal.aborted) return 'cancelled';
        // In this order, as they are sent: who has the right and finds nothing knows that there is nothing.
        const [holds, kept] = await Promise.all([
          this.#shared.acquire(leaseKey(key), holder, LEASE_MS),
          this.#shared.get(answeredKey(key)).then(readKept),
        ]);
        const held = kept?.answered;
        const told = kept !== undefined && waitedFor.has(kept.by) ? held : await this.#told(waitedFor);
        if (told !== undefined || (held !== undefined && serves(held))) {
          if (holds === holder) void this.#release(key, holder);
          sharedQuestions.add(1, { result: told === undefined ? 'held' : 'told' });
          return told === undefined ? { held: held! } : { told };
        }
        if (holds === holder) {
          sharedQuestions.add(1, { result: 'asked' });
          return { lead: new HeldLead(this.#shared, key, holder) };
        }
        waitedFor.add(holds);
        if (leave === undefined) {
          leave = await this.#shared.subscribe(leaseKey(key), () => {
            noticed = true;
            wake();
          });
          // What was said before anybody listened is looked for.
          continue;
        }
        const ms = Math.min(LOOK_MS, bounds.until() - Date.now());
        if (ms <= 0) return 'late';
        if (noticed) {
          noticed = false;
          continue;
        }
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          if (bounds.signal.aborted) wake();
        });
      }
    } catch (error) {
      this.#alone(error);
      return { lead: alone };
    } finally {
      bounds.signal.removeEventListener('abort', onAbort);
      leave?.();
    }
  }

  /** What one of those was told who were waited for. */
  async #told(waitedFor: ReadonlySet<string>): Promise<Answered | undefined> {
    if (waitedFor.size === 0) return undefined;
    const stored = await this.#shared.getMany([...waitedFor].map(toldKey));
    return readKept(stored.find((one) => one !== undefined))?.answered;
  }

  async #release(key: string, holder: string): Promise<void> {
    await this.#shared.release(leaseKey(key), holder).catch(() => {
      // It ends by itself.
    });
  }

  #alone(error: unknown): void {
    sharedQuestions.add(1, { result: 'alone' });
    if (error instanceof EntrepotError && error.reason === 'UNREACHABLE') return;
    log.error({ err: error }, 'what replicas share cannot be read');
  }
}

/** The right to ask, held until the answer is there: prolonged as long as the process is alive. */
class HeldLead implements Lead {
  readonly #shared: SharedState;
  readonly #key: string;
  readonly #holder: string;
  readonly #timer: NodeJS.Timeout;

  constructor(shared: SharedState, key: string, holder: string) {
    this.#shared = shared;
    this.#key = key;
    this.#holder = holder;
    this.#timer = setInterval(() => {
      // Without it somebody else asks too, which is better than nobody.
      shared.acquire(leaseKey(key), holder, LEASE_MS).catch(() => {});
    }, PROLONG_MS);
    this.#timer.unref();
  }

  async end(answered: Answered | undefined, told: Answered | undefined): Promise<void> {
    try {
      if (answered !== undefined) await keep(this.#shared, this.#key, answered, this.#holder);
      else if (told !== undefined) await this.#shared.set(toldKey(this.#holder), written(told, this.#holder), TOLD_MS);
      await Promise.all([
        this.#shared.release(leaseKey(this.#key), this.#holder),
        this.#shared.publish(leaseKey(this.#key), this.#holder),
      ]);
    } catch (error) {
      log.debug({ err: error }, 'what a partner said cannot be shared');
    } finally {
      clearInterval(this.#timer);
    }
  }
}

/** Who asks without holding others up, and tells them what may serve again. */
class NoLead implements Lead {
  readonly #shared: SharedState;
  readonly #key: string;

  constructor(shared: SharedState, key: string) {
    this.#shared = shared;
    this.#key = key;
  }

  async end(answered: Answered | undefined): Promise<void> {
    if (answered !== undefined) await keep(this.#shared, this.#key, answered, '').catch(() => {});
  }
}

/** What may serve again is there for those who wait, too. */
function keep(shared: SharedState, key: string, answered: Answered, by: string): Promise<void> {
  return shared.set(answeredKey(key), written(answered, by), Math.max(TOLD_MS, endOf(answered) - Date.now()));
}

/** Who cannot reach the others asks alone. */
const alone: Lead = { end: async () => {} };

function answeredKey(key: string): string {
  return `answered:${key}`;
}

function leaseKey(key: string): string {
  return `asking:${key}`;
}

function toldKey(holder: string): string {
  return `told:${holder}`;
}

function written({ outcome, ...rest }: Answered, by: string): Buffer {
  const bytes = Buffer.from(PartnerOutcome.encode(outcome).finish()).toString('base64');
  return Buffer.from(JSON.stringify({ answered: { ...rest, outcome: bytes }, by }));
}

function readKept(stored: Buffer | undefined): Kept | undefined {
  if (stored === undefined) return undefined;
  const { answered, by } = JSON.parse(stored.toString('utf8')) as {
    answered: Omit<Answered, 'outcome'> & { readonly outcome: string };
    by: string;
  };
  return { answered: { ...answered, outcome: PartnerOutcome.decode(Buffer.from(answered.outcome, 'base64')) }, by };
}
