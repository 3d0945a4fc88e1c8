import type { Sample } from './sample.ts';

/** What came of a sample. */
export type Result =
  | 'accurate'
  | 'dearer'
  | 'cheaper'
  | 'gone'
  /** The partner could not be asked, or did not answer. */
  | 'failed'
  /** Nothing of what it allows was left over. */
  | 'refused'
  /** Its time was over before it was asked. */
  | 'expired'
  /** More were chosen than may be asked. */
  | 'skipped';

/** How many checks may be made. */
export interface Bounds {
  /** Of one partner, in any minute. */
  readonly perMinute: number;
  /** Under way, of all. */
  readonly atOnce: number;
}

/** Chosen offers that wait for their time, at most. */
const mostWaiting = 2_000;
const minuteMs = 60_000;

/** Checks samples when they are due, no more at once and in any minute than is allowed. What is not made is not made up for. */
export class Checks {
  readonly #check: (sample: Sample) => Promise<Result>;
  readonly #done: (sample: Sample, result: Result) => void;
  readonly #now: () => number;
  #waiting: { readonly sample: Sample; readonly dueAt: number }[] = [];
  readonly #atWork = new Set<Promise<void>>();
  /** When checks of a partner were made within the last minute, epoch ms, oldest first. */
  readonly #made = new Map<string, number[]>();

  /**
   * @param check asks the partner; never rejects
   * @param done told of what came of each
   * @param now epoch ms
   */
  constructor(
    check: (sample: Sample) => Promise<Result>,
    done: (sample: Sample, result: Result) => void,
    now: () => number,
  ) {
    this.#check = check;
    this.#done = done;
    this.#now = now;
  }

  /** Samples that wait for their time. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes a sample that is due at a moment, epoch ms. */
  add(sample: Sample, dueAt: number): void {
    if (this.#waiting.length < mostWaiting) this.#waiting.push({ sample, dueAt });
    else this.#done(sample, 'skipped');
  }

  /** Begins the checks that are due. */
  begin({ perMinute, atOnce }: Bounds): void {
    const now = this.#now();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) {
      if (one.dueAt > now || this.#atWork.size >= atOnce) this.#waiting.push(one);
      else this.#begin(one.sample, perMinute, now);
    }
  }

  /** Resolves when no check is under way. */
  async settled(): Promise<void> {
    while (this.#atWork.size > 0) await Promise.all(this.#atWork);
  }

  #begin(sample: Sample, perMinute: number, now: number): void {
    const made = (this.#made.get(sample.partner) ?? []).filter((at) => at > now - minuteMs);
    this.#made.set(sample.partner, made);
    if (made.length >= perMinute) {
      this.#done(sample, 'skipped');
      return;
    }
    made.push(now);
    const work = this.#check(sample).then((result) => {
      this.#atWork.delete(work);
      this.#done(sample, result);
    });
    this.#atWork.add(work);
  }
}
