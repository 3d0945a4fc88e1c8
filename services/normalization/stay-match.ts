import { LRUCache } from 'lru-cache';
import { distanceKm, placeNamesNear } from '../../libs/reference/index.ts';
import { cellOf, cellsAround } from './cells.ts';
import { foldName, type NameToken, nameSimilarity, tokenize } from './names.ts';

/** What one partner says of a property. */
export interface Property {
  readonly partner: string;
  readonly code: string;
  readonly name: string;
  readonly zone: string;
  /** Degrees; absent where the partner gives no position. */
  readonly position: { readonly latitude: number; readonly longitude: number } | undefined;
  /** The name's words. */
  readonly tokens: readonly NameToken[];
}

/** A property that already belongs to a product. */
export interface PlacedProperty extends Property {
  readonly productId: string;
}

/** How alike two properties of different partners are. */
export interface Likeness {
  /** Of name and nearness together, 0 to 1. */
  readonly score: number;
  /** Of the names alone, 0 to 1. */
  readonly name: number;
  /** Distance in kilometres. */
  readonly km: number;
}

/** What a new property became: part of a known product, or of a group of new ones. */
export interface Placement {
  /** The known product it joined. */
  readonly productId: string | undefined;
  /** Without one: the property that stands for its group of new ones. */
  readonly founder: Property;
  /** What made it join, and how sure that is; absent for one that stands alone or founded its group. */
  readonly because: { readonly confidence: number; readonly evidence: string } | undefined;
}

/** Properties farther apart than this are never the same: partners place a large resort's gate up to a kilometre off. */
export const farthestKm = 1;

/** From this score on two properties are the same. */
export const threshold = 0.7;

/** Names less alike than this are never the same property, however near. */
const leastNameSimilarity = 0.5;

/** Distance at which nearness has fallen to 1/e, in kilometres. */
const nearKm = 0.3;

/** How far around a tile of half a degree places give their names to hotels, in kilometres. */
const localKm = 60;

/** Reads a partner's words. */
export function property(
  partner: string,
  code: string,
  name: string,
  zone: string,
  position: Property['position'],
): Property {
  const local = new Set(position && wordsAround(position.latitude, position.longitude));
  for (const word of foldName(zone).split(' ')) local.add(word);
  return { partner, code, name, zone, position, tokens: tokenize(name, local) };
}

/** Words of place names by tile of the map; there are few tiles with hotels. */
const localWords = new LRUCache<string, ReadonlySet<string>>({ max: 1000 });

/** Words of the names of places around: partners add the town to a name or leave it out. */
function wordsAround(latitude: number, longitude: number): ReadonlySet<string> {
  const [row, column] = [Math.floor(latitude * 2), Math.floor(longitude * 2)];
  const tile = `${row},${column}`;
  let words = localWords.get(tile);
  if (words === undefined) {
    const names = placeNamesNear((row + 0.5) / 2, (column + 0.5) / 2, localKm);
    words = new Set(names.flatMap((name) => foldName(name).split(' ')));
    localWords.set(tile, words);
  }
  return words;
}

/** How alike two properties are; undefined when they cannot be the same. */
export function likeness(a: Property, b: Property): Likeness | undefined {
  if (a.position === undefined || b.position === undefined) return undefined;
  const km = distanceKm(a.position.latitude, a.position.longitude, b.position.latitude, b.position.longitude);
  if (km > farthestKm) return undefined;
  const name = nameSimilarity(a.tokens, b.tokens);
  if (name < leastNameSimilarity) return undefined;
  const score = 0.7 * name + 0.3 * Math.exp(-km / nearKm);
  if (score < threshold) return undefined;
  return { score, name, km };
}

interface Edge extends Likeness {
  readonly a: number;
  readonly b: number;
}

/**
 * Places new properties among known ones and each other: the best pairs first, as long as no product gets two
 * properties of one partner or swallows another product. The outcome does not depend on the order of `fresh`.
 */
