const HOUR_MS = 3_600_000;

/** A part of a day: an hour by the clock, or what a change of the clocks leaves of one. */
interface Part {
  /** Epoch ms. */
  readonly from: number;
  readonly until: number;
  /** Of the day's searches, those before it. */
  readonly before: number;
  /** Of the day's searches, those in it. */
  readonly share: number;
}

/** One day of a budget: from midnight to midnight by the clocks of its zone, 23 to 25 hours. */
export class BudgetDay {
  /** Its date: "2026-11-20". */
  readonly date: string;
  /** Epoch ms. */
  readonly startsAt: number;
  /** Epoch ms. */
  readonly endsAt: number;
  readonly #parts: readonly Part[];

  /** @param hours searches in each of the 24 hours of the clock, in any unit */
  constructor(now: number, timeZone: string, hours: readonly number[]) {
    const date = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone).toPlainDate();
    const start = date.toZonedDateTime(timeZone);
    this.date = date.toString();
    this.startsAt = start.epochMilliseconds;
    this.endsAt = date.add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds;
    const parts: { from: number; until: number; searches: number }[] = [];
    for (let from = this.startsAt; from < this.endsAt; ) {
      const clock = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(timeZone);
      // To the next hour of the clock, or to where the clocks change.
      const change = clock.getTimeZoneTransition('next')?.epochMilliseconds ?? Number.POSITIVE_INFINITY;
      const hourLeft = HOUR_MS - ((clock.minute * 60 + clock.second) * 1_000 + clock.millisecond);
      const until = Math.min(from + hourLeft, change, this.endsAt);
      parts.push({ from, until, searches: hours[clock.hour]! * ((until - from) / HOUR_MS) });
      from = until;
    }
    const sum = parts.reduce((total, { searches }) => total + searches, 0);
    let before = 0;
    this.#parts = parts.map(({ from, until, searches }) => {
      // A day that clocks have taken its only hours with searches from spreads evenly.
      const share = sum > 0 ? searches / sum : (until - from) / (this.endsAt - this.startsAt);
      const part = { from, until, before, share };
      before += share;
      return part;
    });
  }

  /** Whether a moment (epoch ms) is of the day. */
  has(now: number): boolean {
    return now >= this.startsAt && now < this.endsAt;
  }

  /** Of the day's searches, the share that is still to come at a moment of it: 1 at its start, 0 at its end. */
  expectedLeft(now: number): number {
    const part = this.#parts.find(({ until }) => now < until);
    if (part === undefined) return 0;
    const { from, until, before, share } = part;
    const passed = Math.max(0, now - from) / (until - from);
    return Math.min(1, Math.max(0, 1 - before - share * passed));
  }

  /** The first moment (epoch ms) at which no more than a share of the day's searches is still to come. */
  whenLeft(share: number): number {
    for (const part of this.#parts) {
      const over = 1 - part.before - share;
      if (over <= 0) return part.from;
      if (over <= part.share) return Math.ceil(part.from + (over / part.share) * (part.until - part.from));
    }
    return this.endsAt;
  }
}

/** The days of a budget, each made once. */
export class BudgetCalendar {
  readonly #timeZone: string;
  readonly #hours: readonly number[];
  #day: BudgetDay | undefined;

  /** @param hours searches in each of the 24 hours of the clock; absent for evenly */
  constructor(timeZone: string, hours: readonly number[] = new Array<number>(24).fill(1)) {
    this.#timeZone = timeZone;
    this.#hours = hours;
  }

  /** The day of a moment, epoch ms. */
  at(now: number): BudgetDay {
    if (this.#day?.has(now) !== true) this.#day = new BudgetDay(now, this.#timeZone, this.#hours);
    return this.#day;
  }
}
