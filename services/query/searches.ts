import type { Judgement, SearchRecord } from '../../libs/contracts/gen/entrepot/query/v1/journal.ts';
import type { SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { Accuracy, JudgedSearch } from './accuracy/accuracy.ts';
import type { CompletionPolicy } from './completion.ts';
import { FanOut } from './fan-out.ts';
import type { Asker, FanOutTools } from './fan-out-tools.ts';
import { FanOuts } from './fan-outs.ts';
import type { HeldSearches } from './held.ts';
import { newSearchId } from './ids.ts';
import type { Journals } from './journal.ts';
import type { Ordering, Entry as OrderingEntry } from './ordering.ts';
import { answered } from './patience.ts';
import type { QuarantineLog } from './quarantine-log.ts';
import { type Question, questionOf } from './question.ts';
import { Replica } from './replica.ts';
import { reportShared } from './report.ts';
import type { PreparedSearch } from './request.ts';
import { Search, type SearchOrigin, type SearchTools } from './search.ts';
import type { Subscription } from './subscription.ts';

/** What beginning searches needs. */
export interface SearchesTools
  extends Pick<FanOutTools, 'supply' | 'pricing' | 'patience' | 'log' | 'samples' | 'activity'> {
  /** As SearchTools. */
  readonly contents: SearchTools['contents'];
  readonly held: HeldSearches;
  readonly quarantine: QuarantineLog;
  /** What replicas share; undefined where there is one process alone. */
  readonly journals: Journals | undefined;
  /** Told of what is shown. */
  readonly accuracy: Pick<Accuracy, 'shown' | 'complete'>;
}

/** What is in force for one search. */
export interface InForce extends Pick<FanOutTools, 'config'> {
  readonly policy: CompletionPolicy | undefined;
  readonly handoffRate: number;
  /** Partners that the client may see; undefined for all. */
  readonly permitted: ReadonlySet<string> | undefined;
  /** What is done about partners whose prices are too often wrong. */
  readonly judged: JudgedSearch;
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
  readonly #replicas = new Map<string, { readonly fanOut: FanOut; readonly replica: Replica | undefined }>();
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
    const question = versioned(questionOf(prepared, asker.client), inForce);
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

  /**
   * Holds a search that began in another process, and follows its fan-out.
   * @param prepared what it was asked for with
   */
  async adopt(
    id: string,
    record: SearchRecord,
    prepared: PreparedSearch,
    asker: Asker,
    inForce: InForce,
  ): Promise<Search> {
    let known = this.#replicas.get(record.fanOutId);
    if (known === undefined) {
      const question = versioned(questionOf(prepared, asker.client), inForce);
      known = this.#fanOut(record.fanOutId, question, asker, inForce, record.startedAtMs, []);
      try {
        await known.replica?.follow();
      } catch (error) {
        this.#forget(known.fanOut);
        throw error;
      }
    }
    const share = record.share === 'joined' || record.share === 'held' ? record.share : 'asked';
    return this.#search(known.fanOut, prepared, asker, inForce, { id, beganAt: record.beganAtMs, share });
  }

  /** Takes in what other processes have told of a search. */
  async sync({ fanOut }: Search): Promise<void> {
    await this.#replicas.get(fanOut.id)?.replica?.sync();
  }

  /** Leaves what runs to other processes, where there are any; otherwise it is cancelled. */
  async close(): Promise<void> {
    const running = [...this.#replicas.values()];
    await Promise.all(
      running.map(async ({ fanOut, replica }) => {
        if (replica === undefined) fanOut.cancel('The service was stopped.');
        else {
          fanOut.handOver();
          await replica.leave();
        }
      }),
    );
  }

  #ask(question: Question, asker: Asker, inForce: InForce): FanOut {
    const { fanOut, replica } = this.#fanOut(newSearchId(), question, asker, inForce, Date.now(), inForce.judged.pin());
    this.#fanOuts.add(fanOut);
    void replica?.own();
    return fanOut;
  }

  /** @param judged what is done about partners; of one that another process began its journal says it */
  #fanOut(
    id: string,
    question: Question,
    asker: Asker,
    { config, policy, handoffRate, permitted }: InForce,
    startedAt: number,
    judged: readonly Judgement[],
  ) {
    const { supply, pricing, patience, log, samples, activity, journals } = this.#tools;
    const tools: FanOutTools = {
      supply,
      pricing,
      patience,
      log,
      samples,
      activity,
      config,
      policy,
      handoffRate,
      permitted,
      judged,
      written: (one) => this.#replicas.get(one.id)?.replica?.written(),
      over: (one) => void this.#replicas.get(one.id)?.replica?.over(),
      deserted: (one) => this.#forget(one),
    };
    const fanOut: FanOut = new FanOut(id, question, asker, tools, (entry) => replica?.record(entry), startedAt);
    const options = { log, graceMs: config.resumeGraceMs };
    const replica = journals && new Replica(fanOut, journals.of(id), options);
    const known = { fanOut, replica };
    this.#replicas.set(id, known);
    return known;
  }

  #forget(fanOut: FanOut): void {
    this.#fanOuts.drop(fanOut);
    this.#replicas.get(fanOut.id)?.replica?.stop();
    this.#replicas.delete(fanOut.id);
  }

  #read(fanOut: FanOut, prepared: PreparedSearch, asker: Asker, inForce: InForce): Begun {
    const { screen, final } = prepared;
    const equal = this.#equalTo(fanOut, prepared);
    const search = equal ?? this.#search(fanOut, prepared, asker, inForce);
    if (equal !== undefined) equal.shared++;
    if (equal !== undefined || fanOut.complete) reportShared(search, asker);
    const reader = search.subscribe(search.request.view, screen, undefined, final);
    // Only now is there somebody to whom anything can be told.
    fanOut.start();
    return { search, reader };
  }

  #equalTo(fanOut: FanOut, prepared: PreparedSearch): Search | undefined {
    const search = this.#equal.get(fanOut)?.get(wantedBy(prepared));
    if (search === undefined || this.#tools.held.find(search.id) !== search) return undefined;
    const { share, beganAt } = search.origin;
    // Who asked is told what was asked; everybody else how old it is, which is true for a while only.
    const told = fanOut.complete ? share === 'held' && Date.now() - beganAt < heldForMs : share === 'joined';
    return told ? search : undefined;
  }

  #search(fanOut: FanOut, prepared: PreparedSearch, asker: Asker, { config }: InForce, origin?: SearchOrigin): Search {
    const { held, log, patience, journals, contents, quarantine, accuracy } = this.#tools;
    const counted = new Set<string>();
    const wanted = wantedBy(prepared);
    const equal = this.#equal.get(fanOut) ?? new Map<string, Search>();
    const tools = {
      config,
      log,
      contents,
      grown: (grown: Search) => held.grown(grown),
      failed: (failed: Search) => held.drop(failed),
      looked: (shown: Search, entries: readonly OrderingEntry[]) => accuracy.shown(shown, entries),
      shown: (shown: Search, ordering: Ordering) => {
        accuracy.complete(shown);
        // What was found before says nothing that is new.
        if (shown.origin.share === 'held') return;
        const fresh = shown.outcomes.filter(({ partner, status }) => !counted.has(partner) && answered.has(status));
        if (fresh.length === 0) return;
        const partners = fresh.map(({ partner }) => partner);
        for (const partner of partners) counted.add(partner);
        patience.shown(fanOut.question, partners, partnersOfFirstPage(shown, ordering));
      },
      concluded: (concluded: Search) => quarantine.note(concluded),
      dropped: (dropped: Search) => {
        if (equal.get(wanted) === dropped) equal.delete(wanted);
      },
    };
    const search = new Search(prepared, asker, fanOut, tools, origin);
    const { id, beganAt, share } = search.origin;
    this.#equal.set(fanOut, equal.set(wanted, search));
    held.hold(search);
    void journals?.putSearch(id, {
      fanOutId: fanOut.id,
      request: prepared.asked,
      client: asker.client,
      deadlineMs: asker.deadline,
      startedAtMs: fanOut.startedAt,
      beganAtMs: beganAt,
      share,
    });
    return search;
  }
}

/** How long a search that found everything done serves others that want the same: its outcomes tell an age, ms. */
const heldForMs = 1_000;

/**
 * Searches that began under another configuration, that may see other partners, or that began while something else was done about
 * partners, are asked anew.
 */
function versioned(question: Question, { version, judged, permitted }: InForce): Question {
  const visible = permitted === undefined ? '' : [...permitted].sort().join(',');
  return { ...question, key: `${version} ${judged.key} ${visible} ${question.key}` };
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
