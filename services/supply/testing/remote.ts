import { columnBuilder, PriceColumnsBuilder, writeInt64s, writeUint32s } from '../../../libs/columns/index.ts';
import {
  CacheUse,
  FailureKind,
  OutcomeStatus,
  type PartnerOutcome,
} from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Stay } from '../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import {
  type CreateHandoffRequest,
  type CreateHandoffResponse,
  type ExplainOfferRequest,
  type ExplainOfferResponse,
  type GetOffersRequest,
  type MadeOffer,
  type OfferHandle,
  type PartnerBatch,
  type SearchResponse,
  type SearchStart,
  SupplyServiceDefinition,
  type VerifyOfferResponse,
} from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { type GrpcServerSettings, type MeshContext, meshService, serve } from '../../../libs/mesh/index.ts';

/** What a remote of tests does; change it while it runs. */
export interface RemoteBehaviour {
  search(start: SearchStart, context: MeshContext): AsyncIterable<SearchResponse>;
  offers(request: GetOffersRequest, context: MeshContext): Promise<MadeOffer[]>;
  verify(handle: OfferHandle): Promise<VerifyOfferResponse>;
  handoff(request: CreateHandoffRequest): Promise<CreateHandoffResponse>;
  explain(request: ExplainOfferRequest): Promise<ExplainOfferResponse>;
}

/** A remote adapter of stays in this process, behind gRPC. */
export interface TestRemote extends RemoteBehaviour {
  readonly address: string;
  /** Contexts of searches, in order. */
  readonly contexts: MeshContext[];
  /** Stops at once; calls under way break. */
  close(): Promise<void>;
}

/** Starts one that sells hotels 1 and 2 at 100.00 EUR; `changes` are what it does otherwise. */
export async function startRemote(
  changes: Partial<RemoteBehaviour> = {},
  at = '127.0.0.1:0',
  grpc: GrpcServerSettings = {},
): Promise<TestRemote> {
  const contexts: MeshContext[] = [];
  const behaviour: RemoteBehaviour = {
    async *search({ partners }) {
      yield plan(partners[0]!);
      yield batch(hotels(partners[0]!, [1, 2]));
      yield outcome(partners[0]!);
    },
    offers: async ({ handles }) => handles.map(({ row }) => madeHotel(row)),
    verify: async ({ partner, row }) => ({ offer: madeHotel(row), batch: hotels(partner, [row]) }),
    handoff: async ({ handle, clickId }) => ({
      target: { $case: 'url', value: `https://hotels.example/${handle!.row}?click=${clickId}` },
      expiresAt: inFuture(),
    }),
    explain: async () => {
      throw new EntrepotError({ reason: 'UNKNOWN_METHOD', message: 'not needed' });
    },
    ...changes,
  };
  const service = meshService(SupplyServiceDefinition, {
    search: async function* (requests, context) {
      contexts.push(context);
      for await (const { message } of requests) {
        if (message?.$case === 'start') yield* remote.search(message.value, context);
      }
    },
    getOffers: async (request, context) => ({ offers: await remote.offers(request, context) }),
    verifyOffer: ({ handle }) => remote.verify(handle!),
    createHandoff: (request) => remote.handoff(request),
    listPartners: async () => {
      throw new EntrepotError({ reason: 'UNKNOWN_METHOD', message: 'not needed' });
    },
    getQuality: async () => ({ partners: [] }),
    explainOffer: (request) => remote.explain(request),
  });
  const server = await serve({ name: 'remote', services: [service], at: { address: at }, grpc });
  const remote: TestRemote = {
    ...behaviour,
    address: server.address,
    contexts,
    close: () => server.close(),
  };
  return remote;
}

/** The plan of a remote: it asks itself. */
export function plan(partner: string): SearchResponse {
  return { message: { $case: 'plan', value: { asked: [partner], skipped: [], applied: [], unshared: [] } } };
}

/** A batch as a message. */
export function batch(value: PartnerBatch): SearchResponse {
  return { message: { $case: 'batch', value } };
}

/** The end of a part; OK where nothing else is said. */
export function outcome(partner: string, other: Partial<PartnerOutcome> = {}): SearchResponse {
  return { message: { $case: 'outcome', value: outcomeOf(partner, other) } };
}

/** The outcome itself. */
export function outcomeOf(partner: string, other: Partial<PartnerOutcome> = {}): PartnerOutcome {
  return {
    partner,
    status: OutcomeStatus.OK,
    failure: FailureKind.UNSPECIFIED,
    detail: '',
    rowsReceived: 0,
    offersKept: 0,
    rejections: [],
    latencyMs: 0,
    requests: 3,
    cache: CacheUse.UNSPECIFIED,
    retryAfterMs: undefined,
    cacheAgeMs: undefined,
    appliedFilters: [],
    late: false,
    hedges: 0,
    timeMs: undefined,
    reusableMs: 0,
    repairs: [],
    accuracyAction: '',
    ...other,
  };
}

/** Rows of these numbers: hotel n has code "Hn", n stars at most 5, and costs 100.00 EUR. */
export function hotels(partner: string, numbers: readonly number[], answer = 'answer-1'): PartnerBatch {
  const codes = columnBuilder('string');
  const names = columnBuilder('string');
  const stars = columnBuilder('double');
  const prices = new PriceColumnsBuilder();
  for (const number of numbers) {
    codes.push(`H${number}`);
    names.push(`Hotel ${number}`);
    stars.push(Math.min(5, number));
    prices.push('EUR', 10_000, -1, 0, TaxBasis.INCLUDED);
  }
  return {
    partner,
    answer,
    manifest: 'remote-manifest',
    rows: writeUint32s(numbers),
    columns: {
      rowCount: numbers.length,
      columns: [codes.build('property_code'), names.build('property_name'), stars.build('star_rating')],
    },
    prices: prices.build(),
    products: undefined,
    provisional: Buffer.alloc(0),
    fetchedAt: Temporal.Now.instant(),
    expiresAt: writeInt64s(numbers.map(() => Date.now() + 600_000)),
    stale: false,
    partnerRates: [],
  };
}

/** A hotel as a whole offer. */
export function madeHotel(number: number, other: Partial<MadeOffer> = {}): MadeOffer {
  const value = Stay.fromPartial({ propertyCode: `H${number}`, propertyName: `Hotel ${number}` });
  return {
    item: { vertical: { $case: 'stay', value } },
    partnerTotal: { currencyCode: 'EUR', amount: '100.00' },
    partnerTotalMax: undefined,
    taxBasis: TaxBasis.INCLUDED,
    fetchedAt: Temporal.Now.instant(),
    expiresAt: inFuture(),
    missing: false,
    charges: [],
    ...other,
  };
}

/** Ten minutes from now. */
export function inFuture(): Temporal.Instant {
  return Temporal.Now.instant().add({ minutes: 10 });
}
