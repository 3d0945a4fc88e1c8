import type { Charge } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { MadeOffer, OfferHandle } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { toEntrepotError } from '../../libs/errors/index.ts';
import type { MeshContext } from '../../libs/mesh/index.ts';
import { type Details, detailsIn } from './charge-details.ts';
import type { Currencies } from './currencies.ts';
import { cannotSupply } from './failures.ts';
import { type Asker, callFor, type FanOutTools } from './fan-out-tools.ts';
import type { ResultSet } from './result-set.ts';
import type { SupplyStream } from './supply-stream.ts';

/** What offers are made of, and for whom. */
export interface OfferSource {
  /** The fan-out's id, for the log. */
  readonly id: string;
  readonly asker: Asker;
  readonly set: ResultSet;
  readonly currencies: Currencies;
  /** The stream on which partners are asked; undefined where that is not done here, or is over. */
  readonly stream: () => SupplyStream | undefined;
}

/** The calls that make the offers of a fan-out whole: late, and only those that somebody looks at. What was made is kept in make.ts. */
export class OfferCalls {
  readonly #tools: Pick<FanOutTools, 'supply' | 'config' | 'log'>;
  readonly #id: string;
  readonly #asker: Asker;
  readonly #set: ResultSet;
  readonly #currencies: Currencies;
  readonly #stream: () => SupplyStream | undefined;

  constructor(
    { id, asker, set, currencies, stream }: OfferSource,
    tools: Pick<FanOutTools, 'supply' | 'config' | 'log'>,
  ) {
    this.#id = id;
    this.#asker = asker;
    this.#set = set;
    this.#currencies = currencies;
    this.#stream = stream;
    this.#tools = tools;
  }

  /**
   * Makes offers: on the stream while it is open, by a call of their own afterwards.
   * @param context the call that looks at them; undefined for the search itself
   */
  async make(
    handles: OfferHandle[],
    itemFields: string[] | undefined,
    context: MeshContext | undefined,
  ): Promise<readonly MadeOffer[]> {
    const stream = this.#stream();
    if (stream?.open === true && context === undefined) {
      try {
        return await stream.make(handles, itemFields);
      } catch {
        // The stream broke off under the request; the rows may still be held.
      }
    }
    const left = (this.#asker.deadline ?? Number.POSITIVE_INFINITY) - Date.now();
    const { makeTimeoutMs } = this.#tools.config;
    // While the client waits, its deadline counts; a held search has outlived it.
    const timeoutMs = left > 0 ? Math.min(makeTimeoutMs, left) : makeTimeoutMs;
    const options = context === undefined ? callFor(this.#asker, timeoutMs) : { context, timeoutMs: makeTimeoutMs };
    try {
      return (await this.#tools.supply.getOffers({ handles, readMask: itemFields }, options)).offers;
    } catch (error) {
      throw cannotSupply(error);
    }
  }

  /**
   * Charges that detail prices, in a currency that is shown. Never rejects: where pricing cannot be asked, those that would have to
   * be converted have no amount.
   */
  async details(
    details: readonly Details[],
    currency: string,
    context: MeshContext | undefined,
  ): Promise<readonly Charge[][]> {
    return detailsIn(this.#set, currency, details, async (batches) => {
      try {
        return await this.#currencies.price(batches, currency, context === undefined ? this.#asker : { context });
      } catch (error) {
        const { reason, message } = toEntrepotError(error);
        this.#tools.log.info({ search: this.#id, reason, detail: message }, 'charges are shown without their amounts');
        return [];
      }
    });
  }
}
