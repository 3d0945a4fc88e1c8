import type { Store } from '../../libs/store/index.ts';
import type { Changes } from './changes.ts';

/** Where ids lead that were merged or taken back, and which products a person keeps apart; all in memory, for they are few. */
export class FormerIds {
  readonly #leads = new Map<string, string>();
  readonly #formers = new Map<string, Set<string>>();
  readonly #apart = new Map<string, { one: string; other: string }>();

  /** Reads them. */
  async open(store: Store): Promise<void> {
    const formers = await store.query<{ former_id: string; product_id: string }>(
      'SELECT former_id, product_id FROM former_ids',
    );
    const apart = await store.query<{ one_id: string; other_id: string }>('SELECT one_id, other_id FROM kept_apart');
    for (const { former_id, product_id } of formers) this.#lead(former_id, product_id);
    for (const { one_id, other_id } of apart) this.#keep(one_id, other_id, true);
  }

  /** What the id leads to now; itself where it was never merged. */
  follow(id: string): string {
    let at = id;
    for (let next = this.#leads.get(at); next !== undefined; next = this.#leads.get(at)) at = next;
    return at;
  }

  /** Whether the id leads to another product. */
  has(id: string): boolean {
    return this.#leads.has(id);
  }

  /** All ids that lead to the product, sorted. */
  of(productId: string): string[] {
    const found: string[] = [];
    const visit = (id: string): void => {
      for (const former of this.#formers.get(id) ?? []) {
        found.push(former);
        visit(former);
      }
    };
    visit(productId);
    return found.sort();
  }

  /** Whether a person keeps the two products apart. */
  keptApart(one: string, other: string): boolean {
    if (this.#apart.size === 0) return false;
    for (const pair of this.#apart.values()) {
      const [left, right] = [this.follow(pair.one), this.follow(pair.other)];
      if ((left === one && right === other) || (left === other && right === one)) return true;
    }
    return false;
  }

  /** Whether this very pair is kept apart. */
  isPair(one: string, other: string): boolean {
    return this.#apart.has(pairKey(one, other));
  }

  /** Takes over what was committed. */
  apply({ formerIds, apart }: Changes): void {
    for (const { id, after } of formerIds) this.#lead(id, after);
    for (const { one, other, after } of apart) this.#keep(one, other, after);
  }

  #lead(id: string, to: string | null): void {
    const before = this.#leads.get(id);
    if (before !== undefined) this.#formers.get(before)?.delete(id);
    this.#leads.delete(id);
    if (to === null) return;
    this.#leads.set(id, to);
    const formers = this.#formers.get(to);
    if (formers === undefined) this.#formers.set(to, new Set([id]));
    else formers.add(id);
  }

  #keep(one: string, other: string, apart: boolean): void {
    if (apart) this.#apart.set(pairKey(one, other), { one, other });
    else this.#apart.delete(pairKey(one, other));
  }
}

function pairKey(one: string, other: string): string {
  return `${one} ${other}`;
}
