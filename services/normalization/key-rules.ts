import {
  ProductEventKind,
  IdentityRule as Rule,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { Store } from '../../libs/store/index.ts';
import { byRule, rulesVersion } from './events.ts';
import { type Decided, type EvidenceReader, type IdentityRules, identity, type NewProduct } from './identity.ts';
import { addKeys, describeByKeys, knownProducts, type NewKey } from './product-keys.ts';
import type { KeyRule } from './record-vertical.ts';
import { addProducts, longestTitle, productIdOf, touchProducts } from './schema.ts';

/** What a partner says of an item, reduced to the keys that it can be recognized by. */
export interface KeyedItem {
  readonly partner: string;
  /** The partner's own code: identifies the item where it has no key that partners share. */
  readonly code: string;
  /** A key that means one product whoever states it: "gtin:04006381333931". Undefined where it states none. */
  readonly strong: string | undefined;
  /** A key that means one product too, but of which two products with different strong keys may share one. */
  readonly weak: string | undefined;
  /** What a person calls it. */
  readonly title: string;
}

/** How a vertical reads and names its keys. */
export interface KeyedVertical extends Pick<IdentityRules<KeyedItem>, 'vertical' | 'required' | 'optional' | 'read'> {
  /** Of product ids: "gd_". */
  readonly prefix: string;
  /** How strong keys begin: "kind:". */
  readonly strongKeys: string;
  /** The rule that a strong key decides by, with a sentence about it. */
  readonly strong: KeyRule;
  /** As strong, of weak keys. */
  readonly weak: KeyRule;
}

/** A product as the keys lead to it. */
interface Known {
  readonly productId: string;
  /** It has a strong key, so that another strong key is another product. */
  strong: boolean;
}

/** The keys of an item by which rows are told apart: equal ones are the same product. */
export function keyOfItem({ partner, code, strong, weak }: KeyedItem): string {
  if (strong === undefined && weak === undefined) return ownKey(partner, code);
  return `${strong ?? ''}\n${weak ?? ''}`;
}

/** Reads items row by row. */
export function itemReader(item: (row: number) => KeyedItem): EvidenceReader<KeyedItem> {
  return { key: (row) => keyOfItem(item(row)), row: item };
}

/**
 * Identity by keys alone. Items with the same strong key are the same product. An item without one belongs to the product
 * that its weak key was first seen at; a product that was known by a weak key alone takes the first strong one that comes
 * with it, and from then on another strong key is another product. An item with neither is its partner's own.
 *
 * Where every item has a strong key, ids depend on the keys alone. A weak key that two strong ones share leads, for items that
 * state nothing else, to the one that was seen first. Within one call the order of the rows does not matter.
 */
export function keyRules(of: KeyedVertical): IdentityRules<KeyedItem> {
  return {
    vertical: of.vertical,
    required: of.required,
    optional: of.optional,
    read: of.read,

    async decide(rows, writing): Promise<Decided> {
      const { tx, events } = writing;
      const known = await load(of, rows, tx);
      const products: NewProduct[] = [];
      const keys: NewKey[] = [];
      const order = rows.map((_, index) => index).sort((a, b) => compareItems(rows[a]!, rows[b]!));
      const identities = rows.map(() => identity('', Rule.UNSPECIFIED, 0, ''));
      for (const index of order) identities[index] = settle(of, rows[index]!, known, products, keys);
      await addProducts(of.vertical, products, writing);
      await addKeys(of.vertical, keys, tx);
      const made = new Set(products.map(({ productId }) => productId));
      for (const { partner, key, productId, evidence } of keys) {
        const kind = made.has(productId) ? ProductEventKind.CREATED : ProductEventKind.JOINED;
        const stated = [{ partner, key }];
        events.add({
          kind,
          vertical: of.vertical,
          productId,
          keys: stated,
          author: byRule,
          version: rulesVersion,
          evidence,
        });
      }
      await touchProducts(
        keys.map(({ productId }) => productId).filter((id) => !made.has(id)),
        writing,
      );
      // The catalogue remembers rows by their keys; there is nothing else to remember.
      return { identities, committed() {} };
    },

    keysOf({ partner, code, strong, weak }) {
      const shared = [strong, weak].flatMap((key) => (key === undefined ? [] : [{ partner: '', key }]));
      return shared.length > 0 ? shared : [{ partner, key: code }];
    },

    describe: (products, tx) => describeByKeys(products, tx),

    async prune() {
      // Keys stay: what is sold again after years is still the same product.
    },
  };
}

/** Those with a strong key first, then by their keys. */
function compareItems(a: KeyedItem, b: KeyedItem): number {
  if ((a.strong === undefined) !== (b.strong === undefined)) return a.strong === undefined ? 1 : -1;
  const [one, other] = [keyOfItem(a), keyOfItem(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Decides one item; adds what is new to `known`, `products` and `keys`. */
function settle(
  of: KeyedVertical,
  { partner, code, strong, weak, title }: KeyedItem,
  known: Map<string, Known>,
  products: NewProduct[],
  keys: NewKey[],
): ReturnType<typeof identity> {
  const add = (owner: string, key: string, at: Known, { rule, because }: KeyRule): void => {
    known.set(owner === '' ? key : ownKey(owner, key), at);
    keys.push({ partner: owner, key, productId: at.productId, rule, confidence: 1, evidence: because });
  };
  const found = (from: string): Known => {
    const product = { productId: productIdOf(of.prefix, from), strong: strong !== undefined };
    products.push({ productId: product.productId, content: '', title: title.slice(0, longestTitle), endsOn: '' });
    return product;
  };
  const byStrong = strong === undefined ? undefined : known.get(strong);
  const byWeak = weak === undefined ? undefined : known.get(weak);
  if (byStrong !== undefined) {
    if (weak !== undefined && byWeak === undefined) add('', weak, byStrong, of.weak);
    return identity(byStrong.productId, of.strong.rule, 1, of.strong.because);
  }
  if (byWeak !== undefined && (strong === undefined || !byWeak.strong)) {
    if (strong !== undefined) {
      byWeak.strong = true;
      add('', strong, byWeak, of.strong);
    }
    return identity(byWeak.productId, of.weak.rule, 1, of.weak.because);
  }
  const first = strong ?? weak;
  if (first !== undefined) {
    const product = found(first);
    if (strong !== undefined) add('', strong, product, of.strong);
    if (weak !== undefined && byWeak === undefined) add('', weak, product, of.weak);
    return identity(product.productId, Rule.NEW, 1, 'a key that no product had');
  }
  const own = known.get(ownKey(partner, code));
  if (own !== undefined) return identity(own.productId, Rule.KNOWN_KEY, 1, ownAgain);
  const product = found(ownKey(partner, code));
  add(partner, code, product, { rule: Rule.NEW, because: 'no key that partners share' });
  return identity(product.productId, Rule.NEW, 1, 'states no key that partners share');
}

const ownAgain = 'the same code of the same partner was seen before';

/** Names of partners have neither colons nor line breaks, so that no own key is a shared one. */
function ownKey(partner: string, code: string): string {
  return `${partner}\n${code}`;
}

/** What the items' keys lead to, as far as anything. */
async function load(of: KeyedVertical, rows: readonly KeyedItem[], tx: Store): Promise<Map<string, Known>> {
  const asked = new Map<string, { readonly partner: string; readonly key: string }>();
  for (const { partner, code, strong, weak } of rows) {
    for (const key of [strong, weak]) if (key !== undefined) asked.set(key, { partner: '', key });
    if (strong === undefined && weak === undefined) asked.set(ownKey(partner, code), { partner, key: code });
  }
  const found = await knownProducts(of.vertical, [...asked.values()], of.strongKeys, tx);
  const products = new Map<string, Known>();
  const known = new Map<string, Known>();
  for (const { partner, key, productId, has } of found) {
    let product = products.get(productId);
    if (product === undefined) {
      product = { productId, strong: has };
      products.set(productId, product);
    }
    known.set(partner === '' ? key : ownKey(partner, key), product);
  }
  return known;
}
