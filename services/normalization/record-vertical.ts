import type { IdentityRule } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { MatchRecord } from './matching/index.ts';

/** What a partner states of a thing by attribute; what it does not state is left out. */
export type Attributes = Readonly<Record<string, string | number>>;

/** Keys that mean one product whoever states them. */
export interface SharedKeys {
  /** Another one is another product: "gtin:04006381333931". Undefined where none is stated. */
  readonly strong: string | undefined;
  /** One of which two products with different strong keys may share one. */
  readonly weak: string | undefined;
}

/** The rule of a kind of shared keys, with a sentence about it. */
export interface KeyRule {
  readonly rule: IdentityRule;
  readonly because: string;
}

/**
 * A vertical whose partners know things under codes of their own: what each says under a code is a record, and which records are
 * the same product is decided by keys that partners share and by the matcher.
 */
export interface RecordVertical {
  /** The vertical, as named in Item. */
  readonly vertical: 'stay' | 'good';
  /** Of product ids: "gd_". */
  readonly prefix: string;
  /** The attribute that is the partner's own code. */
  readonly code: string;
  /** Attributes without which nothing can be decided, the code among them. */
  readonly required: readonly string[];
  /** Attributes that are used where they are stated; other columns of identity are not read. */
  readonly optional: readonly string[];
  /** What a person calls it. */
  readonly title: string;
  /** Text attributes that tell whether a code still says what it said; the title first. */
  readonly wording: readonly string[];
  /** Checks a row's attributes and leaves out what says nothing. `refuse` throws. */
  clean(attributes: Record<string, string | number>, refuse: (attribute: string, description: string) => never): void;
  /** The shared keys of a record. */
  sharedKeys(attributes: Attributes): SharedKeys;
  readonly strong: KeyRule;
  readonly weak: KeyRule;
  /** False for records that are not the same whatever the matcher says. */
  mayMatch(one: MatchRecord, other: MatchRecord): boolean;
}

/** Strong keys begin so, for them to be told apart from weak ones wherever they are kept. */
export const strongKey = /^(gtin|kind):/;
