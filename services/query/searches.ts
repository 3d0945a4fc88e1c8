import type { SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { CompletionPolicy } from './completion.ts';
import { type Asker, FanOut, type FanOutTools } from './fan-out.ts';
import { FanOuts } from './fan-outs.ts';
import type { HeldSearches } from './held.ts';
import { newSearchId } from './ids.ts';
import type { Ordering } from './ordering.ts';
import { answered } from './patience.ts';
import { type Question, questionOf } from './question.ts';
import { reportShared } from './report.ts';
import type { PreparedSearch } from './request.ts';
import { Search } from './search.ts';
import type { Subscription } from './subscription.ts';

/** What beginning searches needs. */
export interface SearchesTools extends Pick<FanOutTools, 'supply' | 'pricing' | 'patience' | 'log'> {
  readonly held: HeldSearches;
}

/** What is in force for one search. */
export interface InForce extends Pick<FanOutTools, 'config'> {
  readonly policy: CompletionPolicy | undefined;
  readonly handoffRate: number;
  /** Names what is in force: searches that began under another share nothing with it. */
  readonly version: number;
}

/** A search that has begun, and who reads it. */
export interface Begun {
  readonly search: Search;
  readonly reader: Subscription<SearchUpdate>;
}

/** Begins searches: equal ones share what is asked of partners, and are one search where all that they want is the same. */
export class Searches {
  readonly #tools: SearchesTools;
  readonly #fanOuts = new FanOuts();
  /** The search of each fan-out that wants just this. */
  readonly #equal = new WeakMap<FanOut, Map<string, Search>>();

  constructor(tools: SearchesTools) {
    this.#tools = tools;
  }

  /**
   * Begins a search, or takes part in one, and reads it.
   * @param gone whether the caller has gone meanwhile; asked where it had to wait
   */
  begin(prepared: PreparedSearch, asker: Asker, inForce: InForce, gone: () => boolean): Begun | Promise<Begun> {
    const asked = questionOf(prepared, asker.client);
    const question = { ...asked, key: `${inForce.version} ${asked.key}` };
    const deadline = asker.deadline ?? Date.now() + inForce.config.deadlineMs;
    const found = this.#fanOuts.find(question.key, asker, deadline);
    if (found !== 'maybe') return this.#read(found ?? this.#ask(question, asker, inForce), prepared, asker, inForce);
    return this.#fanOuts.maybe(question.key).then(() => {
      if (gone()) throw new EntrepotError({ reason: 'CANCELLED', message: 'The caller went away.' });
      const known = this.#fanOuts.find(question.key, asker, deadline);
      const fanOut = known instanceof FanOut ? known : this.#ask(question, asker, inForce);
      return this.#read(fanOut, prepared, asker, inForce);
    });
  }

  #ask(question: Question, asker: Asker, inForce: InForce): FanOut {
    const { supply, pricing, patience, log } = this.#tools;
    const { config, policy, handoffRate } = inForce;
    const deserted = (one: FanOut): void => this.#fanOuts.drop(one);
    const tools = { supply, pricing, patience, log, config, policy, handoffRate, deserted };
    const fanOut = new FanOut(newSearchId(), question, asker, tools, () => {});
    this.#fanOuts.add(fanOut);
    return fanOut;
  }

  #read(fanOut: FanOut, prepared: PreparedSearch, asker: Asker, inForce: InForce): Begun {
    const { screen, final } = prepared;
    const search = this.#equalTo(fanOut, prepared, asker) ?? this.#search(fanOut, prepared, asker, inForce);
    const reader = search.subscribe(search.request.view, screen, undefined, final);
    // Only now is there somebody to whom anything can be told.
    fanOut.start();
    return { search, reader };
  }

  #equalTo(fanOut: FanOut, prepared: PreparedSearch, asker: Asker): Search | undefined {
    const search = this.#equal.get(fanOut)?.get(wantedBy(prepared));
    if (search === undefined || !this.#tools.held.used(search)) return undefined;
    reportShared(search, asker);
    return search;
  }

  #search(fanOut: FanOut, prepared: PreparedSearch, asker: Asker, { config }: InForce): Search {
    const { held, log, patience } = this.#tools;
    const counted = new Set<string>();
    const wanted = wantedBy(prepared);
    const equal = this.#equal.get(fanOut) ?? new Map<string, Search>();
    const search = new Search(prepared, asker, fanOut, {
      config,
      log,
      grown: (grown) => held.grown(grown),
      failed: (failed) => held.drop(failed),
      shown: (shown, ordering) => {
        const fresh = shown.outcomes.filter(({ partner, status }) => !counted.has(partner) && answered.has(status));
        if (fresh.length === 0) return;
        for (const { partner } of fresh) counted.add(partner);
        patience.shown(
          fanOut.question,
          fresh.map(({ partner }) => partner),
          partnersOfFirstPage(shown, ordering),
        );
      },
      dropped: (dropped) => {
        if (equal.get(wanted) === dropped) equal.delete(wanted);
      },
    });
    if (fanOut.complete) reportShared(search, asker);
    this.#equal.set(fanOut, equal.set(wanted, search));
    held.hold(search);
    return search;
  }
}

/** Everything that a search wants beyond its question. */
function wantedBy({ view, mask, screen }: PreparedSearch): string {
  return `${view.key} ${screen} ${mask.key}`;
}

/** First rows of the entries of the first page, by partner. */
function partnersOfFirstPage({ set }: Search, { heads, view }: Ordering): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of heads.subarray(0, view.pageSize)) {
    const partner = set.partnerOf(row);
    counts.set(partner, (counts.get(partner) ?? 0) + 1);
  }
  return counts;
}
