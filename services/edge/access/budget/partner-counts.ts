import type { Partner, SupplyServiceDefinition } from '../../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { MeshClient } from '../../../../libs/mesh/index.ts';
import type { PartnerCounts } from './cost.ts';

/** As long as nobody knows how many partners there are. */
const ASSUMED = 10;
const FRESH_MS = 60_000;
const TIMEOUT_MS = 1_000;

/** Partners as supply lists them, asked for at most once a minute and only when a search has to be paid for. */
export class SupplyPartners implements PartnerCounts {
  readonly #supply: Pick<MeshClient<SupplyServiceDefinition>, 'listPartners'> | undefined;
  readonly #now: () => number;
  #partners: readonly Partner[] | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(
    supply: Pick<MeshClient<SupplyServiceDefinition>, 'listPartners'> | undefined,
    now: () => number = Date.now,
  ) {
    this.#supply = supply;
    this.#now = now;
  }

  count(
    search: { readonly vertical: string; readonly market: string },
    among: ReadonlySet<string> | undefined,
  ): number | Promise<number> {
    if (this.#now() - this.#triedAt >= FRESH_MS) {
      this.#triedAt = this.#now();
      this.#asking = this.#ask().finally(() => {
        this.#asking = undefined;
      });
    }
    // Only the first search waits.
    if (this.#partners === undefined && this.#asking !== undefined) {
      return this.#asking.then(() => this.#known(search, among));
    }
    return this.#known(search, among);
  }

  #known({ vertical, market }: { vertical: string; market: string }, among: ReadonlySet<string> | undefined): number {
    if (this.#partners === undefined) return among?.size ?? ASSUMED;
    return this.#partners.filter(
      ({ name, enabled, verticals, markets }) =>
        enabled &&
        verticals.includes(vertical) &&
        (markets.length === 0 || markets.includes(market)) &&
        (among === undefined || among.has(name)),
    ).length;
  }

  async #ask(): Promise<void> {
    try {
      const answer = await this.#supply?.listPartners({}, { timeoutMs: TIMEOUT_MS });
      this.#partners = answer?.partners;
    } catch {
      // What was known before still counts; nobody's search is refused because its price is a guess.
    }
  }
}
