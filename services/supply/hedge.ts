/** How one request is sent, and a second time beside it where it takes long. */
export interface HedgedSend<T> {
  /**
   * Sends it once.
   *
   * @param sent to be called when it goes out, after whatever it had to wait for
   */
  readonly send: (signal: AbortSignal, hedge: boolean, sent: () => void) => Promise<T>;
  /** Whether an answer is what was asked for; asked only where another one may still come. */
  readonly isGood: (answer: T) => boolean;
  /** How long the first is waited for alone, from when it went out. */
  readonly afterMs: number;
  /** Whether a second one may go out now: undefined for no, else what is called when it has ended. */
  readonly admit: () => (() => void) | undefined;
  /** Told of an answer that was not good while another was still to come. */
  readonly discarded: (answer: T) => void;
  /** The first was overtaken, so long after it went out. */
  readonly overtaken: (ms: number) => void;
  readonly signal: AbortSignal;
}

/** Which of the two was taken: the first without a second, or one of both. */
export type HedgeResult = 'none' | 'won' | 'lost';

/** Why the slower of two is given up; made once, because an error costs a stack. */
const OVERTAKEN = new Error('the other request was answered first');

type End<T> = { readonly answer: T } | { readonly error: unknown };

/**
 * Sends a request, and again where it takes longer than nearly all before it. The first good answer counts and the other request is
 * aborted. Where both fail the first one's failure counts. Rejects with what `send` rejects with.
 */
export function sendHedged<T>(how: HedgedSend<T>): Promise<{ readonly answer: T; readonly hedge: HedgeResult }> {
  return new Promise((resolve, reject) => {
    const tries: AbortController[] = [];
    let firstSentAt = 0;
    let running = 0;
    let settled = false;
    let failed: { readonly end: End<T>; readonly hedge: boolean } | undefined;
    let timer: NodeJS.Timeout | undefined;
    const { signal } = how;

    const settle = ({ end, hedge }: NonNullable<typeof failed>): void => {
      settled = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (running > 0) {
        if (hedge) how.overtaken(performance.now() - firstSentAt);
        for (const one of tries) one.abort(OVERTAKEN);
      }
      if ('error' in end) reject(end.error);
      else resolve({ answer: end.answer, hedge: tries.length === 1 ? 'none' : hedge ? 'won' : 'lost' });
    };
    const ended = (end: End<T>, hedge: boolean): void => {
      if (settled) return;
      running--;
      const alone = running === 0 && failed === undefined;
      if (alone || ('answer' in end && how.isGood(end.answer))) {
        settle({ end, hedge });
        return;
      }
      // Of two that failed the first one's word counts.
      if ('answer' in end && (running > 0 || hedge)) how.discarded(end.answer);
      if (running > 0) failed = { end, hedge };
      else settle(hedge && failed !== undefined ? failed : { end, hedge });
    };
    const begin = (hedge: boolean, left: () => void): void => {
      const abort = new AbortController();
      tries.push(abort);
      running++;
      how
        .send(abort.signal, hedge, () => {
          if (!hedge) wait();
        })
        .then(
          (answer) => {
            left();
            ended({ answer }, hedge);
          },
          (error: unknown) => {
            left();
            ended({ error }, hedge);
          },
        );
    };
    const wait = (): void => {
      firstSentAt = performance.now();
      clearTimeout(timer);
      timer = setTimeout(due, how.afterMs);
    };
    // Timers come before what has arrived is read: an answer that waits to be read is no late one.
    const due = (): void => void setImmediate(again);
    const again = (): void => {
      if (settled || tries.length > 1 || signal.aborted) return;
      const left = how.admit();
      if (left !== undefined) begin(true, left);
    };
    const onAbort = (): void => {
      for (const one of tries) one.abort(signal.reason);
    };

    signal.addEventListener('abort', onAbort, { once: true });
    begin(false, () => {});
    if (signal.aborted) onAbort();
  });
}
