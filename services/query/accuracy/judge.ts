import type { Judgement } from '../../../libs/contracts/gen/entrepot/query/v1/journal.ts';
import { AccuracyAction, type AccuracyStanding } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { Logger } from '../../../libs/telemetry/index.ts';
import { plainNumber } from '../tell.ts';
import type { CheckStore, Standings } from './check-store.ts';
import { type AccuracyConfig, floorsOf } from './config.ts';
import { BUCKET_MS, type Found } from './counts.ts';
import { type Standing, standingNow } from './standing.ts';
import { checkedOf } from './tally.ts';

/** What is done in a market. The same object for as long as the same is done. */
export interface Judged {
  /** Names what is done; empty where nothing is. */
  readonly key: string;
  readonly partners: readonly Omit<Judgement, 'asked'>[];
}

const nobody: Judged = { key: '', partners: [] };
const actions = { demoted: AccuracyAction.DEMOTED, hidden: AccuracyAction.HIDDEN };

/** Judges partners by what was found, and remembers how they stand. */
export class Judge {
  readonly #store: CheckStore;
  readonly #log: Logger;
  readonly #now: () => number;
  #standings: Standings = new Map();
  #judged: ReadonlyMap<string, Judged> = new Map();

  /** @param now epoch ms */
  constructor(store: CheckStore, log: Logger, now: () => number) {
    this.#store = store;
    this.#log = log;
    this.#now = now;
  }

  /** What is done in a market, ISO 3166-1 alpha-2. */
  in(market: string): Judged {
    return this.#judged.get(market) ?? nobody;
  }

  /** How partners stand, by partner and market. */
  get standings(): Standings {
    return this.#standings;
  }

  /** Nothing is judged any more. */
  rest(): void {
    this.#standings = new Map();
    this.#judged = new Map();
  }

  /** Judges anew. Never rejects: where standings cannot be kept, they count here. */
  async judge(found: readonly Found[], config: AccuracyConfig): Promise<void> {
    const now = this.#now();
    const before = await this.#store.standings().catch(() => this.#standings);
    const byName = new Map(found.map((one) => [`${one.partner}/${one.market}`, one]));
    const next = new Map<string, Standing>();
    for (const name of new Set([...before.keys(), ...byName.keys()])) {
      const known = before.get(name);
      const standing = standingNow(known, evidenceOf(byName.get(name)), ruleOf(config, partnerOf(name)), now);
      if (standing === undefined) continue;
      next.set(name, known !== undefined && isLike(known, standing) ? known : standing);
    }
    this.#standings = next;
    this.#tell(before, next);
    this.#judged = judgedIn(next, byName, config, this.#judged);
    if (!isSame(before, next)) {
      await this.#store.write(next).catch((error: unknown) => {
        this.#log.warn({ err: error }, 'standings of partners cannot be kept now; they count here');
      });
    }
  }

  #tell(before: Standings, next: Standings): void {
    for (const name of new Set([...before.keys(), ...next.keys()])) {
      const [was, is] = [before.get(name)?.action ?? 'as others', next.get(name)?.action ?? 'as others'];
      if (was === is) continue;
      const [partner, market] = name.split('/');
      this.#log.warn({ partner, market, was, is }, 'a partner stands otherwise by the accuracy of its prices');
    }
  }
}

/** How a partner stands, for people. */
export function describeStanding(
  found: Found,
  standing: Standing | undefined,
  config: AccuracyConfig,
): AccuracyStanding {
  const { checked, accurate } = evidenceOf(found);
  const { leastChecks } = config.policy;
  return {
    partner: found.partner,
    market: found.market,
    action: standing === undefined ? AccuracyAction.UNSPECIFIED : actions[standing.action],
    accuracy: checked < leastChecks ? undefined : accurate / checked,
    floor: floorsOf(config, found.partner).demoteBelow,
    checked,
    since: standing && Temporal.Instant.fromEpochMilliseconds(standing.since),
    detail: detailOf(found, standing, config),
  };
}

