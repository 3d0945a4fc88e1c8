import { compareTexts, Draft, type FreshRecord, type Settled } from './drafts.ts';
import type { FormerIds } from './former-ids.ts';
import type { KnownRecord, RecordMemory } from './record-memory.ts';
import type { RecordVertical } from './record-vertical.ts';

/** A pair that a person should look at. */
export interface OpenPair {
  readonly member: FreshRecord;
  readonly met: FreshRecord | KnownRecord;
}

interface Edge {
  readonly a: FreshRecord;
  readonly draft: Draft;
  readonly b: FreshRecord | KnownRecord;
  readonly other: Draft | KnownRecord;
  readonly probability: number;
}

/**
 * Asks the matcher about what keys did not settle. The likeliest pairs come first, as long as no product gets two records of one
 * partner or swallows another product that is known; the outcome does not depend on the order of a call's rows. What is left of
 * pairs that may be the same goes to a person, one question a new product.
 *
 * All records of the call are in the index already.
 *
 * @returns pairs for a person
 */
export async function placeByMatcher(
  records: readonly FreshRecord[],
  { drafts }: Settled,
  { memory, formerIds, vertical }: { memory: RecordMemory; formerIds: FormerIds; vertical: RecordVertical },
  pause: () => Promise<void> | undefined,
): Promise<OpenPair[]> {
  const { matcher, index } = memory;
  const position = new Map(records.map((record, at) => [record.ref, at]));
  const draftAt = (at: number): Draft => drafts[at]!;
  const seen = new Set<number>();
  const same: Edge[] = [];
  const perhaps: Edge[] = [];
  for (let at = 0; at < records.length; at++) {
    const a = records[at]!;
    const draft = draftAt(at);
    if (draft.known !== undefined) continue;
    for (const { ref } of matcher.candidates(index, a.prepared)) {
      const otherAt = position.get(ref);
      const b = otherAt === undefined ? memory.byRef(ref) : records[otherAt];
      if (b === undefined || b === a || b.partner === a.partner) continue;
      const other = otherAt === undefined ? (b as KnownRecord) : draftAt(otherAt);
      if (other === draft || !vertical.mayMatch(a.prepared.record, b.prepared.record)) continue;
      if (otherAt !== undefined) {
        // A pair of new ones is met from both sides; one is enough.
        const pair = Math.min(at, otherAt) * records.length + Math.max(at, otherAt);
        if (seen.has(pair)) continue;
        seen.add(pair);
      }
      const probability = matcher.probability(a.prepared, b.prepared, index);
      const verdict = matcher.verdict(probability);
      if (verdict === 'different') continue;
      (verdict === 'same' ? same : perhaps).push({ a, draft, b, other, probability });
    }
    await pause();
  }
  const known = new Map<string, Draft>();
  for (const draft of drafts) if (draft.known !== undefined) known.set(draft.known.productId, draft);
  const rootOf = (side: Draft | KnownRecord): Draft => {
    if ('members' in side) return side.root();
    const { product } = side.lead;
    let draft = known.get(product.productId);
    if (draft === undefined) {
      draft = new Draft(product);
      known.set(product.productId, draft);
    }
    return draft.root();
  };
  const left: Edge[] = [];
  for (const edge of same.sort(compareEdges)) {
    const [one, other] = [edge.draft.root(), rootOf(edge.other)];
    if (one === other) continue;
    if (!mayJoin(one, other, memory)) {
      left.push(edge);
      continue;
    }
    const otherHosts = precedes(other, one);
    const because = otherHosts
      ? { member: edge.a, met: edge.b, probability: edge.probability }
      : { member: edge.b as FreshRecord, met: edge.a, probability: edge.probability };
    if (otherHosts) one.join(other, because, memory);
    else other.join(one, because, memory);
  }
  const asked = new Set<Draft>();
  const open: OpenPair[] = [];
  for (const { a, draft, b, other } of [...left, ...perhaps].sort(compareEdges)) {
    const [one, two] = [draft.root(), rootOf(other)];
    if (one === two || asked.has(draft) || (one.strong && two.strong) || shareAPartner(one, two, memory)) continue;
    if (one.known !== undefined && two.known !== undefined) {
      if (formerIds.keptApart(one.known.productId, two.known.productId)) continue;
    }
    asked.add(draft);
    open.push({ member: a, met: b });
  }
  return open;
}

function mayJoin(one: Draft, other: Draft, memory: RecordMemory): boolean {
  if (one.known !== undefined && other.known !== undefined) return false;
  if (one.strong && other.strong) return false;
  return !shareAPartner(one, other, memory);
}

function shareAPartner(one: Draft, other: Draft, memory: RecordMemory): boolean {
  const partners = one.partners(memory);
  for (const partner of other.partners(memory)) if (partners.has(partner)) return true;
  return false;
}

/** A known product hosts new ones; of two new ones the one whose first record comes first. */
function precedes(one: Draft, other: Draft): boolean {
  if ((one.known === undefined) !== (other.known === undefined)) return one.known !== undefined;
  return compareRecords(one.members[0]!, other.members[0]!) < 0;
}

function compareRecords(a: FreshRecord | KnownRecord, b: FreshRecord | KnownRecord): number {
  return compareTexts(a.partner, b.partner) || compareTexts(a.code, b.code);
}

/** The likeliest first; of equal ones by the records, whichever of them was met from which. */
function compareEdges(x: Edge, y: Edge): number {
  if (x.probability !== y.probability) return y.probability - x.probability;
  const [x1, x2] = ordered(x);
  const [y1, y2] = ordered(y);
  return compareRecords(x1, y1) || compareRecords(x2, y2);
}

function ordered({ a, b }: Edge): [FreshRecord | KnownRecord, FreshRecord | KnownRecord] {
  return compareRecords(a, b) <= 0 ? [a, b] : [b, a];
}
