import type { AnyColumnView } from '../../libs/columns/index.ts';
import type {
  Identity,
  IdentityRule,
  ProductKey,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { Store } from '../../libs/store/index.ts';

/**
 * How a vertical decides which rows are the same product. The catalogue does what is common (caching, order,
 * transactions); a rule reads its vertical's evidence, decides, and keeps what it needs to decide the same way again.
 */
export interface IdentityRules<Row> {
  /** The vertical, as named in Item. */
  readonly vertical: string;
  /** Attributes that the evidence must have a column of; they carry an identity role in the contract. */
  readonly required: readonly string[];
  /** Attributes that are used where the evidence has them. */
  readonly optional: readonly string[];
  /** Reads one partner's evidence. Throws EntrepotError INVALID_FIELD with fields below `field`. */
  read(evidence: EvidenceColumns): EvidenceReader<Row>;
  /**
   * Decides rows with distinct keys, in a transaction that is theirs alone. Nothing outside it may change before
   * `committed` is called; it is not called when the transaction fails.
   */
  decide(rows: readonly Row[], tx: Store): Promise<Decided>;
  /** The keys that a row states, as `describe` has them; the first leads to its product whatever the others lead to. */
  keysOf(row: Row): readonly Pick<ProductKey, 'partner' | 'key'>[];
  /** Title and keys of a product, for GetProduct. */
  describe(productId: string, content: string, tx: Store): Promise<{ title: string; keys: ProductKey[] }>;
  /** Deletes what no search can ask for any more and forgets what it holds in memory. `today` is an ISO date, UTC. */
  prune(today: string, tx: Store): Promise<void>;
}

/** One partner's evidence, its columns checked. */
export interface EvidenceColumns {
  readonly partner: string;
  readonly rowCount: number;
  /** The required columns, and the optional ones that there are. */
  readonly columns: ReadonlyMap<string, AnyColumnView>;
  /** JSON path of the evidence in the request: "evidence[0].rows". */
  readonly field: string;
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
  /** ISO date after which no search can ask for it; empty where there is none. */
  readonly endsOn: string;
}

/** A decided row. */
export function identity(productId: string, rule: IdentityRule, confidence: number, evidence: string): Identity {
  return { productId, rule, confidence, evidence };
}
