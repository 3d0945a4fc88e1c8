import type {
  Identity,
  IdentityRule,
  ProductKey,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { Store } from '../../libs/store/index.ts';
import type { ProductToDescribe } from './catalogue.ts';
import type { EvidenceColumns, Needs } from './evidence.ts';
import type { Writing } from './schema.ts';

/**
 * How a vertical decides which rows are the same product. The catalogue does what is common (caching, order,
 * transactions); a rule reads its vertical's evidence, decides, and keeps what it needs to decide the same way again.
 */
export interface IdentityRules<Row> extends Needs {
  /** Reads one partner's evidence. Throws EntrepotError INVALID_FIELD with fields below `field`. */
  read(evidence: EvidenceColumns): EvidenceReader<Row>;
  /**
   * Decides rows with distinct keys, in a transaction that is theirs alone, and adds the events that it makes. Nothing outside
   * it may change before `committed` is called; it is not called when the transaction fails.
   */
  decide(rows: readonly Row[], writing: Writing): Promise<Decided>;
  /** The keys that a row states, as `describe` has them. */
  keysOf(row: Row): readonly Pick<ProductKey, 'partner' | 'key'>[];
  /** The keys of products, in their order. */
  describe(products: readonly ProductToDescribe[], tx: Store): Promise<ProductKey[][]>;
  /** Deletes what no search can ask for any more and forgets what it holds in memory. `today` is an ISO date, UTC. */
  prune(today: string, tx: Store): Promise<void>;
}

/** Gives keys fast, for rows that are known, and evidence for those that are not. */
export interface EvidenceReader<Row> {
  /** The row's key: rows of one vertical with the same key are the same product. */
  key(row: number): string;
  /** The row's evidence. Throws EntrepotError INVALID_FIELD when it is not as the contract says. */
  row(row: number): Row;
}

/** What was decided. */
export interface Decided {
  /** One for each row, in their order. */
  readonly identities: readonly Identity[];
  /** Takes what was decided into memory. */
  committed(): void;
}

/** A product as it is stored. */
export interface NewProduct {
  readonly productId: string;
  /** What the vertical's rule knows of it. */
  readonly content: string;
  /** What a person calls it. */
  readonly title: string;
  /** ISO date after which no search can ask for it; empty where there is none. */
  readonly endsOn: string;
}

/** A decided row. */
export function identity(productId: string, rule: IdentityRule, confidence: number, evidence: string): Identity {
  return { productId, rule, confidence, evidence };
}
