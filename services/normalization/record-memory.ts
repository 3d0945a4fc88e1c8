import { type Identity, IdentityRule } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { Store } from '../../libs/store/index.ts';
import type { Changes } from './changes.ts';
import { identity } from './identity.ts';
import { BlockingIndex, type Matcher, type Prepared } from './matching/index.ts';
import type { Attributes, RecordVertical } from './record-vertical.ts';
import { breather } from './turns.ts';

/** A product as its keys lead to it. */
export interface KnownProduct {
  readonly productId: string;
  readonly keys: Set<KnownKey>;
  /** What is told to whoever states a key that was seen before: one object for all of them. */
  readonly identity: Identity;
}

/** A key that leads to a product. */
export interface KnownKey {
  readonly partner: string;
  readonly key: string;
  product: KnownProduct;
  /** Records that lead by it. */
  readonly records: Set<KnownRecord>;
}

/** What a partner says of one of its codes. */
export interface KnownRecord {
  readonly partner: string;
  readonly code: string;
  /** By which number the index knows it. */
  readonly ref: number;
  /** What its product is told by: here too, for whoever looks up a code is not to go from one object to the next. */
  identity: Identity;
  /** What it calls the thing: the first of its wording. */
  title: string;
  /** The key by which it leads to its product. */
  lead: KnownKey;
  prepared: Prepared;
  /** Texts of the vertical's wording, "" where not stated. */
  wording: readonly string[];
  /** Other wordings that were looked at already, at most a few: some partners write a name in the language of the market. */
  others: readonly (readonly string[])[];
}

/** Keys and records read at a time. */
const pageSize = 2000;

/** Other wordings of a record that are held. */
const mostOthers = 4;

/** All keys, records and blocking keys of one vertical: what decides is in memory, and the store is only written to. */
export class RecordMemory {
  readonly matcher: Matcher;
  readonly index = new BlockingIndex();
  readonly vertical: RecordVertical;
  readonly #products = new Map<string, KnownProduct>();
  /** By partner, "" for shared ones, then by key. */
  readonly #keys = new Map<string, Map<string, KnownKey>>();
  /** By partner, then by code. */
  readonly #records = new Map<string, Map<string, KnownRecord>>();
  readonly #refs = new Map<number, KnownRecord>();
  #nextRef = 0;

  constructor(vertical: RecordVertical, matcher: Matcher) {
    this.vertical = vertical;
    this.matcher = matcher;
  }

  /** Records held. */
  get size(): number {
    return this.#refs.size;
  }

  /** Reads what is stored, page by page; others have their turns in between. */
  async open(store: Store): Promise<void> {
    const { vertical } = this.vertical;
    const pause = breather();
    let after: { partner: string; key: string } | undefined = { partner: '', key: '' };
    while (after !== undefined) {
      const rows: { partner: string; key: string; product_id: string }[] = await store.query(
        `SELECT partner, key, product_id FROM product_keys WHERE vertical = $1 AND (partner, key) > ($2, $3)
         ORDER BY partner, key LIMIT ${pageSize}`,
        [vertical, after.partner, after.key],
      );
      for (const { partner, key, product_id } of rows) this.addKey(partner, key, product_id);
      after = rows.length < pageSize ? undefined : rows.at(-1);
    }
    after = { partner: '', key: '' };
    while (after !== undefined) {
      const rows: { partner: string; key: string; shared_key: string; attributes: string }[] = await store.query(
        `SELECT partner, key, shared_key, attributes FROM records WHERE vertical = $1 AND (partner, key) > ($2, $3)
         ORDER BY partner, key LIMIT ${pageSize}`,
        [vertical, after.partner, after.key],
      );
      for (const { partner, key, shared_key, attributes } of rows) {
        const lead = shared_key === '' ? this.key(partner, key) : this.key('', shared_key);
        // Written by another process since the keys were read: it is caught up with before anything is decided.
        if (lead === undefined) continue;
        const prepared = this.prepare(partner, key, JSON.parse(attributes) as Attributes);
        this.addRecord(this.newRef(), prepared, lead);
        await pause();
      }
      after = rows.length < pageSize ? undefined : rows.at(-1);
    }
  }

  /** Reads a record for the matcher. */
  prepare(partner: string, key: string, attributes: Attributes): Prepared {
    return this.matcher.prepare({ partner, key, attributes });
  }

  /** A number for a record that is to come. */
  newRef(): number {
    return this.#nextRef++;
  }