function detailOf(found: Found, standing: Standing | undefined, config: AccuracyConfig): string {
  const { checked } = evidenceOf(found);
  const { leastChecks, margin } = config.policy;
  if (standing === undefined) {
    if (checked < leastChecks) return `Too little is known: ${checked} checks of the ${leastChecks} that it takes.`;
    return 'As others.';
  }
  const { demoteBelow, hideBelow } = floorsOf(config, found.partner);
  const heals =
    standing.action === 'hidden'
      ? `shown again, after the others, from ${percent(hideBelow + margin)} on`
      : `as others from ${percent(demoteBelow + margin)} on`;
  return `${standing.action === 'hidden' ? 'Hidden' : 'Demoted'}: ${becauseOf(found, standing, config)}; ${heals}.`;
}

/** Why something is done about a partner: half a sentence for a person. */
function becauseOf(found: Found, { action }: Standing, config: AccuracyConfig): string {
  const { checked, accurate } = evidenceOf(found);
  const floors = floorsOf(config, found.partner);
  const floor = percent(action === 'hidden' ? floors.hideBelow : floors.demoteBelow);
  if (checked < config.policy.leastChecks) {
    return `its prices in ${found.market} were too often not as shown (${floor} have to be), and of late too few were asked again to judge anew`;
  }
  return `${percent(accurate / checked)} of ${checked} prices in ${found.market} that were asked again were as shown, and ${floor} have to be`;
}

/** Of a share: "78.3 %". */
function percent(share: number): string {
  return `${plainNumber(share * 100, 1)} %`;
}

function evidenceOf(found: Found | undefined): { readonly checked: number; readonly accurate: number } {
  return found === undefined
    ? { checked: 0, accurate: 0 }
    : { checked: checkedOf(found.all), accurate: found.all.accurate };
}

function ruleOf(config: AccuracyConfig, partner: string) {
  const { margin, leastChecks, windowHours } = config.policy;
  return { ...floorsOf(config, partner), margin, leastChecks, patienceMs: windowHours * 3_600_000 };
}

function partnerOf(name: string): string {
  return name.slice(0, name.indexOf('/'));
}

function judgedIn(
  standings: Standings,
  found: ReadonlyMap<string, Found>,
  config: AccuracyConfig,
  before: ReadonlyMap<string, Judged>,
): ReadonlyMap<string, Judged> {
  const byMarket = new Map<string, Omit<Judgement, 'asked'>[]>();
  for (const [name, standing] of [...standings].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [partner = '', market = ''] = name.split('/');
    const of = found.get(name) ?? { partner, market, all: noChecks, byLeadTime: new Map() };
    const judgement = { partner, action: actions[standing.action], because: becauseOf(of, standing, config) };
    byMarket.set(market, [...(byMarket.get(market) ?? []), judgement]);
  }
  return new Map(
    [...byMarket].map(([market, partners]) => {
      const key = partners.map(({ partner, action }) => `${partner}:${action}`).join(',');
      const known = before.get(market);
      // What stands in the sentence may change with every check; searches go on sharing what was found.
      return [market, { key: known?.key === key ? known.key : key, partners }];
    }),
  );
}

const noChecks = { accurate: 0, dearer: 0, cheaper: 0, gone: 0, failed: 0 };

/** The same is done, and was judged not long before: not worth writing. */
function isLike(a: Standing, b: Standing): boolean {
  return a.action === b.action && b.judgedAt - a.judgedAt < BUCKET_MS;
}

function isSame(a: Standings, b: Standings): boolean {
  return (
    a.size === b.size &&
    [...b].every(([name, standing]) => {
      const other = a.get(name);
      return (
        other?.action === standing.action && other.since === standing.since && other.judgedAt === standing.judgedAt
      );
    })
  );
}
