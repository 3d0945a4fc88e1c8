import type {
  PriceBatch,
  PriceRequest,
  PricingContext,
  PricingServiceDefinition,
  PricingView,
  QuoteBatch,
} from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { CallOptions, MeshClient } from '../../libs/mesh/index.ts';
import { cannotPrice } from './failures.ts';
import type { PricedSet } from './priced-set.ts';
import type { ResultSet } from './result-set.ts';

/** Other currencies that are kept for a search; the one that was used longest ago goes first, and can be had again. */
const mostCurrencies = 8;

/** Whose call to pricing it is: that of a call under way, or a search's own. */
export type Caller = Pick<CallOptions, 'context' | 'trace' | 'client'>;

/** What the search's own prices were made under. */
export interface PricedUnder {
  readonly context: PricingContext;
  /** Undefined until pricing has said. */
  readonly view: PricingView | undefined;
}

/**
 * A result set in other currencies than its own. What pricing was given of each batch is held with it, and priced anew under the
 * search's own view, but for the currency: the same rules, rates and instant. One call for all that is not priced yet; no partner is
 * asked.
 */
export class Currencies {
  readonly #set: ResultSet;
  readonly #pricing: MeshClient<PricingServiceDefinition>;
  readonly #under: () => PricedUnder;
  readonly #timeoutMs: number;
  /** Last used last. */
  readonly #priced = new Map<string, PricedSet>();
  readonly #running = new Map<string, Promise<void>>();

  /** @param timeoutMs for a call to pricing; a caller's own deadline counts too */
  constructor(
    set: ResultSet,
    pricing: MeshClient<PricingServiceDefinition>,
    under: () => PricedUnder,
    timeoutMs: number,
  ) {
    this.#set = set;
    this.#pricing = pricing;
    this.#under = under;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Looks at the set in a currency, with prices for everything that is held at that moment: rows that have come or were verified
   * since it was last looked at are priced first. Rows that cannot be priced in it have none.
   * @param caller who asks
   * @param look called at once when the prices are there, so that nothing comes in between
   * @throws EntrepotError UNKNOWN_CURRENCY, VIEW_EXPIRED, PRICING_UNAVAILABLE
   */
  async in<T>(currency: string, caller: Caller, look: (prices: PricedSet) => T): Promise<T> {
    if (currency === this.#set.currency) return look(this.#set.prices);
    for (;;) {
      const priced = this.#priced.get(currency);
      if (priced?.upToDate === true) {
        this.#use(priced);
        return look(priced);
      }
      // What somebody else waits for may fail by their deadline alone: whoever finds nothing then asks for itself.
      const running = this.#running.get(currency);
      if (running !== undefined) await running.catch(() => undefined);
      else await this.#run(currency, caller);
    }
  }

  /**
   * Has batches priced in a currency, under the search's own view but for the currency; nothing of them is held.
   * @throws EntrepotError UNKNOWN_CURRENCY, VIEW_EXPIRED, PRICING_UNAVAILABLE
   */
  async price(batches: readonly PriceBatch[], currency: string, caller: Caller): Promise<readonly QuoteBatch[]> {
    const quotes: QuoteBatch[] = [];
    const requests = requestsOf(batches, inCurrency(this.#under(), currency));
    try {
      for await (const { message } of this.#pricing.price(requests, { ...caller, timeoutMs: this.#timeoutMs })) {
        if (message?.$case === 'quotes') quotes.push(message.value);
      }
      if (quotes.length < batches.length) throw new Error('Pricing ended before every batch had its prices.');
    } catch (error) {
      throw cannotPrice(error);
    }
    return quotes;
  }

  /** Bytes held. */
  memoryBytes(): number {
    let bytes = 0;
    for (const priced of this.#priced.values()) bytes += priced.memoryBytes();
    return bytes;
  }

  #use(priced: PricedSet): void {
    this.#priced.delete(priced.currency);
    this.#priced.set(priced.currency, priced);
    if (this.#priced.size > mostCurrencies) this.#priced.delete(this.#priced.keys().next().value!);
  }

  async #run(currency: string, caller: Caller): Promise<void> {
    const running = this.#price(currency, caller);
    this.#running.set(currency, running);
    try {
      await running;
    } finally {
      this.#running.delete(currency);
    }
  }

  async #price(currency: string, caller: Caller): Promise<void> {
    const priced = this.#priced.get(currency) ?? this.#set.pricedIn(currency);
    const segments = priced.waiting();
    const requests = requestsOf(
      segments.map(({ inputs }) => inputs),
      inCurrency(this.#under(), currency),
    );
    let answered = 0;
    try {
      for await (const { message } of this.#pricing.price(requests, { ...caller, timeoutMs: this.#timeoutMs })) {
        if (message?.$case !== 'quotes') continue;
        const { batchId } = message.value;
        if (batchId !== answered || answered === segments.length) throw outOfOrder(batchId);
        priced.add(message.value);
        answered++;
        // What is priced need not be priced again, should the call break off.
        this.#use(priced);
      }
      if (answered < segments.length) throw new Error('Pricing ended before every batch had its prices.');
    } catch (error) {
      throw cannotPrice(error);
    }
    this.#use(priced);
  }
}

function inCurrency({ context, view }: PricedUnder, currency: string): PricedUnder {
  const asked = { ...context, currency };
  return { context: asked, view: view && { ...view, context: asked } };
}

async function* requestsOf(batches: readonly PriceBatch[], start: PricedUnder): AsyncGenerator<PriceRequest> {
  yield { message: { $case: 'start', value: start } };
  for (const [batchId, inputs] of batches.entries()) {
    yield { message: { $case: 'batch', value: { ...inputs, batchId } } };
  }
}

function outOfOrder(batchId: number): EntrepotError {
  return new EntrepotError({ reason: 'INTERNAL', message: `Pricing answered batch ${batchId} out of its order.` });
}
