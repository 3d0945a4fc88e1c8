import type { PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type {
  AppliedFilter,
  IdentitiesResolved,
  MadeOffer,
  OfferHandle,
  PartnerBatch,
  SearchPlan,
  SearchRequest,
  SearchResponse,
  SearchStart,
  SupplyServiceDefinition,
} from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { CallOptions, MeshClient } from '../../libs/mesh/index.ts';
import { PushQueue } from './push-queue.ts';

/** Who hears of a supply stream. */
export interface SupplyListener {
  planned(plan: SearchPlan): void;
  /** What a partner applies of the filter, before its first batch. */
  applied(applied: AppliedFilter): void;
  received(batch: PartnerBatch): void;
  reported(outcome: PartnerOutcome): void;
  resolved(identities: IdentitiesResolved): void;
  /** The stream is over; `error` is what it failed with. Called once, unless the stream was stopped. */
  over(error: unknown): void;
}

interface Making {
  resolve(offers: readonly MadeOffer[]): void;
  reject(error: unknown): void;
}

/** One stream to supply for one search: partners' rows come, and pages are made on it while it is open. */
export class SupplyStream {
  readonly #listener: SupplyListener;
  readonly #requests = new PushQueue<SearchRequest>();
  readonly #responses: AsyncIterableIterator<SearchResponse>;
  readonly #making = new Map<number, Making>();
  #made = 0;
  #open = true;
  #stopped = false;

  constructor(
    supply: MeshClient<SupplyServiceDefinition>,
    start: SearchStart,
    options: CallOptions,
    listener: SupplyListener,
  ) {
    this.#listener = listener;
    this.#requests.push({ message: { $case: 'start', value: start } });
    this.#responses = supply.search(this.#requests, options);
  }

  /** Offers can be made on the stream. */
  get open(): boolean {
    return this.#open;
  }

  /** Reads until the stream ends. Never throws. */
  async run(): Promise<void> {
    try {
      for await (const { message } of this.#responses) {
        switch (message?.$case) {
          case 'plan':
            this.#listener.planned(message.value);
            break;
          case 'applied':
            this.#listener.applied(message.value);
            break;
          case 'batch':
            this.#listener.received(message.value);
            break;
          case 'outcome':
            this.#listener.reported(message.value);
            break;
          case 'identities':
            this.#listener.resolved(message.value);
            break;
          case 'offers':
            this.#making.get(message.value.requestId)?.resolve(message.value.offers);
            this.#making.delete(message.value.requestId);
            break;
        }
      }
      this.#close(undefined);
    } catch (error) {
      this.#close(error);
      void this.#responses.return?.();
    }
  }

  /** Has rows made into offers. Rejects when the stream ends before they are there. */
  make(handles: OfferHandle[], readMask: string[] | undefined): Promise<readonly MadeOffer[]> {
    const requestId = ++this.#made;
    return new Promise((resolve, reject) => {
      if (!this.#open) return reject(streamEnded());
      this.#making.set(requestId, { resolve, reject });
      this.#requests.push({ message: { $case: 'makeOffers', value: { requestId, handles, readMask } } });
    });
  }

  /** Nothing more will be asked for; supply ends the stream once it has said all. */
  end(): void {
    this.#open = false;
    this.#requests.end();
  }

  /** Gives the stream up, and with it the requests to partners. The listener hears no more of it. */
  stop(): void {
    this.#stopped = true;
    this.#close(undefined);
    void this.#responses.return?.();
  }

  #close(error: unknown): void {
    this.end();
    for (const making of this.#making.values()) making.reject(error ?? streamEnded());
    this.#making.clear();
    if (this.#stopped) return;
    this.#stopped = true;
    this.#listener.over(error);
  }
}

function streamEnded(): EntrepotError {
  return new EntrepotError({ reason: 'SUPPLY_UNAVAILABLE', message: 'The stream to supply has ended.' });
}