  /** The records of a partner by code. */
  recordsOf(partner: string): ReadonlyMap<string, KnownRecord> | undefined {
    return this.#records.get(partner);
  }

  record(partner: string, code: string): KnownRecord | undefined {
    return this.#records.get(partner)?.get(code);
  }

  byRef(ref: number): KnownRecord | undefined {
    return this.#refs.get(ref);
  }

  key(partner: string, key: string): KnownKey | undefined {
    return this.#keys.get(partner)?.get(key);
  }

  product(productId: string): KnownProduct | undefined {
    return this.#products.get(productId);
  }

  /** Adds a key of a product. */
  addKey(partner: string, key: string, productId: string): KnownKey {
    const product = this.#productOf(productId);
    const known: KnownKey = { partner, key, product, records: new Set() };
    product.keys.add(known);
    let keys = this.#keys.get(partner);
    if (keys === undefined) {
      keys = new Map();
      this.#keys.set(partner, keys);
    }
    keys.set(key, known);
    return known;
  }

  /** Adds a record, in place of what its code said before. */
  addRecord(ref: number, prepared: Prepared, lead: KnownKey): void {
    const { partner, key: code } = prepared.record;
    const before = this.record(partner, code);
    if (before !== undefined) this.#forget(before);
    const wording = this.wordingOf(prepared.record.attributes);
    const record: KnownRecord = {
      partner,
      code,
      ref,
      identity: lead.product.identity,
      title: wording[0]!,
      lead,
      prepared,
      wording,
      others: before === undefined ? [] : [before.wording, ...before.others].slice(0, mostOthers),
    };
    lead.records.add(record);
    let records = this.#records.get(partner);
    if (records === undefined) {
      records = new Map();
      this.#records.set(partner, records);
    }
    records.set(code, record);
    this.#refs.set(ref, record);
    this.index.add(ref, prepared.keys);
  }

  /**
   * Whether a person said of a record that it is what its code says, whatever keys it states: it leads by its code, though
   * what it states has a shared key.
   */
  isPinned({ lead, prepared }: KnownRecord): boolean {
    const { strong, weak } = this.vertical.sharedKeys(prepared.record.attributes);
    return lead.partner !== '' && (strong ?? weak) !== undefined;
  }

  /** Texts by which a code is found to say what it said. */
  wordingOf(attributes: Attributes): string[] {
    return this.vertical.wording.map((name) => {
      const value = attributes[name];
      return typeof value === 'string' ? value : '';
    });
  }

  /** Another wording of a record was looked at: it need not be again. */
  accept(record: KnownRecord, wording: readonly string[]): void {
    record.others = [wording, ...record.others].slice(0, mostOthers);
  }

  /** The partners that have a record of the product. */
  partnersOf(product: KnownProduct): Set<string> {
    const partners = new Set<string>();
    for (const { records } of product.keys) for (const { partner } of records) partners.add(partner);
    return partners;
  }

  /** Takes over what was committed. */
  apply(changes: Changes): void {
    for (const { partner, key, after } of changes.keys) {
      const known = this.key(partner, key);
      if (known !== undefined && known.product.productId !== after?.productId) this.#detach(known);
      if (after === null) this.#keys.get(partner)?.delete(key);
      else if (known === undefined) this.addKey(partner, key, after.productId);
      else {
        known.product = this.#productOf(after.productId);
        known.product.keys.add(known);
        for (const record of known.records) record.identity = known.product.identity;
      }
    }
    for (const { partner, key, after } of changes.records) {
      const lead = after.sharedKey === '' ? this.key(partner, key) : this.key('', after.sharedKey);
      if (lead !== undefined) this.addRecord(this.newRef(), this.prepare(partner, key, after.attributes), lead);
    }
  }

  #detach(key: KnownKey): void {
    const { product } = key;
    product.keys.delete(key);
    if (product.keys.size === 0) this.#products.delete(product.productId);
  }

  #productOf(productId: string): KnownProduct {
    let product = this.#products.get(productId);
    if (product === undefined) {
      const known = identity(productId, IdentityRule.KNOWN_KEY, 1, 'the same key was seen before');
      product = { productId, keys: new Set(), identity: Object.freeze(known) };
      this.#products.set(productId, product);
    }
    return product;
  }

  #forget(record: KnownRecord): void {
    record.lead.records.delete(record);
    this.#refs.delete(record.ref);
    this.index.remove(record.ref);
  }
}
