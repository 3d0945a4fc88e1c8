import type { Decision, Prepared } from './matching/index.ts';
import type { KnownProduct, KnownRecord, RecordMemory } from './record-memory.ts';
import { type Attributes, type SharedKeys, strongKey } from './record-vertical.ts';

/** What a call says of a code that is new, or leads elsewhere than before. */
export interface FreshRecord {
  readonly partner: string;
  readonly code: string;
  readonly attributes: Attributes;
  readonly shared: SharedKeys;
  readonly title: string;
  readonly prepared: Prepared;
  /** By which number the index knows it. */
  readonly ref: number;
  /** What the code said before, and whether that is the same thing. */
  readonly previous: { readonly record: KnownRecord; readonly decision: Decision } | undefined;
}

/** A key that a draft gains. */
export interface DraftKey {
  readonly partner: string;
  readonly key: string;
  readonly kind: 'strong' | 'weak' | 'own';
}

/** A product as a call finds it: one that is known, or one that is to be made or to become part of another. */
export class Draft {
  readonly known: KnownProduct | undefined;
  /** Records of the call in it, in the order of their keys. */
  readonly members: FreshRecord[] = [];
  /** Keys that it gains. */
  readonly keys: DraftKey[] = [];
  /** It has a strong key, so that another strong key is another product. */
  strong: boolean;
  /** The draft that it became part of, with what made it so. */
  #host: Draft | undefined;
  joined: Joined | undefined;
  #partners: Set<string> | undefined;

  constructor(known: KnownProduct | undefined) {
    this.known = known;
    this.strong = known !== undefined && [...known.keys].some(({ key }) => strongKey.test(key));
  }

  root(): Draft {
    let draft: Draft = this;
    while (draft.#host !== undefined) draft = draft.#host;
    return draft;
  }

  /** Partners that have a record in it. */
  partners(memory: RecordMemory): Set<string> {
    if (this.#partners === undefined) {
      this.#partners = this.known === undefined ? new Set() : memory.partnersOf(this.known);
      for (const { partner } of this.members) this.#partners.add(partner);
    }
    return this.#partners;
  }

  /** Makes it part of another one. */
  join(host: Draft, because: Joined, memory: RecordMemory): void {
    const partners = host.partners(memory);
    for (const partner of this.partners(memory)) partners.add(partner);
    host.strong ||= this.strong;
    this.#host = host;
    this.joined = because;
  }
}

/** What made a draft part of another: the pair that the matcher takes for the same. */
export interface Joined {
  readonly member: FreshRecord;
  readonly met: FreshRecord | KnownRecord;
  readonly probability: number;
}

/** By which kind of key a record came to its draft. */
export type Way = 'strong' | 'weak' | 'own' | 'founded';

/** Where the records of a call stand before the matcher is asked. */
export interface Settled {
  /** One for each record. */
  readonly drafts: readonly Draft[];
  readonly ways: readonly Way[];
}

/**
 * Settles records by the keys that partners share. Those with the same strong key are the same product. One without belongs to
 * the product that its weak key was first seen at; a product that was known by a weak key alone, or by its partner's code
 * alone, takes the first strong one that comes with it, and from then on another strong key is another product.
 *
 * @param records in the order of {@link compareFresh}, so that the order of a call's rows does not matter
 */
export function settle(records: readonly FreshRecord[], memory: RecordMemory): Settled {
  const drafts = new Map<KnownProduct, Draft>();
  const made = new Map<string, Draft>();
  const draftOf = (product: KnownProduct): Draft => {
    let draft = drafts.get(product);
    if (draft === undefined) {
      draft = new Draft(product);
      drafts.set(product, draft);
    }
    return draft;
  };
  const find = (key: string | undefined): Draft | undefined => {
    if (key === undefined) return undefined;
    const known = memory.key('', key);
    return made.get(key) ?? (known === undefined ? undefined : draftOf(known.product));
  };
  const add = (draft: Draft, key: string, kind: 'strong' | 'weak'): void => {
    made.set(key, draft);
    draft.keys.push({ partner: '', key, kind });
    if (kind === 'strong') draft.strong = true;
  };
  const place = (record: FreshRecord): [Draft, Way] => {
    const { strong, weak } = record.shared;
    const [byStrong, byWeak] = [find(strong), find(weak)];
    if (byStrong !== undefined) {
      if (weak !== undefined && byWeak === undefined) add(byStrong, weak, 'weak');
      return [byStrong, 'strong'];
    }
    if (byWeak !== undefined && (strong === undefined || !byWeak.strong)) {
      if (strong !== undefined) add(byWeak, strong, 'strong');
      return [byWeak, 'weak'];
    }
    const before = previousDraft(record, draftOf);
    const draft = before ?? new Draft(undefined);
    if (strong !== undefined) add(draft, strong, 'strong');
    if (weak !== undefined && byWeak === undefined) add(draft, weak, 'weak');
    if (strong === undefined && weak === undefined) {
      draft.keys.push({ partner: record.partner, key: record.code, kind: 'own' });
    }
    return [draft, before === undefined ? 'founded' : 'own'];
  };
  const placed = records.map((record) => {
    const found = place(record);
    found[0].members.push(record);
    return found;
  });
  return { drafts: placed.map(([draft]) => draft), ways: placed.map(([, way]) => way) };
}

/** A code that now states keys which no product has takes them to its product, unless that is known to be another one. */
function previousDraft(
  { shared, previous }: FreshRecord,
  draftOf: (product: KnownProduct) => Draft,
): Draft | undefined {
  if (previous === undefined || previous.decision.verdict === 'different') return undefined;
  const draft = draftOf(previous.record.lead.product);
  return shared.strong !== undefined && draft.strong ? undefined : draft;
}

/** The key that a record leads by: a strong one before a weak one before its own code. */
export function leadOf({ partner, code, shared }: FreshRecord): { partner: string; key: string } {
  const key = shared.strong ?? shared.weak;
  return key === undefined ? { partner, key: code } : { partner: '', key };
}

/** Those with a strong key first, then by their keys, then by partner and code. */
export function compareFresh(a: FreshRecord, b: FreshRecord): number {
  if ((a.shared.strong === undefined) !== (b.shared.strong === undefined))
    return a.shared.strong === undefined ? 1 : -1;
  return (
    compareTexts(sharedText(a), sharedText(b)) || compareTexts(a.partner, b.partner) || compareTexts(a.code, b.code)
  );
}

function sharedText({ shared: { strong, weak } }: FreshRecord): string {
  return `${strong ?? ''}\n${weak ?? ''}`;
}

/** By code units, as everything here is ordered. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
