import { selectColumns } from '../../libs/columns/index.ts';
import type {
  PriceBatch,
  PriceRequest,
  PriceResponse,
  PricingContext,
  PricingServiceDefinition,
  PricingView,
  QuoteBatch,
} from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { PartnerBatch } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { ColumnBatch } from '../../libs/contracts/gen/entrepot/type/v1/column.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { CallOptions, MeshClient } from '../../libs/mesh/index.ts';
import { PushQueue } from './push-queue.ts';

/** A batch with what pricing was given of it and what it said. */
export interface PricedBatch {
  readonly batch: PartnerBatch;
  readonly inputs: PriceBatch;
  readonly quotes: QuoteBatch;
}

/** Who hears of a pricing stream. */
export interface PricingListener {
  /** Prices can be had, under this view. */
  viewed(view: PricingView): void;
  /** A batch's prices are there. */
  priced(priced: PricedBatch): void;
  /** The stream is over; `error` is what it failed with. Called once, unless the stream was stopped. */
  over(error: unknown): void;
}

const noColumns: ColumnBatch = { rowCount: 0, columns: [] };

/**
 * One stream to pricing for one search. Batches that come before the view wait for it, since the view says which
 * attributes have to be sent.
 */
export class PricingStream {
  readonly #listener: PricingListener;
  readonly #requests = new PushQueue<PriceRequest>();
  readonly #responses: AsyncIterableIterator<PriceResponse>;
  readonly #sent = new Map<number, { batch: PartnerBatch; inputs: PriceBatch }>();
  #waiting: PartnerBatch[] = [];
  #view: PricingView | undefined;
  #batches = 0;
  #ending = false;
  #stopped = false;

  constructor(
    pricing: MeshClient<PricingServiceDefinition>,
    start: { readonly context: PricingContext; readonly view?: PricingView },
    options: CallOptions,
    listener: PricingListener,
  ) {
    this.#listener = listener;
    this.#requests.push({
      message: { $case: 'start', value: { context: start.context, view: start.view } },
    });
    this.#responses = pricing.price(this.#requests, options);
  }

  /** The view that prices are made under; undefined until pricing has said. */
  get view(): PricingView | undefined {
    return this.#view;
  }

  /** Reads until the stream ends. Never throws. */
  async run(): Promise<void> {
    try {
      for await (const { message } of this.#responses) {
        if (message?.$case === 'view') this.#viewed(message.value);
        else if (message?.$case === 'quotes') this.#quoted(message.value);
      }
      if (!this.#stopped) this.#listener.over(undefined);
    } catch (error) {
      if (!this.#stopped) this.#listener.over(error);
      this.stop();
    }
  }

  /** Has a batch priced. */
  price(batch: PartnerBatch): void {
    if (this.#view === undefined) this.#waiting.push(batch);
    else this.#send(batch, this.#view);
  }

  /** No more batches come; those that were sent still get their prices. */
  end(): void {
    this.#ending = true;
    if (this.#waiting.length === 0) this.#requests.end();
  }

  /** Gives the stream up. The listener hears no more of it. */
  stop(): void {
    this.#stopped = true;
    this.#requests.end();
    void this.#responses.return?.();
  }

  #viewed(view: PricingView): void {
    this.#view = view;
    this.#listener.viewed(view);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const batch of waiting) this.#send(batch, view);
    if (this.#ending) this.#requests.end();
  }

  #send(batch: PartnerBatch, view: PricingView): void {
    const columns = selectColumns(batch.columns ?? noColumns, view.attributes);
    const inputs: PriceBatch = {
      batchId: this.#batches++,
      partner: batch.partner,
      prices: batch.prices,
      columns,
      partnerRates: batch.partnerRates,
    };
    this.#sent.set(inputs.batchId, { batch, inputs });
    this.#requests.push({ message: { $case: 'batch', value: inputs } });
  }

  #quoted(quotes: QuoteBatch): void {
    const sent = this.#sent.get(quotes.batchId);
    if (sent === undefined) {
      const message = `Pricing answered batch ${quotes.batchId}, which was not asked for or already answered.`;
      throw new EntrepotError({ reason: 'INTERNAL', message });
    }
    this.#sent.delete(quotes.batchId);
    this.#listener.priced({ ...sent, quotes });
  }
}
