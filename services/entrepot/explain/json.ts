// What explanations are in JSON, as far as a terminal shows them. What is zero or empty is left out, as the protobuf mapping does.
import type { JsonMoney, JsonOffer, JsonOutcome, JsonProgress } from '../updates.ts';

/** A line of a price's ledger. */
export interface JsonLedgerLine {
  readonly kind: string;
  readonly description: string;
  readonly amount: JsonMoney;
  readonly runningTotal: JsonMoney;
}

/** One part of a score. */
export interface JsonFeature {
  readonly name: string;
  readonly value?: number;
  readonly weight?: number;
  readonly contribution?: number;
}

/** An offer's place in an order. */
export interface JsonRank {
  readonly position?: number;
  readonly totalSize?: number;
  readonly orderBy: string;
  readonly score?: number;
  readonly features?: readonly JsonFeature[];
  readonly firstOfferId?: string;
  readonly firstScore?: number;
  readonly firstFeatures?: readonly JsonFeature[];
  readonly reason?: string;
}

/** Where an offer came from, as supply tells it. */
export interface JsonOrigin {
  readonly adapter: string;
  readonly manifest: string;
  readonly request?: string;
  readonly requestDigest?: string;
  readonly answerDigest?: string;
  readonly answerBytes?: number;
  readonly fetchedAt?: string;
  readonly partnerRow?: string;
  readonly identity?: readonly {
    readonly partner?: string;
    readonly key: string;
    readonly rule: string;
    readonly confidence?: number;
    readonly evidence?: string;
  }[];
}

/** What prices were made under. */
export interface JsonPricingView {
  readonly ruleSet: string;
  readonly rateTable: string;
  readonly instant: string;
}

/** Why an offer is what it is: GET /v1/offers/{id}:explain. */
export interface JsonOfferExplanation {
  readonly offerId: string;
  readonly source: {
    readonly partner: string;
    readonly answer: string;
    readonly row?: number;
    readonly manifest: string;
    readonly fetchedAt?: string;
    readonly productId: string;
    readonly productProvisional?: boolean;
  };
  readonly ledger?: readonly JsonLedgerLine[];
  readonly view?: JsonPricingView;
  readonly total?: JsonMoney;
  readonly ledgerMax?: readonly JsonLedgerLine[];
  readonly totalMax?: JsonMoney;
  readonly rank?: JsonRank;
  readonly origin?: JsonOrigin;
  readonly outcome?: JsonOutcome;
}

/** How a search went: GET /v1/searches/{id}:explain. */
export interface JsonSearchExplanation {
  readonly searchId: string;
  readonly criteria?: Readonly<Record<string, unknown>>;
  readonly market: string;
  readonly currency: string;
  readonly client?: string;
  readonly tier?: string;
  readonly startedAt?: string;
  readonly progress?: JsonProgress;
  readonly completedBecause?: string;
  readonly timeMs?: number;
  readonly filter?: readonly {
    readonly text: string;
    readonly appliedByPartners?: readonly string[];
    readonly removedHere?: number;
  }[];
  readonly orderBy: string;
  readonly partners?: readonly JsonPartnerExplanation[];
  readonly pricing?: JsonPricingView;
  readonly product?: {
    readonly productId: string;
    readonly offerIds?: readonly string[];
    readonly position?: number;
    readonly reason?: string;
  };
  readonly sharedBy?: number;
}

/** One partner's part of a search. */
export interface JsonPartnerExplanation {
  readonly partner: string;
  readonly outcome?: JsonOutcome;
  readonly expectedMs?: number;
  readonly offers?: number;
  readonly offersMatching?: number;
  readonly onFirstPage?: number;
  readonly answers?: readonly string[];
  readonly manifest?: string;
  readonly reason?: string;
}

/** An offer with why it is what it is. */
export interface ExplainedOffer {
  readonly explanation: JsonOfferExplanation;
  /** Undefined where it has expired. */
  readonly offer: JsonOffer | undefined;
}
