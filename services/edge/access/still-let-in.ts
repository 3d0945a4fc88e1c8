// What stays open is held to its credentials: who would not be let in any more is not kept either.
import type { Identity } from '../../../libs/clients/index.ts';
import { EntrepotError, toEntrepotError } from '../../../libs/errors/index.ts';
import type { Identify } from '../api/caller.ts';
import { permitted, staysOpen } from '../api/gates.ts';
import type { Gate, Operation } from '../api/public-api.ts';

/**
 * Who it is now.
 *
 * @returns the identity; why it is let in no more: CREDENTIALS_INVALID, CREDENTIALS_EXPIRED, NOT_PERMITTED; undefined where that cannot
 * be told, because an issuer's keys cannot be had
 */
export async function identityNow(identify: Identify): Promise<Identity | EntrepotError | undefined> {
  try {
    return await identify();
  } catch (thrown) {
    const error = toEntrepotError(thrown);
    return error.reason === 'UNREACHABLE' ? undefined : error;
  }
}

interface Open {
  readonly operation: Operation;
  readonly identify: Identify;
  readonly end: (error: EntrepotError) => void;
}

/** Ends streams whose client is let in no more, or not permitted what they are. */
export class StillLetIn {
  readonly #everyMs: number;
  readonly #open = new Set<Open>();
  #timer: NodeJS.Timeout | undefined;

  /** @param everyMs how often is looked, in milliseconds; default 15,000, sensible from 1,000 to 60,000 */
  constructor(everyMs = 15_000) {
    this.#everyMs = everyMs;
  }

  readonly gate: Gate = (operation) => {
    const { caller, end } = operation;
    if (caller.identify === undefined || end === undefined || !staysOpen(operation)) return;
    const stream: Open = { operation, identify: caller.identify, end };
    this.#open.add(stream);
    this.#timer ??= setInterval(() => void this.look(), this.#everyMs).unref();
    return () => {
      this.#open.delete(stream);
      if (this.#open.size === 0) this.close();
    };
  };

  /** Looks at every stream that is open. */
  async look(): Promise<void> {
    await Promise.all(
      [...this.#open].map(async ({ operation, identify, end }) => {
        const now = await identityNow(identify);
        if (now === undefined) return;
        try {
          if (now instanceof EntrepotError) throw now;
          await permitted({ ...operation, caller: { ...operation.caller, identity: now } });
        } catch (error) {
          end(toEntrepotError(error));
        }
      }),
    );
  }

  /** Looks no more. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
