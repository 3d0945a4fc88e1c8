import { createHash } from 'node:crypto';
import { type FxPolicy, type FxSource, judgeAge, oldest } from './fx.ts';
import { type JudgedSheet, type RateSheet, RateTable } from './rates.ts';
import { businessDaysSince } from './target-calendar.ts';

/** A source with what it says. */
export interface SourceSheets {
  readonly source: FxSource;
  /** By date, oldest first. */
  readonly sheets: readonly RateSheet[];
}

/** Tables that are kept ready; the days of pricing that anybody asks for are few. */
const MOST_TABLES = 64;

/** All rates that are configured, and the policy by which they make the table of a day. Immutable. */
export class RateBook {
  readonly policy: FxPolicy;
  /** In order. */
  readonly sources: readonly SourceSheets[];
  /** The same rates and policy have the same digest everywhere. */
  readonly digest: string;
  /** By day. */
  readonly #tables = new Map<string, RateTable | undefined>();

  constructor(policy: FxPolicy, sources: readonly SourceSheets[]) {
    this.policy = policy;
    this.sources = sources;
    const content = sources.flatMap(({ sheets }) => sheets.map((sheet) => new RateTable(sheet).id));
    this.digest = createHash('sha256')
      .update(JSON.stringify([policy.digest, content]))
      .digest('hex')
      .slice(0, 16);
  }

  /** Days for which there are rates, oldest first. */
  get dates(): readonly string[] {
    return [...new Set(this.sources.flatMap(({ sheets }) => sheets.map(({ date }) => date)))].sort();
  }

  /** The table of an instant (epoch milliseconds): of each source the latest rates that are not dated after its day (UTC). */
  tableAt(instant: number): RateTable | undefined {
    return this.tableOn(dayOf(instant));
  }

  /** The table of a day, ISO 8601. */
  tableOn(day: string): RateTable | undefined {
    if (!this.#tables.has(day)) {
      const sheets = this.#sheetsOn(day);
      if (this.#tables.size >= MOST_TABLES) this.#tables.delete(this.#tables.keys().next().value!);
      this.#tables.set(day, sheets.length === 0 ? undefined : new RateTable(sheets, this.policy, day));
    }
    return this.#tables.get(day);
  }

  /** The newest rates on a day where all of them are refused for their age; undefined where some can be used, or there are none. */
  refusedOn(day: string): JudgedSheet | undefined {
    const sheets = this.#sheetsOn(day);
    if (sheets.some(({ judgement }) => judgement.kind !== 'refused')) return undefined;
    return sheets.toSorted((a, b) => a.age - b.age)[0];
  }

  /** The rates of a day in the order of their sources, whatever their age. */
  sheetsOn(day: string): readonly RateSheet[] {
    return this.#sheetsOn(day).map(({ sheet }) => sheet);
  }

  #sheetsOn(day: string): JudgedSheet[] {
    const latest = this.sources.flatMap(({ source, sheets }) => {
      const known = sheets.filter(({ date }) => date <= day);
      // What is indicative stands back behind anything that somebody answers for.
      const sheet = known.findLast(({ indicative }) => indicative !== true) ?? known.at(-1);
      return sheet === undefined ? [] : [judged(sheet, source, day)];
    });
    const answered = latest.filter(({ sheet }) => sheet.indicative !== true);
    return answered.length > 0 ? answered : latest;
  }
}

function judged(sheet: RateSheet, { staleness }: FxSource, day: string): JudgedSheet {
  const age = businessDaysSince(sheet.date, day);
  const judgement = sheet.indicative === true ? ({ kind: 'current' } as const) : judgeAge(staleness, age);
  return { sheet, age, judgement, oldest: oldest(staleness) };
}

/** The day of an instant (epoch milliseconds) in UTC. */
export function dayOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}