export function place(fresh: readonly Property[], known: readonly PlacedProperty[]): Placement[] {
  const order = fresh.map((_, index) => index).sort((a, b) => compare(fresh[a]!, fresh[b]!));
  const sorted = order.map((index) => fresh[index]!);
  const all: (Property | PlacedProperty)[] = [...sorted, ...[...known].sort(compare)];
  const groups = all.map((member, index) => new Group(member, index, productOf(member)));
  const byProduct = new Map<string, Group>();
  for (let i = sorted.length; i < all.length; i++) {
    const group = groups[i]!;
    const first = byProduct.get(group.productId!);
    if (first === undefined) byProduct.set(group.productId!, group);
    else {
      first.absorb(group);
      groups[i] = first;
    }
  }
  const because: Placement['because'][] = new Array(sorted.length);
  for (const { a, b, score, name, km } of edges(all, sorted.length)) {
    const [left, right] = [groups[a]!.root(), groups[b]!.root()];
    if (left === right || !left.mayJoin(right)) continue;
    const [host, guest] = left.precedes(right) ? [left, right] : [right, left];
    // Of those who join, the founder is the only one that has no reason yet.
    const met = all[guest === left ? b : a]!;
    because[guest.index] = {
      confidence: score,
      evidence: `name ${name.toFixed(2)}, ${Math.round(km * 1000)} m apart from ${met.partner} ${met.code}`,
    };
    host.absorb(guest);
  }
  const placements: Placement[] = new Array(fresh.length);
  order.forEach((index, position) => {
    const group = groups[position]!.root();
    placements[index] = { productId: group.productId, founder: group.founder, because: because[position] };
  });
  return placements;
}

/** Pairs that may be the same, best first; ties by the properties' codes, which `all` is sorted by. */
function edges(all: readonly Property[], freshCount: number): Edge[] {
  const byCell = new Map<number, number[]>();
  all.forEach(({ position }, index) => {
    if (position === undefined) return;
    const cell = cellOf(position.latitude, position.longitude);
    const members = byCell.get(cell);
    if (members === undefined) byCell.set(cell, [index]);
    else members.push(index);
  });
  const found: Edge[] = [];
  for (let a = 0; a < freshCount; a++) {
    const { position, partner } = all[a]!;
    if (position === undefined) continue;
    for (const cell of cellsAround(position.latitude, position.longitude, farthestKm)) {
      for (const b of byCell.get(cell) ?? []) {
        // A pair of new ones is met from both sides; one is enough.
        if ((b < freshCount && b <= a) || all[b]!.partner === partner) continue;
        const alike = likeness(all[a]!, all[b]!);
        if (alike !== undefined) found.push({ a, b, ...alike });
      }
    }
  }
  return found.sort((x, y) => y.score - x.score || x.a - y.a || x.b - y.b);
}

/** Properties found to be the same. */
class Group {
  readonly founder: Property;
  readonly index: number;
  productId: string | undefined;
  readonly #partners: Set<string>;
  #parent: Group | undefined;

  constructor(founder: Property, index: number, productId: string | undefined) {
    this.founder = founder;
    this.index = index;
    this.productId = productId;
    this.#partners = new Set([founder.partner]);
  }

  root(): Group {
    let group: Group = this;
    while (group.#parent !== undefined) group = group.#parent;
    return group;
  }

  mayJoin(other: Group): boolean {
    if (this.productId !== undefined && other.productId !== undefined) return false;
    for (const partner of other.#partners) if (this.#partners.has(partner)) return false;
    return true;
  }

  /** A known product comes before new ones, then the codes decide, so that the founder is always the same. */
  precedes(other: Group): boolean {
    if ((this.productId === undefined) !== (other.productId === undefined)) return this.productId !== undefined;
    return compare(this.founder, other.founder) < 0;
  }

  absorb(other: Group): void {
    other.#parent = this;
    for (const partner of other.#partners) this.#partners.add(partner);
  }
}

function productOf(member: Property | PlacedProperty): string | undefined {
  return 'productId' in member ? member.productId : undefined;
}

function compare(a: Property, b: Property): number {
  if (a.partner !== b.partner) return a.partner < b.partner ? -1 : 1;
  return a.code < b.code ? -1 : a.code > b.code ? 1 : 0;
}
