import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Click, ReportConversionRequest } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError, toEntrepotError } from '../../libs/errors/index.ts';
import type { SharedState } from '../../libs/shared/index.ts';
import type { Logger } from '../../libs/telemetry/index.ts';
import type { ClickCopy, Clicks, NewClick } from './clicks.ts';
import type { Sees } from './held.ts';

/** How long a click is known to every replica, ms: a stay may be booked and cancelled months after it. */
const knownForMs = 90 * 86_400_000;
/** One replica at a time takes a report of a click in, and no longer than this. */
const leaseMs = 2_000;
const waitMs = 20;

/**
 * Clicks of replicas: each records its own, and a copy in the shared state lets any of them take in what became of one. Where the
 * shared state is away, the replica that recorded a click still knows it.
 */
export class SharedClicks implements Pick<Clicks, 'record' | 'report'> {
  readonly #own: Clicks;
  readonly #shared: SharedState;
  readonly #log: Logger;

  constructor(own: Clicks, shared: SharedState, log: Logger) {
    this.#own = own;
    this.#shared = shared;
    this.#log = log;
  }

  async record(click: NewClick): Promise<void> {
    await this.#own.record(click);
    try {
      await this.#publish(click.clickId);
    } catch (error) {
      this.#log.warn({ err: error, click: click.clickId }, 'other replicas will not know this click');
    }
  }

  /** @throws EntrepotError as Clicks.report; UNREACHABLE where the click may be another replica's and those cannot be asked */
  async report(request: ReportConversionRequest, sees: Sees): Promise<Click> {
    const { clickId } = request;
    const holder = randomUUID();
    const lease = `query:click-lease:${clickId}`;
    let shared = clickId !== '';
    try {
      if (shared) await this.#take(lease, holder);
      const copy = shared ? await this.#shared.get(keyOf(clickId)) : undefined;
      if (copy !== undefined) await this.#own.restore(JSON.parse(copy.toString()) as ClickCopy);
    } catch (error) {
      if (toEntrepotError(error).reason !== 'UNREACHABLE') throw error;
      shared = false;
      const own = await this.#own.copy(clickId);
      if (own === undefined || !sees(String(own.click.client))) throw error;
    }
    try {
      const click = await this.#own.report(request, sees);
      if (shared) await this.#publish(clickId);
      return click;
    } finally {
      if (shared) await this.#shared.release(lease, holder).catch(() => false);
    }
  }

  async #take(lease: string, holder: string): Promise<void> {
    for (let waited = 0; (await this.#shared.acquire(lease, holder, leaseMs)) !== holder; waited += waitMs) {
      if (waited > leaseMs * 2) {
        throw new EntrepotError({
          reason: 'CONFLICT',
          message: 'Another report of this click is being taken in; report it again.',
        });
      }
      await sleep(waitMs);
    }
  }

  async #publish(clickId: string): Promise<void> {
    const copy = await this.#own.copy(clickId);
    if (copy !== undefined) await this.#shared.set(keyOf(clickId), Buffer.from(JSON.stringify(copy)), knownForMs);
  }
}

function keyOf(clickId: string): string {
  return `query:click:${clickId}`;
}
